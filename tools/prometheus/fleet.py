"""Which few services of a large fleet are worth reading: those near the symptom, and those that the server says moved most?

No read depends on the size of the fleet: neighbours are asked for level by level along the call graph, and the server ranks the
rest itself, so that ten thousand services cost it some sums and send us some names.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from clew.errors import SourceError, SourceTimeout
from clew.incident import Symptom, Window
from tools.phrases import counted
from tools.prometheus.asks import Ask, Form, Role
from tools.prometheus.catalogue import Catalogue, Reach
from tools.prometheus.selector import Matcher, one_of, seconds, selector
from tools.prometheus.server import Server

NEAR = 120
"""Services near the symptom at most."""
FRONTIER = 60
"""Services whose neighbours are asked for at once."""
RANKED = 15
"""Services of each ranking."""
READ = 200
"""Services read at most."""
RECENT = 1200.0
"""Seconds before the end of the window in which something moved, ..."""
EVERY = 400.0
"""... looked at so far apart, ..."""
SPAN = 300.0
"""... as means over so many seconds, ..."""
USUAL = 1800.0
"""... against the mean over so many before them."""
METRICS = 2
"""Metrics asked for each ranking: those that most services have."""


@dataclass(frozen=True)
class Chosen:
    """Services in the order in which they are worth reading."""

    services: tuple[str, ...]
    missing: str = ""
    """What could not be asked; empty if everything was."""


async def chosen(server: Server, catalogue: Catalogue, window: Window, symptom: Symptom, allowed: float) -> Chosen:
    """The symptom's service, those near it in calls, and those that moved most, as far as that is known after `allowed` seconds.

    Raises SourceError where nothing at all was answered.
    """
    end = max(window.start + 1.0, min(window.end, server.outside.now()))
    near, ranked = await asyncio.gather(
        _near(server, catalogue, end, symptom.service or ""), _moved(server, catalogue, end, allowed)
    )
    errors = [one for one in (near, *ranked) if isinstance(one, SourceError)]
    found = [one for one in (near, *ranked) if not isinstance(one, SourceError)]
    if errors and not any(found):
        raise errors[0]
    known = frozenset(catalogue.services)
    first = list(near) if not isinstance(near, SourceError) else []
    # the first of each ranking, then the second of each, and so on: no ranking crowds out another
    lists = [one for one in ranked if not isinstance(one, SourceError)]
    turns = [one[place] for place in range(RANKED) for one in lists if place < len(one)]
    services = tuple(dict.fromkeys(name for name in (*first, *turns) if name in known))[:READ]
    missing = f"{counted(len(errors), 'ranking')} of the fleet failed: {errors[0]}" if errors else ""
    return Chosen(services, missing)


async def _near(server: Server, catalogue: Catalogue, end: float, service: str) -> Sequence[str] | SourceError:
    """The service and those within `near_calls` of it, nearest first; what it calls and what calls it."""
    start = next((name for name in catalogue.services if name and name.lower() == service.lower()), "")
    if not start:
        return ()
    found, frontier = {start: None}, [start]
    try:
        for _ in range(server.settings.near_calls):
            answered = await _neighbours(server, catalogue, end, frontier[:FRONTIER])
            frontier = [name for name in sorted(answered) if name not in found][: NEAR - len(found)]
            found.update(dict.fromkeys(frontier))
            if not frontier:
                break
    except SourceError as error:
        return error if len(found) == 1 and catalogue.calls else tuple(found)
    return tuple(found)


async def _neighbours(server: Server, catalogue: Catalogue, end: float, names: Collection[str]) -> set[str]:
    parts: list[str] = []
    for one in catalogue.calls[:METRICS]:
        by = f"group by ({one.caller}, {one.callee})"
        for label in (one.caller, one.callee):
            there = selector(one.name, (one_of(label, names), *server.discovery.scope))
            parts.append(
                f'label_replace(label_replace({by} ({there}), "a", "$1", "{one.caller}", "(.*)"), "b", "$1", "{one.callee}", "(.*)")'
            )
    if not parts:
        return set()
    answer = await server.api.instant(f"group by (a, b) ({' or '.join(parts)})", end)
    return {line.labels.get(side, "") for line in answer.lines for side in ("a", "b")} - {""}


async def _moved(server: Server, catalogue: Catalogue, end: float, allowed: float) -> list[Sequence[str] | SourceError]:
    """One ranking for each thing that can move, each worked out by the server."""
    queries = _rankings(server, catalogue.reaches)

    async def ranked(query: str, label: str) -> Sequence[str] | SourceError:
        try:
            async with asyncio.timeout(allowed):
                answer = await server.api.instant(query, end)
        except TimeoutError:
            return SourceTimeout(server.api.transport.source, f"no answer within {allowed:g} s")
        except SourceError as error:
            return error
        lines = sorted(answer.lines, key=lambda line: -float(line.pairs[0][1]))
        return tuple(line.labels.get(label, "") for line in lines)

    return list(await asyncio.gather(*(ranked(query, label) for query, label in queries)))


def _rankings(server: Server, reaches: Sequence[Reach]) -> list[tuple[str, str]]:
    """Queries that name the services which moved most, and the label that holds the name."""
    owned = [reach for reach in reaches if reach.place.service]
    out: list[tuple[str, str]] = []
    totals = {reach.ask.family: reach for reach in owned if reach.ask.role is Role.TOTAL}
    failed = [reach for reach in owned if reach.ask.role is Role.FAILED and reach.ask.family in totals]
    scope = server.discovery.scope
    for reach in failed[:METRICS]:
        out.append((_failing(reach, totals[reach.ask.family], scope), reach.place.service))
    for reach in [one for one in totals.values() if not one.ask.spare][:METRICS]:
        out.append((_drop(reach, scope), reach.place.service))
    for reach in [one for one in owned if _slowness(one.ask)][:METRICS]:
        mean = Reach(_as_mean(reach.ask), reach.place)
        out.append((_rise(mean, scope, f"({_usual(mean, scope)} > 0)"), reach.place.service))
    for word in ("cpu", "memory"):
        for reach in [one for one in owned if word in one.ask.word and not one.ask.tag][:1]:
            out.append((_rise(reach, scope, f"({_usual(reach, scope)} > 0)"), reach.place.service))
    for reach in [one for one in owned if one.ask.family in ("up", "probe_success")][:METRICS]:
        out.append((f"topk({RANKED}, 100 - {_over('min', reach, scope)} > 1)", reach.place.service))
    return out


def _slowness(ask: Ask) -> bool:
    """A duration of requests; of a histogram once."""
    return ask.word.startswith("latency") and (
        ask.form is Form.MEAN or (ask.form is Form.QUANTILE and ask.share > 0.95)
    )


def _as_mean(ask: Ask) -> Ask:
    """A histogram's mean costs two series where its quantile costs one for each bucket."""
    return Ask(ask.family, f"{ask.family}_sum", Form.MEAN, ask.word, where=ask.where)


