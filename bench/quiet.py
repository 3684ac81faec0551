"""How often is a cause named where nothing is wrong: alerts put into the quiet stretches of recorded systems?"""

import asyncio
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import sqrt
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from rich.table import Table

from bench.case import Case, case, everything
from bench.heard import families
from bench.replay import Replay
from bot.composition import Facts
from clew.causal.meaning import Meaning, meaning
from clew.causal.selftime import taken
from clew.hypothesis import Report, Verdict
from clew.incident import Symptom, Window
from clew.tables import Bools, ChangeTable, Floats, LogTable, Matrix, Tables
from clew.testing.sources import FakeChanges, FakeGraph, FakeLogs, FakeMetrics, FakeTraces

EACH = 3
"""Windows drawn from each case."""
_SEED = 20
_CLEAR = 900.0
"""So long before the real alert a window's alert lies, seconds: faults begin before they are noticed."""
_PAST = 20
"""Samples of history that a window has."""
_BEHIND = 6 * 3600.0
"""History that a window has at most, seconds."""
_AHEAD = 300.0
"""How much of the future a window sees, seconds, and two samples at least."""
_NEAR = 300.0
"""How near to the alert the front door is looked at, seconds, and one sample at least."""
_TAIL = 0.99
_MARGIN = 0.1
"""Within a tenth of the usual range's edge is still usual."""
_FELT = {Meaning.LATENCY: 1.0, Meaning.ERRORS: 1.0, Meaning.AVAILABILITY: -1.0}
_Z = 1.96


class Stretch(NamedTuple):
    """One window: an alert at `at` (Unix seconds) over tables that end soon after it. `calm` None: no front door is measured."""

    at: float
    tables: Tables
    calm: bool | None


class Told(NamedTuple):
    """The answer on one window. `word` and what follows are those of the first open hypothesis, empty without one."""

    family: str
    calm: bool | None
    verdict: str
    word: str = ""
    kind: str = ""
    rests_on: str = ""
    """The largest term of its weight."""
    weight: float = 0.0
    window: str = ""
    """When, and what the alert speaks of: histories of one family overlap, and a window counts once."""


def told(folder: Path) -> tuple[Told, ...]:
    """The product's answers on the quiet windows of the case in `folder`; none where its history is too short. Raises BadCase."""
    with TemporaryDirectory(prefix="clew-bench-") as scratch:
        opened = case(folder, Path(scratch))
        replay = Replay()
        brief = opened.facts.brief
        speaks = f"{brief.symptom.service} {brief.symptom.signal}" if brief else ""
        return tuple(
            _judged(opened.family, one.calm, asyncio.run(replay.answer(quiet(opened, one))).report)._replace(
                window=f"{one.at:.0f} {speaks}"
            )
            for one in stretches(opened)
        )


def once(rows: Sequence[Told]) -> tuple[Told, ...]:
    """Every window once, whichever cases it was drawn from."""
    return tuple({(row.family, row.window): row for row in rows}.values())


def quiet(opened: Case, one: Stretch) -> Case:
    """The case as if its alert had come in that quiet window: the same title and symptom, and nothing of what came later."""
    brief, held = opened.facts.brief, one.tables
    assert brief is not None, "a recorded incident has an alert"
    sources = (
        FakeMetrics(table=held.matrix),
        FakeGraph(table=held.graph),
        *([FakeLogs(table=held.lines)] if len(held.lines) else []),
        *([FakeTraces(table=held.spans)] if len(held.spans) else []),
        *([FakeChanges(table=held.changes)] if held.changes.changes else []),
    )
    return Case(opened.name, opened.family, Facts(sources, brief.model_copy(update={"alerted_at": one.at})), None)


def stretches(opened: Case, count: int = EACH) -> Iterator[Stretch]:
    """Up to `count` windows from the history before the alert, else from a fault-free reference of the metrics; always the same ones."""
    held = asyncio.run(everything(opened.facts.sources, Window(start=0.0, end=opened.alerted_at)))
    brief = opened.facts.brief
    symptom = brief.symptom if brief else Symptom()
    places = np.arange(_PAST, int(np.searchsorted(held.matrix.times, opened.alerted_at - _CLEAR)))
    if not len(places) and len(held.normal_matrix.times) > _PAST:
        held = Tables(matrix=held.normal_matrix, graph=held.graph)
        places = np.arange(_PAST, len(held.matrix.times) - 2)
    rng = np.random.default_rng([_SEED, zlib.crc32(f"{opened.family}/{opened.name}".encode())])
    for place in sorted(rng.choice(places, min(count, len(places)), replace=False).tolist()):
        at = float(held.matrix.times[place]) + 20.0
        seen = until(held, at)
        yield Stretch(at, seen, calm(seen.matrix, at, symptom))


def until(held: Tables, at: float) -> Tables:
    """What an investigation of an alert at `at` would see a few minutes later; nothing is kept of a fault-free reference."""
    times = held.matrix.times
    step = float(np.median(np.diff(times))) if len(times) > 1 else 60.0
    end = at + max(_AHEAD, 2.0 * step)
    there = (times >= at - _BEHIND) & (times <= end)
    matrix = Matrix(times[there], held.matrix.keys, held.matrix.values[:, there], held.matrix.query)
    return Tables(
        matrix=matrix,
        spans=taken(held.spans, held.spans.start <= end),
        lines=taken_lines(held.lines, held.lines.times <= end),
        changes=ChangeTable(tuple(c for c in held.changes.changes if c.at <= end), held.changes.query),
        graph=held.graph,
    )


