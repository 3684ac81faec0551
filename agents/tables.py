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
    levels_, spans, lines = await asyncio.gather(
        _all(desk, MetricSource, "matrix", window, lambda s, era: levels(s, window, era, symptom)),
        _all(desk, TraceSource, "spans", window, lambda s, era: s.spans(window, era)),
        _all(desk, LogSource, "lines", window, lambda s, era: s.lines(window, era)),
    )
    matrix, normal = levels_[0] if levels_ else (Matrix.empty(), None)
    traced, usual = spans[0] if spans else (Spans.empty(), None)
    return Tables(
        matrix,
        normal if normal is not None else Matrix.empty(),
        traced,
        usual if usual is not None else Spans.empty(),
        LogTable.joined([now for now, _ in lines]),
        LogTable.joined([calm for _, calm in lines if calm is not None]),
        ChangeTable(changes),
        graph,
    )


async def _all(
    desk: Desk, kind: type[Of], method: str, window: Window, ask: Callable[[Of, Era], Awaitable[Value]]
) -> list[tuple[Value, Value | None]]:
    """Of each source of the kind that answers: the incident's table, and the one of normal times."""

    async def both(source: Of) -> tuple[Value | None, Value | None]:
        now, normal = await asyncio.gather(
            desk.read(source, question(method, Era.NOW.value, window), lambda: ask(source, Era.NOW)),
            desk.read(source, question(method, Era.NORMAL.value, window), lambda: ask(source, Era.NORMAL)),
        )
        return now.value, normal.value

    found = await asyncio.gather(*(both(source) for source in desk.deps.sources if isinstance(source, kind)))
    return [(now, normal) for now, normal in found if now is not None]
