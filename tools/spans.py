"""How do the spans of a store become the table that sweeps read?"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from clew.incident import Window
from clew.tables import Spans


@dataclass(frozen=True, slots=True)
class Span:
    """One span as it was stored."""

    trace: str
    id: str
    parent: str
    service: str
    operation: str
    start: float
    duration: float
    error: bool


def table(found: Iterable[Span], window: Window) -> Spans:
    """Spans that began in `window`, in order of time, each with the row of its parent."""
    held = sorted(
        (one for one in found if window.start <= one.start <= window.end), key=lambda one: (one.start, one.id)
    )
    if not held:
        return Spans.empty()
    rows = {(one.trace, one.id): place for place, one in enumerate(held)}
    parents = [rows.get((one.trace, one.parent), -1) if one.parent else -1 for one in held]
    parents = [-1 if parent == place else parent for place, parent in enumerate(parents)]
    codes = [dict[str, int]() for _ in range(3)]
    names = [(one.trace, one.service, one.operation) for one in held]
    columns = [
        np.array([known.setdefault(name[place], len(known)) for name in names], dtype=np.int32)
        for place, known in enumerate(codes)
    ]
    return Spans(
        columns[0],
        np.array(parents, dtype=np.int32),
        columns[1],
        columns[2],
        np.array([one.start for one in held]),
        np.array([one.duration for one in held]),
        np.array([one.error for one in held], dtype=np.bool_),
        traces=tuple(codes[0]),
        services=tuple(codes[1]),
        operations=tuple(codes[2]),
    )