def _rise(reach: Reach, scope: tuple[Matcher, ...], by: str) -> str:
    """How far the highest recent mean lies above the usual one, in parts of `by`."""
    return f"topk({RANKED}, ({_over('max', reach, scope)} - {_usual(reach, scope)}) / {by} > 0)"


def _failing(reach: Reach, total: Reach, scope: tuple[Matcher, ...]) -> str:
    """The same of failures, which may not have been there before: then they rose from nothing."""
    usual = f"({_usual(reach, scope)} or {_over('max', reach, scope)} * 0)"
    return f"topk({RANKED}, ({_over('max', reach, scope)} - {usual}) / ({_usual(total, scope)} + 0.01) > 0)"


def _drop(reach: Reach, scope: tuple[Matcher, ...]) -> str:
    """How many times fewer the fewest recent requests are than the usual ones; a tenth a second is no traffic."""
    usual = _usual(reach, scope)
    now = f"({_over('min', reach, scope)} or ({usual} * 0))"
    return f"topk({RANKED}, ({usual} > 0.1) / ({now} + 0.01) > 1.2)"


def _over(which: str, reach: Reach, scope: tuple[Matcher, ...]) -> str:
    """The highest or lowest of the recent means."""
    span = max(SPAN, 2.5 * reach.place.interval)
    return f"{which}_over_time(({reach.ask.query(reach.place.by, scope, span)})[{seconds(RECENT)}:{seconds(EVERY)}])"


def _usual(reach: Reach, scope: tuple[Matcher, ...]) -> str:
    """The mean before that."""
    shifted = reach.ask.query(reach.place.by, scope, USUAL)
    return f"last_over_time(({shifted})[1s:1s] offset {seconds(RECENT)})"
