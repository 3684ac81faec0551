"""What has this run read in bulk: the tables of one look, from the desk's own reads."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from agents.desk import Desk, question
from agents.fleet import levels
from clew.evidence import Change
from clew.incident import Symptom, Window
from clew.ports import Era, LogSource, MetricSource, Source, TraceSource
from clew.tables import CallGraph, ChangeTable, LogTable, Matrix, Spans, Tables

Of = TypeVar("Of", bound=Source)
Value = TypeVar("Value")


async def tables(desk: Desk, window: Window, graph: CallGraph, changes: tuple[Change, ...], symptom: Symptom) -> Tables:
    """Series, spans and lines of the window, beside what is known already; asks nothing twice, and again only after a resume.

    A source that failed leaves its table empty: whoever reads it can't tell. Raises nothing that a source raises on purpose.
    """
    (matrix, normal), (spans, usual), (lines, calm) = await asyncio.gather(
        _both(desk, MetricSource, "matrix", window, lambda s, era: levels(s, window, era, symptom)),
        _both(desk, TraceSource, "spans", window, lambda s, era: s.spans(window, era)),
        _both(desk, LogSource, "lines", window, lambda s, era: s.lines(window, era)),
    )
    return Tables(
        matrix if matrix is not None else Matrix.empty(),
        normal if normal is not None else Matrix.empty(),
        spans if spans is not None else Spans.empty(),
        usual if usual is not None else Spans.empty(),
        lines if lines is not None else LogTable.empty(),
        calm if calm is not None else LogTable.empty(),
        ChangeTable(changes),
        graph,
    )


async def _both(
    desk: Desk, kind: type[Of], method: str, window: Window, ask: Callable[[Of, Era], Awaitable[Value]]
) -> tuple[Value | None, Value | None]:
    """The first source of the kind that answers: the incident's table, and the one of normal times."""
    for source in (s for s in desk.deps.sources if isinstance(s, kind)):
        now, normal = await asyncio.gather(
            desk.read(source, question(method, Era.NOW.value, window), lambda s=source: ask(s, Era.NOW)),
            desk.read(source, question(method, Era.NORMAL.value, window), lambda s=source: ask(s, Era.NORMAL)),
        )
        if now.value is not None:
            return now.value, normal.value
    return None, None
