"""What did others tell us that they changed: deploys, flags, settings and commits that arrive by themselves."""

from clew.evidence import Change
from clew.frozen import Frozen

KEPT = 30 * 86_400.0
"""What is older than the newest by this much is forgotten, seconds."""
IN_ALL = 100_000
"""Announcements that are kept; beyond them newcomers are refused until old ones are forgotten."""


class Announcement(Frozen):
    """One change as its sender told it, redacted. The same `id` told again replaces what it said before."""

    id: str
    change: Change
    environment: str = ""
    """Where it went live, such as `production`; empty: not said."""
    url: str = ""
    """A page about it, as the sender wrote it."""
