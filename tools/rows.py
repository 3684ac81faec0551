"""How do the log lines of a store become the table that sweeps read?"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clew.incident import Window
from clew.tables import LogTable
from tools.redact import redacted

MESSAGE_CHARACTERS = 8_000
"""Of one line; what comes after is cut."""


@dataclass(frozen=True, slots=True)
class Row:
    """One log line, unredacted: it stays inside its source until it is in a table. `stands` as in LogTable."""

    id: str
    at: float
    service: str
    severity: str
    trace: str
    message: str
    stands: int = 1

    @property
    def bytes(self) -> int:
        """About what it took to bring it here."""
        return len(self.message) + len(self.service) + len(self.trace) + 200


def table(rows: Iterable[Row], window: Window, query: str, partial: str = "") -> LogTable:
    """Rows of `window`, ascending in time, each once, redacted."""
    once: dict[str, Row] = {}
    for one in rows:
        if window.start <= one.at <= window.end and (one.id not in once or once[one.id].stands < one.stands):
            once[one.id] = one
    kept = sorted(once.values(), key=lambda one: (one.at, one.id))
    if not kept:
        return replace(LogTable.empty(query), partial=partial)
    services, service = _coded(one.service for one in kept)
    severities, level = _coded(one.severity for one in kept)
    traces, trace = _coded(one.trace for one in kept)
    if "" in traces:
        none = traces.index("")
        trace = np.where(trace == none, -1, trace - (trace > none)).astype(np.int32)
        traces = tuple(name for name in traces if name)
    stands = np.array([one.stands for one in kept], dtype=np.int32)
    return LogTable(
        np.array([one.at for one in kept]),
        service,
        level,
        trace,
        tuple(redacted(one.message) for one in kept),
        services,
        severities,
        traces,
        query,
        stands=stands if (stands != 1).any() else np.empty(0, dtype=np.int32),
        partial=partial,
    )


def _coded(names: Iterable[str]) -> tuple[tuple[str, ...], Any]:
    codes: dict[str, int] = {}
    places = [codes.setdefault(name, len(codes)) for name in names]
    return tuple(codes), np.array(places, dtype=np.int32)
