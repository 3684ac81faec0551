"""What is wrong, where do we speak about it, and when did it happen."""

import hashlib
from enum import StrEnum

from pydantic import model_validator

from clew.frozen import Frozen


class Thread(Frozen):
    """An address in a chat platform; the only trace of one below `bot`. `root` is empty until the card is posted."""

    platform: str
    team: str = ""
    channel: str
    root: str = ""


class Room(Frozen):
    """Where people will speak about an incident that no person opened."""

    thread: Thread
    name: str = ""
    """What people call it, where they do."""
    note: str = ""
    """Why it is not the place that was asked for; empty if it is."""


class Window(Frozen):
    """A span of time in Unix seconds, UTC, and why it was chosen."""

    start: float
    end: float
    reason: str = ""

    @model_validator(mode="after")
    def _forward(self) -> "Window":
        if not self.end > self.start:
            raise ValueError(f"a window must end after it starts: {self.start} .. {self.end}")
        return self

    @property
    def seconds(self) -> float:
        return self.end - self.start

    def widened(self, factor: float, reason: str) -> "Window":
        """The same window reaching `factor` times further back; remembers why."""
        return Window(start=self.end - self.seconds * factor, end=self.end, reason=reason)


class Signal(StrEnum):
    """What people or an alert noticed."""

    LATENCY = "latency"
    ERRORS = "errors"
    AVAILABILITY = "availability"
    SATURATION = "saturation"


class Symptom(Frozen):
    """The thing that was noticed; any part may be unknown."""

    service: str | None = None
    signal: Signal | None = None
    metric: str | None = None


class Incident(Frozen):
    """One incident. `id` derives from what identifies it at its origin, so a redelivered event is the same incident."""

    id: str
    title: str
    thread: Thread
    alerted_at: float
    """Unix seconds; a hint that can be off by minutes, never the onset itself."""
    symptom: Symptom = Symptom()
    severity: str | None = None
    window: Window
    opened_by: str
    """Who or what started it: a person's id, or a sentence such as `channel name matches inc-*`."""
    opened_at: float
    why_joined: str = ""
    scope: str = ""
    """Which team's sources may be asked, chosen by code when it opened; empty: those of everybody."""
    question: str = ""
    """What the person asked when starting, if anything; data, never an instruction."""


def incident_id(*parts: str) -> str:
    """A short stable id from what identifies the incident at its origin (platform, team, channel, or alert and start)."""
    return hashlib.blake2s("\x1f".join(parts).encode(), digest_size=6).hexdigest()
