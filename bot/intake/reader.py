"""How do a sender's labels and words become an alert?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.intake.settings import PLACE_LABELS, SERVICE_LABELS
from clew.alert import (
    Alert,
    expression_of,
    first_of,
    kept_labels,
    metric_of,
    place_of,
    severity_of,
    signal_of,
    spoken,
    titled,
)
from clew.errors import ClewError
from tools.redact import redacted

SERVICE = 200
LINK = 2000
KEY = 500
ALERTS = 5000
"""Alerts in one body."""
TITLES = ("summary", "title", "message", "description")
NAMES = ("alertname", "alert", "name")

Scoped = Callable[[Mapping[str, str]], str]
"""The scope that an alert's labels belong to; empty: nobody's in particular."""


class Unreadable(ClewError):
    """A body that is not what it should be; the message says where."""


@dataclass(frozen=True)
class Told:
    """One alert as its sender told it, before its words are weighed. Times are Unix seconds."""

    origin: str
    fingerprint: str
    labels: Mapping[str, str]
    notes: Mapping[str, str]
    started_at: float
    ended_at: float | None
    told_at: float
    group: str = ""
    link: str = ""
    channel: str = ""
    given: Mapping[str, Any] | None = None
    """Fields of the alert that the sender states itself."""


def nobody(_: Mapping[str, str]) -> str:
    """No scope is configured."""
    return ""


@dataclass(frozen=True)
class Reader:
    """Reads alerts by the settings; every word is redacted and within bounds when it leaves here."""

    now: Callable[[], float]
    service_labels: tuple[str, ...] = SERVICE_LABELS
    place_labels: tuple[str, ...] = PLACE_LABELS
    scoped: Scoped = nobody

    def alert(self, told: Told) -> Alert:
        """The alert; what kind of trouble it is comes from its name first, then from its query, then from its words."""
        labels = {str(name): redacted(str(value)) for name, value in told.labels.items()}
        notes = {str(name): redacted(str(value)[:2000]) for name, value in told.notes.items()}
        name, now = first_of(labels, NAMES) or "", self.now()
        service = first_of(labels, self.service_labels)
        expression = expression_of(told.link)
        words = first_of(notes, TITLES) or spoken(name) or "alert"
        title = words if not service or service.lower() in words.lower() else f"{service}: {words}"
        alert = Alert(
            origin=told.origin,
            fingerprint=told.fingerprint[:KEY],
            title=titled(title),
            service=service[:SERVICE] if service else None,
            signal=signal_of(name, expression, *notes.values()),
            metric=metric_of(expression) if expression else None,
            severity=severity_of(first_of(labels, ("severity", "priority", "urgency", "level")) or ""),
            started_at=_sound(told.started_at, now),
            ended_at=None if told.ended_at is None else _sound(told.ended_at, now),
            told_at=min(told.told_at, now),
            scope=self.scoped(told.labels),
            group=redacted(told.group)[:KEY],
            place=place_of(labels, self.place_labels)[:KEY],
            labels=kept_labels(labels),
            link=redacted(told.link)
            if told.link.startswith(("http://", "https://")) and len(told.link) <= LINK
            else "",
            channel=told.channel,
        )
        return alert.model_copy(update=dict(told.given)) if told.given else alert


def _sound(at: float, now: float) -> float:
    """A time that can be: senders write the year 1 for none, and clocks run ahead."""
    return min(at, now) if at > 0 else now
