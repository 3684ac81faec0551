"""What does one message of Clew consist of, before any chat platform's own syntax."""

from dataclasses import dataclass
from enum import StrEnum

from bot.slack.ids import Act, More, Target
from clew.evidence import Series
from clew.hypothesis import Timeline
from clew.incident import Window
from clew.progress import StepState


@dataclass(frozen=True, slots=True)
class Strong:
    """Words that stand out."""

    text: str


@dataclass(frozen=True, slots=True)
class Struck:
    """Words that no longer hold but stay visible."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Text as a machine wrote it."""

    text: str


@dataclass(frozen=True, slots=True)
class When:
    """A moment, Unix seconds: each platform shows it in the reader's own zone with UTC as the fallback."""

    at: float
    seconds: bool = True


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, by the platform's id; words that are no id are shown as they are."""

    id: str


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere. An address that is not http(s) is shown as words only."""

    text: str
    url: str


Span = str | Strong | Struck | Code | When | Person | Link
Line = tuple[Span, ...]
"""A bare `str` is outside text: each platform escapes it, so it can never format, mention or link."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One cited sentence: its evidence labels, the sentence, and where to open the first of them."""

    line: Line
    opens: Target


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the plan."""

    key: str
    title: str
    state: StepState
    note: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of an investigation, in order."""

    title: str
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class Image:
    """A chart to draw and to cite; `spark` says the same in one line where no picture can be shown."""

    key: str
    """Names it within its incident: `E3` for the evidence that it shows, or `timeline`."""
    shows: Series | Timeline
    window: Window
    title: str
    alt: str
    spark: str


class Look(StrEnum):
    """How a button stands out; never the only carrier of its meaning."""

    PLAIN = "plain"
    MAIN = "main"
    GRAVE = "grave"


@dataclass(frozen=True, slots=True)
class Button:
    """Something a person can press. `reads` is what a screen reader says."""

    act: Act
    label: str
    about: Target
    reads: str = ""
    look: Look = Look.PLAIN


@dataclass(frozen=True, slots=True)
class Menu:
    """What hides behind the dots: choices about one hypothesis."""

    choices: tuple[tuple[More, str], ...]
    about: Target


@dataclass(frozen=True, slots=True)
class Sources:
    """The evidence that a message cites, in one line, each to be opened: (label, what it says, target)."""

    items: tuple[tuple[str, str, Target], ...]
    line: Line


@dataclass(frozen=True, slots=True)
class Card:
    """One message. Parts are shown in the order of the fields; empty parts are left out."""

    title: str
    state: str = ""
    """In words: `investigating`, `LIKELY CAUSE FOUND`. Together with the title it carries the verdict in 80 characters."""
    elapsed: float | None = None
    """Seconds since the incident was opened."""
    lines: tuple[Line, ...] = ()
    image: Image | None = None
    facts: tuple[Fact, ...] = ()
    plan: Plan | None = None
    notes: tuple[Line, ...] = ()
    sources: Sources | None = None
    buttons: tuple[Button, ...] = ()
    menu: Menu | None = None
    footer: Line = ()
    quiet: bool = False
    """The heading is a line among others."""
    fallback: str = ""
    """The verdict in one plain sentence, for notices and screen readers; outside text, escaped like any other."""

    @property
    def heading(self) -> str:
        parts = [self.title, self.state]
        if self.elapsed is not None:
            parts.append(clock(self.elapsed))
        return " · ".join(p for p in parts if p)


def clock(seconds: float) -> str:
    """A duration as people read it on a stopwatch: `0:03`, `12:40`, `1:02:03`."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
