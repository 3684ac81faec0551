"""How does Clew reach one Slack workspace, and who is it there?"""

from dataclasses import dataclass, field
from typing import Literal

PATTERNS = ("inc-*", "incident-*", "sev*-*")
NAME = "slack"


@dataclass(frozen=True)
class SlackConfig:
    """Everything the Slack floor needs to know. Seconds and counts are promises made to people or to Slack."""

    bot_token: str = field(repr=False)
    app_token: str = field(default="", repr=False)
    """Socket Mode only."""
    signing_secret: str = field(default="", repr=False)
    """HTTP mode only."""
    api_url: str = "https://slack.com/api/"
    """Ends in a slash."""
    mode: Literal["socket", "http"] = "socket"
    channel_patterns: tuple[str, ...] = PATTERNS
    alerts_channel: str = ""
    """Name or id of the channel in which the incidents of alerts are threads; empty: a new channel for each."""
    fallback_channel: str = ""
    """Name or id of the channel to use when a new one cannot be made."""
    invite: tuple[str, ...] = ()
    """Ids of people who are invited to each new channel."""
    edit_seconds: float = 3.0
    """The least time between two edits of one message."""
    edit_seconds_per_incident: float = 1.5
    edits_per_minute: int = 40
    """Under Slack's Tier 3 (50 a minute for each method and workspace)."""
    append_seconds: float = 1.5
    """A delivery that the ledger has not kept by then is not acknowledged."""
    chart_seconds: float = 20.0
    """A chart that is not ready by then is left out and its numbers stand as text."""
    chart_patience_seconds: float = 1.0
    """How long a card waits for its chart; after that the chart comes by an edit."""
    call_seconds: float = 10.0
    drain_seconds: float = 5.0
    """How long stopping waits for what is under way; the rest is taken up at the next start."""


@dataclass(frozen=True)
class Identity:
    """Who Clew is in this workspace, as Slack's own answer says."""

    team: str
    bot_user: str
    bot: str
    scopes: frozenset[str] | None = None
    """Granted scopes; None if Slack did not say."""

    def may(self, scope: str) -> bool:
        return self.scopes is None or scope in self.scopes
