"""Which incident does a channel, a message or a question stand for?"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.slack.channels import Channel
from bot.slack.config import NAME
from clew.incident import Incident, Thread, Window, incident_id
from clew.limits import Limits
from clew.ports import Clock

PREFIX = re.compile(r"^(?:inc|incident|sev-?\d*)[-_]+", re.IGNORECASE)
DATE = re.compile(r"^(?:\d{4}[-_]?\d{2}[-_]?\d{2}|\d{8}|\d{1,6})(?:[-_]+|$)")
SEVERITY = re.compile(r"^(sev-?\d)", re.IGNORECASE)
MARKUP = re.compile(r"<[^<>]*>")
TITLE = 80
QUESTION = 2000


def title_of(channel_name: str) -> str:
    """`inc-2026-11-22-checkout-slow` -> `checkout slow`; the name itself if nothing else is left."""
    rest = PREFIX.sub("", channel_name)
    rest = DATE.sub("", rest)
    words = re.sub(r"[-_]+", " ", rest).strip()
    return (words or channel_name or "incident")[:TITLE]


def severity_of(channel_name: str) -> str | None:
    """`sev2-checkout` -> `SEV2`."""
    found = SEVERITY.match(channel_name)
    return found.group(1).upper().replace("-", "") if found else None


def first_line(text: str) -> str:
    """A message's first words without Slack's markup, as a title."""
    plain = " ".join(MARKUP.sub(" ", text).split())
    return plain if len(plain) <= TITLE else plain[: TITLE - 1].rstrip() + "…"


Briefed = Callable[[Incident], Incident]
"""What a recorded alert adds to an incident: its own time, title and symptom."""


def unchanged(incident: Incident) -> Incident:
    """Nothing is known beyond what Slack says."""
    return incident


Scoped = Callable[[str, str], str]
"""The scope that a channel (its id, its name) belongs to; empty: nobody's in particular."""


def nobody(_channel: str, _name: str) -> str:
    """No scope is configured."""
    return ""


@dataclass(frozen=True)
class Opening:
    """Makes incidents whose ids derive from their origin, so that a redelivery is the same incident."""

    team: str
    clock: Clock
    limits: Limits
    briefed: Briefed = unchanged
    scoped: Scoped = nobody

    def for_channel(
        self, channel: Channel, *, opened_by: str, why: str = "", question: str = "", origin: str = ""
    ) -> Incident:
        """The incident that a whole channel is about. `origin` tells several in one channel apart."""
        parts = (NAME, self.team, channel.id, origin) if origin else (NAME, self.team, channel.id)
        named = first_line(question) if origin and question else title_of(channel.name)
        now = self.clock.now()
        opened = Incident(
            id=incident_id(*parts),
            title=named or "incident",
            thread=Thread(platform=NAME, team=self.team, channel=channel.id),
            alerted_at=now,
            severity=severity_of(channel.name),
            window=self._window(now),
            opened_by=opened_by,
            opened_at=now,
            why_joined=why,
            scope=self.scoped(channel.id, channel.name),
            question=question[:QUESTION],
        )
        return self.briefed(opened)

    def for_message(self, channel: Channel, root: str, text: str, *, opened_by: str, question: str = "") -> Incident:
        """The incident that one message (an alert, mostly) is about; the thread under it becomes the run."""
        now = self.clock.now()
        at = min(_seconds(root, now), now)
        opened = Incident(
            id=incident_id(NAME, self.team, channel.id, root),
            title=first_line(text) or title_of(channel.name),
            thread=Thread(platform=NAME, team=self.team, channel=channel.id, root=root),
            alerted_at=at,
            severity=severity_of(channel.name),
            window=self._window(at),
            opened_by=opened_by,
            opened_at=now,
            scope=self.scoped(channel.id, channel.name),
            question=(question or text)[:QUESTION],
        )
        return self.briefed(opened)

    def _window(self, at: float) -> Window:
        start, end = at - self.limits.lookback_seconds, at + self.limits.lookahead_seconds
        return Window(start=start, end=end, reason="around the alert")


def _seconds(ts: str, otherwise: float) -> float:
    try:
        return float(ts)
    except ValueError:
        return otherwise
