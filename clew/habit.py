"""Which error messages does a service write in calm times too, as earlier incidents showed?"""

import hashlib

from pydantic import Field

from clew.frozen import Frozen

HOUR = 3600.0
APART = HOUR
"""What an incident learned less than this before another's onset is no experience yet."""
SHADOW = 24 * HOUR
"""What was new in an incident is no habit, however often it is written within this of it."""
STRAY = 0.05
"""A message is usual if calm times would have written more than this share of its lines."""
PER_SERVICE = 500
IN_ALL = 20_000
"""So many habits are kept; newcomers wait, so that nobody can push out what stands by writing more."""
KEPT = 90 * 24 * HOUR
"""A habit that no incident confirmed for so long makes room."""


class Habit(Frozen):
    """One template of one service. Names and texts are kept as digests alone. Times are onsets of incidents, Unix seconds."""

    id: str
    scope: str
    """The service it belongs to: its share of the room."""
    latest: float
    """The last incident that told of it."""
    calm: float | None = None
    """The first incident before whose onset it was written; None while it was only seen as news."""
    per_hour: float = Field(default=0.0, ge=0)
    """Lines in a calm hour, the mean over `looks` incidents."""
    looks: int = Field(default=0, ge=0)
    trouble: float | None = None
    """The last incident in which it was new."""

    def after(self, seen: "Habit") -> "Habit":
        """What stands once an incident told more about the same template. The same incident may tell it again: no effect."""
        trouble = max((at for at in (self.trouble, seen.trouble) if at is not None), default=None)
        told = self.model_copy(update={"trouble": trouble, "latest": max(self.latest, seen.latest)})
        if seen.calm is None or (trouble is not None and abs(seen.calm - trouble) < SHADOW):
            return told
        if self.looks and abs(seen.calm - self.latest) < APART:
            return told
        mean = (self.per_hour * self.looks + seen.per_hour) / (self.looks + 1)
        calm = seen.calm if self.calm is None else min(self.calm, seen.calm)
        return told.model_copy(update={"calm": calm, "per_hour": mean, "looks": self.looks + 1})

    def explains(self, lines: int, seconds: float, onset: float) -> bool:
        """Whether `lines` in `seconds` after `onset` are nothing new: known from an earlier incident's calm, and not many more now."""
        known = self.calm is not None and self.calm <= onset - APART
        return known and STRAY * lines < self.per_hour * seconds / HOUR


def habit_id(source: str, service: str, template: str = "") -> str:
    """A digest of a template in a service, or of the service alone (its scope)."""
    text = "\0".join((source, service, template))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