def taken_lines(lines: LogTable, chosen: Bools) -> LogTable:
    """The lines that are marked in `chosen` (N,)."""
    return replace(
        lines,
        times=lines.times[chosen],
        service=lines.service[chosen],
        severity=lines.severity[chosen],
        trace=lines.trace[chosen],
        messages=tuple(lines.messages[row] for row in np.flatnonzero(chosen)),
        stands=lines.stands[chosen] if len(lines.stands) else lines.stands,
    )


def calm(matrix: Matrix, at: float, symptom: Symptom) -> bool | None:
    """True if latency and errors of the front door and of the symptom's service are around `at` as in their own past, by plain quantiles.

    Deliberately none of the product's own statistics. None where nothing of the kind was measured often enough.
    """
    step = float(np.median(np.diff(matrix.times))) if len(matrix.times) > 1 else 60.0
    reach = max(_NEAR, 1.5 * step)
    now, past = np.abs(matrix.times - at) <= reach, matrix.times < at - reach
    seen = [
        _usual(_FELT[what] * values[past], _FELT[what] * values[now])
        for key, values in zip(matrix.keys, matrix.values, strict=True)
        if key.service in {"", symptom.service} and (what := meaning(key.metric, key.unit)) in _FELT
    ]
    judged = [one for one in seen if one is not None]
    return all(judged) if judged else None


def _usual(past: Floats, now: Floats) -> bool | None:
    past, now = past[np.isfinite(past)], now[np.isfinite(now)]
    if len(past) < _PAST // 2 or not len(now):
        return None
    low, high = np.quantile(past, (0.5, _TAIL))
    return bool(np.median(now) <= high + _MARGIN * abs(high - low) + 1e-9)


def _judged(family: str, calm_: bool | None, report: Report | None) -> Told:
    assert report is not None, "an answer has its page"
    first = report.open[0] if report.open else None
    if not report.blames or first is None:
        return Told(family, calm_, report.verdict.value)
    most = max(first.why, key=lambda term: term.value).name if first.why else ""
    return Told(family, calm_, report.verdict.value, first.confidence.value, first.cause.kind.value, most, first.weight)


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927); (0, 1) of nothing."""
    if not of:
        return 0.0, 1.0
    share, less = hits / of, _Z * _Z / of
    middle = (share + less / 2) / (1 + less)
    half = _Z / (1 + less) * sqrt(share * (1 - share) / of + less / (4 * of))
    return max(0.0, middle - half), min(1.0, middle + half)


_COLUMNS = (
    "family",
    "drawn",
    "quiet",
    "healthy",
    "not found",
    "Possible",
    "Likely",
    "Confirmed",
    "causes, %",
    "drawn, %",
)


def quiet_table(rows: Sequence[Told]) -> Table:
    """Verdicts over the windows whose front door is as usual, and beside them the share of causes over all that were drawn."""
    table = Table(*_COLUMNS, title="Quiet windows", title_justify="left")
    for family in families(row.family for row in rows):
        table.add_row(family, *_cells([row for row in rows if row.family == family]))
    table.add_section()
    table.add_row("all", *_cells(rows))
    return table


def _cells(rows: Sequence[Told]) -> tuple[str, ...]:
    kept = [row for row in rows if row.calm]
    verdicts, words = Counter(row.verdict for row in kept), Counter(row.word for row in kept)
    counted = (verdicts["healthy"], verdicts["not found"], words["Possible"], words["Likely"], words["Confirmed"])
    return (str(len(rows)), str(len(kept)), *(str(count) for count in counted), _rate(kept), _rate(rows))


def _rate(rows: Sequence[Told]) -> str:
    hits = sum(row.verdict in (Verdict.CAUSE.value, Verdict.SEVERAL.value) for row in rows)
    low, high = wilson(hits, len(rows))
    return f"{100 * hits / len(rows):.0f} ({100 * low:.0f}-{100 * high:.0f})" if rows else ""


def dropped(rows: Sequence[Told]) -> str:
    """Why windows were left out, in one line."""
    moved, unknown = sum(row.calm is False for row in rows), sum(row.calm is None for row in rows)
    return f"Left out: {moved} whose front door was not as usual, {unknown} without one that is measured."


def causes_table(rows: Sequence[Told]) -> Table:
    """What the causes rest on that were named in quiet windows: kind, word, largest term, how many, and their median weight."""
    table = Table(
        "kind", "word", "rests most on", "windows", "median weight", title="False causes", title_justify="left"
    )
    groups: dict[tuple[str, str, str], list[float]] = {}
    for row in rows:
        if row.calm and row.word:
            groups.setdefault((row.kind, row.word, row.rests_on), []).append(row.weight)
    for key, weights in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        table.add_row(*key, str(len(weights)), f"{np.median(weights):.2f}")
    return table
