"""What does Clew need from outside: the ports. Fakes for every one of them are in `clew.testing`."""

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import Any, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel

from clew.alert import Roll
from clew.evidence import Asked, Evidence, Payload
from clew.feedback import Vote
from clew.frozen import Frozen
from clew.incident import Incident, Room, Window
from clew.part import Part
from clew.progress import Answer, HypothesisView, Numbered, Progress, View
from clew.question import Question
from clew.tables import CallGraph, ChangeTable, LogTable, Matrix, Spans

Method = TypeVar("Method", bound=Callable[..., Any])
Output = TypeVar("Output", bound=BaseModel)


class Telemetry(StrEnum):
    """What kind of facts a source holds."""

    METRICS = "metrics"
    LOGS = "logs"
    TRACES = "traces"
    CHANGES = "changes"
    TOPOLOGY = "topology"


class Era(StrEnum):
    """Which stretch of time a bulk read is about."""

    NOW = "now"
    """The window itself, with the history that the source has before it."""
    NORMAL = "normal"
    """A fault-free reference for the same window; empty where the source has none."""


class Checked(Frozen):
    """One thing that a source looked at in itself: reach, rights, clock, retention, field mapping."""

    what: str
    ok: bool
    says: str
    """What was seen, or what is wrong and what to do."""


class Health(Frozen):
    """A source's own state, for `clew doctor` and the Home tab."""

    source: str
    ok: bool
    says: str
    """What it reaches, or what is wrong and what to do."""
    findings: tuple[Checked, ...] = ()
    """Each thing that was looked at; a source that is `ok` may still have one that is not."""
    without: str = ""
    """What an investigation will miss because of what is not ok; empty if nothing."""


def query(method: Method) -> Method:
    """Marks a source's method as one that people and models may call: read-only, bounded, returns Evidence."""
    method.__dict__["__clew_query__"] = True
    return method


def queries(source: "Source") -> tuple[Callable[..., Awaitable[tuple[Evidence, ...]]], ...]:
    """The bound methods of `source` that were marked with `@query`, by name."""
    names = sorted(n for n in dir(type(source)) if getattr(getattr(type(source), n), "__clew_query__", False))
    return tuple(getattr(source, n) for n in names)


@runtime_checkable
class Source(Protocol):
    """Facts of one kind from one place. Addresses and secrets go into the constructor, never into a method."""

    @property
    def name(self) -> str: ...
    @property
    def telemetry(self) -> Telemetry: ...
    async def check(self) -> Health:
        """Never raises: an unreachable source is a Health that says so."""
        ...

    def link(self, asked: Asked, payload: Payload) -> str | None:
        """Where a person can look at this fact in the tool itself; None where no address is configured. Pure."""
        ...


@runtime_checkable
class MetricSource(Source, Protocol):
    """Bulk reads raise SourceError; `@query` methods raise SourceError too, and the caller's wrapper makes the gap evidence."""

    async def matrix(self, window: Window, era: Era = Era.NOW, part: Part | None = None) -> Matrix:
        """All series, or those of one part of the services; every part has the times of the whole."""
        ...

    async def series_count(self, window: Window) -> int:
        """About how many series `matrix` would return; cheap beside reading them."""
        ...

    async def series(self, service: str, metric: str, window: Window) -> tuple[Evidence, ...]:
        """`@query`: series of `service` whose name contains `metric` (case-insensitive; empty = all), at most 12."""
        ...


@runtime_checkable
class LogSource(Source, Protocol):
    async def lines(self, window: Window, era: Era = Era.NOW) -> LogTable: ...
    async def search(self, service: str, text: str, window: Window) -> tuple[Evidence, ...]:
        """`@query`: lines of `service` (empty = any) that contain `text` (a plain string; empty = any), newest first, at most 50."""
        ...


@runtime_checkable
class TraceSource(Source, Protocol):
    async def spans(self, window: Window, era: Era = Era.NOW) -> Spans: ...
    async def slowest(self, service: str, window: Window) -> tuple[Evidence, ...]:
        """`@query`: the slowest operations of `service` with call counts, errors and durations."""
        ...


