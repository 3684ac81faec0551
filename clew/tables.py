"""What do bulk reads return: typed tables of numpy arrays and names, for sweeps; they never enter a graph's state."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from clew.evidence import Change
from clew.part import Part

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """Names one row of a Matrix. An empty service means the whole system (its front door)."""

    service: str
    instance: str
    metric: str
    unit: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    """What else tells series of one metric apart, by name: `track`, `version`, `zone`, ... ; natural experiments compare by them."""
    query: str = field(default="", compare=False)
    """The exact query that returns this series alone or with few others; empty where the table's own is as exact as it gets."""


@dataclass(frozen=True, eq=False)
class Matrix:
    """Metrics on one time grid. `times` (T,) Unix seconds, ascending, unique; `values` (S, T), NaN where nothing was measured."""

    times: Floats
    keys: tuple[SeriesKey, ...]
    values: Floats
    query: str = ""
    partial: str = ""
    """Why this is not all, in plain words; empty if it is."""

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.keys), len(self.times)):
            raise ValueError(f"values {self.values.shape} do not fit {len(self.keys)} series x {len(self.times)} times")

    @staticmethod
    def empty(query: str = "") -> "Matrix":
        return Matrix(np.empty(0), (), np.empty((0, 0)), query)

    def of(self, part: Part) -> "Matrix":
        """The series of one part of the services, with the times of all."""
        rows = [row for row, key in enumerate(self.keys) if part.holds(key.service)]
        return Matrix(self.times, tuple(self.keys[row] for row in rows), self.values[rows], self.query, self.partial)


@dataclass(frozen=True, eq=False)
class Spans:
    """Trace spans by column. `parent` is the row of the parent or -1 (none, or not in the table)."""

    trace: Ints
    """Index into `traces`."""
    parent: Ints
    service: Ints
    operation: Ints
    start: Floats
    """Unix seconds."""
    duration: Floats
    """Seconds."""
    error: Bools
    traces: tuple[str, ...]
    services: tuple[str, ...]
    operations: tuple[str, ...]
    query: str = ""
    partial: str = ""
    """Why this is not all; empty if it is. A sample of whole traces is no part in this sense."""

    def __len__(self) -> int:
        return len(self.start)

    @staticmethod
    def empty(query: str = "") -> "Spans":
        none = np.empty(0, dtype=np.int32)
        zero = np.empty(0)
        return Spans(none, none, none, none, zero, zero, np.empty(0, dtype=np.bool_), (), (), (), query)


@dataclass(frozen=True, eq=False)
class LogTable:
    """Log lines by column, ascending in time, redacted. `trace` is -1 where a line carries no trace id."""

    times: Floats
    service: Ints
    severity: Ints
    trace: Ints
    messages: tuple[str, ...]
    services: tuple[str, ...]
    severities: tuple[str, ...]
    """Upper case as the source wrote them; may contain an empty string."""
    traces: tuple[str, ...]
    query: str = ""
    dropped: int = 0
    """Lines beyond the budget that neither were read nor are stood for."""
    stands: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    """How many lines (N,) each row stands for, itself among them, where a store counted and sampled; empty: each for itself."""
    partial: str = ""
    """Why this is not all; empty if it is."""

    @property
    def weights(self) -> Ints:
        """How many lines (N,) each row stands for."""
        return self.stands if len(self.stands) else np.ones(len(self), dtype=np.int32)

    def __len__(self) -> int:
        return len(self.times)

    @staticmethod
    def joined(tables: Sequence["LogTable"]) -> "LogTable":
        """The lines of several sources as one table, ascending in time; lines of the same moment keep the order of their sources."""
        told = [table for table in tables if len(table)]
        if len(told) <= 1:
            return told[0] if told else (tables[0] if tables else LogTable.empty())
        services, service = _coded((table.services, table.service) for table in told)
        severities, severity = _coded((table.severities, table.severity) for table in told)
        traces, trace = _coded((table.traces, table.trace) for table in told)
        order = np.argsort(np.concatenate([table.times for table in told]), kind="stable")
        messages = [message for table in told for message in table.messages]
        return LogTable(
            times=np.concatenate([table.times for table in told])[order],
            service=service[order],
            severity=severity[order],
            trace=trace[order],
            messages=tuple(messages[row] for row in order),
            services=services,
            severities=severities,
            traces=traces,
            query="; ".join(table.query for table in told if table.query),
            dropped=sum(table.dropped for table in tables),
            stands=np.concatenate([table.weights for table in told])[order],
            partial="; ".join(dict.fromkeys(table.partial for table in tables if table.partial)),
        )

    @staticmethod
    def empty(query: str = "") -> "LogTable":
        none = np.empty(0, dtype=np.int32)
        return LogTable(np.empty(0), none, none, none, (), (), (), (), query)


def _coded(columns: Iterable[tuple[tuple[str, ...], Ints]]) -> tuple[tuple[str, ...], Ints]:
    """Columns of indices into names of their own as one column into the names of all; -1 stays -1."""
    names: dict[str, int] = {}
    out: list[Ints] = []
    for known, indices in columns:
        places = np.array([names.setdefault(name, len(names)) for name in known] + [-1], dtype=np.int32)
        out.append(places[indices])
    return tuple(names), np.concatenate(out)


@dataclass(frozen=True)
class ChangeTable:
    """Changes in order of time."""

    changes: tuple[Change, ...] = ()
    query: str = ""
    partial: str = ""
    """Why this is not all; empty if it is."""


@dataclass(frozen=True)
class CallGraph:
    """Who calls whom."""

    edges: tuple[tuple[str, str], ...] = ()
    provenance: str = ""
    """Where all of it was learned, for people."""
    query: str = ""
    services: tuple[str, ...] = field(default=())
    """All known services, including those without an edge."""
    learned: tuple[tuple[str, ...], ...] = ()
    """Names of the sources that know each edge, in the order of `edges`; empty where one source told all."""
    partial: str = ""
    """Why this is not all; empty if it is."""


@dataclass(frozen=True, eq=False)
class Tables:
    """Everything that was read about one incident; whatever is missing is empty."""

    matrix: Matrix = field(default_factory=Matrix.empty)
    normal_matrix: Matrix = field(default_factory=Matrix.empty)
    spans: Spans = field(default_factory=Spans.empty)
    normal_spans: Spans = field(default_factory=Spans.empty)
    lines: LogTable = field(default_factory=LogTable.empty)
    normal_lines: LogTable = field(default_factory=LogTable.empty)
    changes: ChangeTable = field(default_factory=ChangeTable)
    graph: CallGraph = field(default_factory=CallGraph)
