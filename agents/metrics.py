"""Which levels moved, since when, and where is the time spent: metrics and traces."""

import asyncio
from collections.abc import Sequence

import numpy as np

from agents.fleet import matrices, summarised, with_series
from agents.gather import Gather
from agents.specialist import Specialist, Swept
from agents.speech import counted, several
from agents.state import Look
from agents.triage import AFFECTED, NOTICED
from clew.causal.selftime import span_clues
from clew.causal.shift import SeriesClue, series_clues
from clew.causal.unseen import unseen_series, unseen_spans
from clew.evidence import Asked, Call, Mark, Note, Series
from clew.hypothesis import Clue
from clew.ports import Era, MetricSource, Telemetry, TraceSource
from clew.tables import Matrix, SeriesKey, Spans

POINTS = 240
SERIES = 9
"""Series kept as evidence per look; what is left out still ranks."""
SPANS = 4
MINE = 3
CALM = 2


async def sweep(gather: Gather) -> Swept:
    """Compares every series and every span with what is usual; keeps the few that matter."""
    (series, looked), traced = await asyncio.gather(_series(gather), _spans(gather))
    clues = (*series, *traced)
    loud = [c for c in clues if c.amount >= NOTICED and c.channel != "quiet"]
    services = tuple(dict.fromkeys(c.service for c in sorted(loud, key=lambda c: -c.amount) if c.service))
    if not loud:
        summary = f"{counted(looked, 'series').replace('seriess', 'series')} as usual" if looked else "nothing measured"
        return Swept(summary, clues)
    return Swept(f"{counted(len(loud), 'shift')}; most in {several(services, 2)}" if services else loud[0].says, clues)


async def _series(gather: Gather) -> tuple[tuple[Clue, ...], int]:
    matrix, normal = await matrices(gather)
    sources = gather.sources(MetricSource, Telemetry.METRICS)
    symptom = gather.look.incident.symptom
    gather.unjudged(await asyncio.to_thread(unseen_series, matrix, normal, gather.look.moment, symptom))
    summary, whole = await summarised(gather, matrix, normal)
    found = await asyncio.to_thread(series_clues, summary, gather.look.moment, symptom)
    if not sources:
        return tuple(f.clue for f in found), 0
    chosen = _chosen(found, symptom.service)
    if not whole:
        services = {key.service for key in chosen}
        matrix = await with_series(gather.desk, gather.look.lead.window, Era.NOW, matrix, services)
    rows = {key: row for row, key in enumerate(matrix.keys)}
    clues: list[Clue] = []
    for item in found:
        if item.key in chosen and item.key in rows:
            row = rows[item.key]
            payload = drawn(matrix, row, item, gather.look)
            asked = Asked(
                source=sources[0].name,
                call=Call(method="series", arguments=(("service", item.key.service), ("metric", item.key.metric))),
                query=matrix.keys[row].query  # the summary's keys carry names alone
                or matrix.query
                or f"series {item.key.metric} of {item.key.service or 'the whole system'}",
                window=gather.look.lead.window,
            )
            clues.append(gather.cited(item.clue, await gather.keep(asked, payload, item.clue.says)))
        elif item.clue.channel == "traffic":
            clues.append(await _traffic(gather, sources[0], matrix, item.clue))
        else:
            clues.append(item.clue)
    return tuple(clues), len(summary.roster)


async def _traffic(gather: Gather, source: MetricSource, matrix: Matrix, clue: Clue) -> Clue:
    """The sum of all requests is no series of the source's, but it has to be looked up too: flat or not."""
    asked = Asked(
        source=source.name,
        call=Call(method="series", arguments=(("metric", "requests"),)),
        query=matrix.query or "all request series",
        window=gather.look.lead.window,
    )
    return gather.cited(clue, await gather.keep(asked, Note(text=clue.says), clue.says))


def _chosen(found: Sequence[SeriesClue], symptom: str | None) -> frozenset[SeriesKey]:
    """The strongest, at most three a service, and always what the alert speaks of."""
    chosen: list[SeriesKey] = []
    near = sorted(
        found, key=lambda f: (f.key.service not in ("", symptom), f.key.service != "", -f.clue.amount, f.key.service)
    )
    effects = [f for f in near if f.key.service in ("", symptom) and f.clue.channel in AFFECTED]
    noticed = any(f.clue.amount >= NOTICED for f in effects)
    calm = [] if noticed else [f for f in near if f.clue.channel == "quiet"]
    # the symptom itself, and what shows that there is none: an all-clear has to be looked up too
    named = [f for f in found if f.clue.channel == "symptom"]
    chosen += dict.fromkeys(f.key for f in (*(named or effects)[:1], *calm[:CALM]))
    for item in sorted(found, key=lambda f: (-f.clue.amount, f.key.service, f.key.metric)):
        mine = sum(1 for key in chosen if key.service == item.key.service)
        if item.clue.channel != "quiet" and item.key not in chosen and mine < MINE and len(chosen) < SERIES:
            chosen.append(item.key)
    return frozenset(chosen)


def drawn(matrix: Matrix, row: int, found: SeriesClue, look: Look) -> Series:
    """The series thinned to what a chart needs, around the incident; gaps stay gaps."""
    moment = look.moment
    span = max(600.0, moment.window.end - moment.start)
    inside = np.flatnonzero((matrix.times >= moment.start - 4 * span) & (matrix.times <= moment.window.end))
    step = max(1, -(-len(inside) // POINTS))
    picked = inside[::step]
    values = matrix.values[row][picked]
    marks = (*(m for m in look.marks if m.at >= moment.start - 4 * span), Mark(at=moment.alerted_at, label="alert"))
    return Series(
        name=found.key.metric,
        service=found.key.service,
        unit=found.key.unit,
        times=tuple(float(t) for t in matrix.times[picked]),
        values=tuple(float(v) if np.isfinite(v) else None for v in values),
        normal=_finite(found.normal),
        before=_finite(found.normal),
        after=_finite(found.after),
        onset=found.clue.onset
        if found.clue.onset is not None or found.clue.channel in ("quiet", "symptom")
        else moment.onset,
        marks=marks,
    )


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


async def _spans(gather: Gather) -> tuple[Clue, ...]:
    window = gather.look.lead.window
    out: list[Clue] = []
    for source in gather.sources(TraceSource, Telemetry.TRACES):
        now, normal = await asyncio.gather(
            gather.bulk(source, "spans", Era.NOW.value, lambda s=source: s.spans(window)),
            gather.bulk(source, "spans", Era.NORMAL.value, lambda s=source: s.spans(window, Era.NORMAL)),
        )
        if now is None:
            continue
        usual = normal or Spans.empty()
        gather.unjudged(await asyncio.to_thread(unseen_spans, now, usual, gather.look.moment))
        clues = await asyncio.to_thread(span_clues, now, usual, gather.look.moment)
        for place, clue in enumerate(clues):
            if place >= SPANS or clue.amount <= 0:
                out.append(clue)
                continue
            asked = Asked(
                source=source.name,
                call=Call(method="slowest", arguments=(("service", clue.service or ""),)),
                query=now.query or "spans",
                window=window,
            )
            fact = await gather.keep(asked, Note(text=clue.says, service=clue.service), clue.says)
            out.append(gather.cited(clue, fact))
    return tuple(out)


METRICS = Specialist(
    name="metrics",
    title="Metrics and traces against normal",
    telemetry=frozenset({Telemetry.METRICS, Telemetry.TRACES}),
    when="levels, latency, errors, saturation, and where the time goes",
    question="Which series of {where} left their usual level around {since}?",
    effect="levels and timing could not be compared with normal",
    sweep=sweep,
)