@runtime_checkable
class ChangeSource(Source, Protocol):
    async def changes(self, window: Window) -> ChangeTable: ...
    async def list_changes(self, service: str, window: Window) -> tuple[Evidence, ...]:
        """`@query`: changes that touch `service` (empty = any) in the window, newest first, at most 20, diffs cut to a budget."""
        ...


@runtime_checkable
class GraphSource(Source, Protocol):
    async def graph(self, window: Window) -> CallGraph: ...


class Platform(Protocol):
    """A place where people talk."""

    @property
    def name(self) -> str: ...
    async def show(self, view: View) -> None:
        """Shows or updates a view, effectively once: shown again it changes nothing. Raises PlatformError when refused for good."""
        ...

    async def room(self, title: str, key: str, channel: str = "") -> Room:
        """The place for an incident that an alert opened: `channel` if its sender named one, else a new one or the one that is
        configured. Effectively once for each key. Raises PlatformError when there is none to be had, saying what to do."""
        ...

    async def post_count(self, incident: str) -> int:
        """How many top-level posts this incident has, for the surface rule."""
        ...


class Mind(Protocol):
    """A language model: helps to ask and to word; sets no rank, number, link or action."""

    async def draft(self, prompt: str, output: type[Output]) -> Output:
        """Raises MindError or BudgetSpent; the caller has its own words ready."""
        ...

    async def converse(
        self, prompt: str, tools: Sequence[Callable[..., Awaitable[tuple[Evidence, ...]]]], budget: int
    ) -> str:
        """A bounded tool-calling loop of at most `budget` calls. Raises MindError or BudgetSpent."""
        ...


class Jobs(Protocol):
    """Who runs what: the ledger says what must run, this says which process runs it. Keys dedupe while a job is pending."""

    async def submit(self, incident_id: str) -> None: ...


class Copilot(Protocol):
    """The door that chat platforms knock on: every verb a person or an event can use. Implemented by `agents.copilot`."""

    async def open(self, incident: Incident) -> bool:
        """Admits an incident, shows its card and starts the investigation. False if it was open already (the card is shown again)."""
        ...

    async def ask(self, question: Question) -> Answer:
        """Answers from the same read-only sources without restarting the investigation; shows the answer and returns it."""
        ...

    async def vote(self, vote: Vote) -> None:
        """Keeps a vote and shows the hypothesis again; a reject with a reason starts a recheck that may lower the word."""
        ...

    async def stop(self, incident_id: str, by: str) -> bool:
        """Halts model and tool calls within 2 s and says who stopped it. False if nothing ran."""
        ...

    async def resume(self, incident_id: str, by: str) -> bool:
        """Takes a stopped investigation up again. False if it was not stopped."""
        ...

    async def alerted(self, incident_id: str, roll: Roll) -> bool:
        """Says on the card which alerts fire with it. When all have ended it is resolved, once its investigation is over; when
        one fires again it is not. False if there is no such card, or nothing on it changes."""
        ...

    async def calls(self, scope: str) -> CallGraph | None:
        """Who calls whom, by the sources of a scope; None if none of them knows. Never raises, bounded by `Limits.source_seconds`."""
        ...

    async def progress(self, incident_id: str) -> Progress | None: ...
    async def progress_in(self, platform: str, team: str, channel: str) -> Progress | None:
        """The newest investigation in a channel."""
        ...

    async def recent(self, limit: int) -> tuple[Progress, ...]: ...
    async def evidence(self, incident_id: str, number: int) -> Numbered | None: ...
    async def hypothesis(self, incident_id: str, number: int) -> HypothesisView | None: ...
    async def health(self) -> tuple[Health, ...]:
        """The state of each source and of the store; never raises, bounded by `Limits.source_seconds`."""
        ...


class Clock(Protocol):
    """Time as a dependency. `now` is Unix seconds for people and records; `monotonic` is for durations and timers."""

    def now(self) -> float: ...
    def monotonic(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...
