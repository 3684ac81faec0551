"""Which series show the symptom, and which a suspect's trouble."""

from collections.abc import Sequence

import numpy as np

from clew.causal.meaning import Meaning, meaning
from clew.causal.scene import Scene, Signal, row_signal, shifts, traffic
from clew.causal.stream import failures, lines_with, own_time, requests
from clew.hypothesis import Clue
from clew.incident import Signal as Kind

_METRICS = frozenset(("resource", "latency", "errors", "requests", "symptom"))
_WANTED = {
    Kind.LATENCY: (Meaning.LATENCY,),
    Kind.ERRORS: (Meaning.ERRORS, Meaning.AVAILABILITY),
    Kind.AVAILABILITY: (Meaning.AVAILABILITY, Meaning.ERRORS),
    Kind.SATURATION: (Meaning.RESOURCE,),
}


def noticed(scene: Scene) -> Signal | None:
    """What the alert speaks of: the series that it names, else the one of its kind that moved most at its service; else requests.

    None where nothing of the kind was measured.
    """
    grid, symptom = scene.grid, scene.symptom
    wanted = (symptom.metric or "").split("(")[0]
    kinds = (
        _WANTED.get(symptom.signal, ()) if symptom.signal else (Meaning.LATENCY, Meaning.ERRORS, Meaning.AVAILABILITY)
    )
    rows = [
        row
        for row, key in enumerate(grid.keys)
        if key.service in ("", symptom.service)
        and (key.metric.split("(")[0] == wanted or meaning(key.metric, key.unit) in kinds)
    ]
    if rows:
        moved = shifts(grid.values[rows], grid.times, scene.moment.start)
        order = sorted(
            range(len(rows)),
            key=lambda i: (
                grid.keys[rows[i]].metric.split("(")[0] != wanted,
                grid.keys[rows[i]].service != (symptom.service or ""),
                -abs(float(moved[i])),
                (grid.keys[rows[i]].metric, grid.keys[rows[i]].instance),
            ),
        )
        best = rows[order[0]]
        if np.isfinite(moved[order[0]]):
            return row_signal(grid, best)
    return requests(scene)


def signals(scene: Scene, clues: Sequence[Clue], apart_from: Signal | None, most: int = 3) -> tuple[Signal, ...]:
    """The series behind the first clues that have one. The symptom itself (`apart_from`) is no sign of its own cause."""
    out: list[Signal] = []
    for clue in clues:
        found = _behind(scene, clue)
        if found is None or len(out) == most:
            continue
        same = apart_from is not None and (found.service, found.metric) == (apart_from.service, apart_from.metric)
        own = clue.service == scene.symptom.service and clue.channel in ("latency", "errors", "symptom")
        if not same and not own and all((found.service, found.metric) != (o.service, o.metric) for o in out):
            out.append(found)
    return tuple(out)


def _behind(scene: Scene, clue: Clue) -> Signal | None:
    if clue.channel == "traffic":
        return traffic(scene)
    if not clue.service:
        return None
    if clue.channel in _METRICS:
        return _series(scene, clue.service, clue.detail)
    if clue.channel in ("new errors", "gone"):
        return lines_with(scene, clue.service, clue.detail, falls=clue.channel == "gone")
    if clue.channel == "external":
        return lines_with(scene, clue.detail, clue.service)
    if clue.channel == "self time":
        return own_time(scene, clue.service, clue.detail)
    return failures(scene, clue.service) if clue.channel == "failed spans" else None


def _series(scene: Scene, service: str, metric: str) -> Signal | None:
    rows = [row for row, key in enumerate(scene.grid.keys) if key.service == service and key.metric == metric]
    if not rows:
        return None
    moved = shifts(scene.grid.values[rows], scene.grid.times, scene.moment.start)
    ranked = np.where(np.isfinite(moved), moved, -np.inf)
    return row_signal(scene.grid, rows[int(np.argmax(ranked))])


def worst(scene: Scene, service: str, apart_from: Signal | None, most: int = 3) -> tuple[Signal, ...]:
    """The series of a service that moved most, for a suspect that no clue speaks of."""
    grid = scene.grid
    rows = [
        row
        for row, key in enumerate(grid.keys)
        if key.service == service
        and meaning(key.metric, key.unit) not in (Meaning.NODE, Meaning.TRAFFIC)
        and not (apart_from is not None and apart_from.row == row)
    ]
    if not rows:
        return ()
    moved = shifts(grid.values[rows], grid.times, scene.moment.start)
    order = sorted(
        range(len(rows)), key=lambda i: (-float(np.nan_to_num(moved[i], nan=-1.0)), grid.keys[rows[i]].metric)
    )
    return tuple(row_signal(grid, rows[i]) for i in order[:most])
