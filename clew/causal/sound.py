"""Which rows of a table can be reckoned with at all, and what had to be left out?"""

from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from clew.causal.grid import LARGEST
from clew.causal.selftime import taken
from clew.tables import LogTable, Matrix, Spans, Tables

Value = TypeVar("Value")
_LONGEST = 1e9
"""No span lasts longer, seconds: about 30 years."""


def sound(table: Value) -> tuple[Value, str]:
    """The table without what no clock and no meter shows, lines in order of time, and what was left out in plain words (empty: nothing).

    Of a matrix columns without a time go; values that are infinite or larger than 1e150 stay and count as not measured. Of spans those
    without a start or with an impossible duration go, and a parent that is not in the table is none. Whatever is no table stays as it is.
    """
    found: tuple[Any, str] = (table, "")
    if isinstance(table, Matrix):
        found = _matrix(table)
    elif isinstance(table, Spans):
        found = _spans(table)
    elif isinstance(table, LogTable):
        found = _lines(table)
    return found


def sounded(tables: Tables) -> Tables:
    """All tables of one incident, each made sound."""
    return replace(
        tables,
        matrix=_matrix(tables.matrix)[0],
        normal_matrix=_matrix(tables.normal_matrix)[0],
        spans=_spans(tables.spans)[0],
        normal_spans=_spans(tables.normal_spans)[0],
        lines=_lines(tables.lines)[0],
        normal_lines=_lines(tables.normal_lines)[0],
    )


def _matrix(matrix: Matrix) -> tuple[Matrix, str]:
    dated = np.isfinite(matrix.times)
    undated = int((~dated).sum())
    if undated:
        matrix = Matrix(matrix.times[dated], matrix.keys, matrix.values[:, dated], matrix.query)
    beyond = int(np.count_nonzero(np.abs(matrix.values) > LARGEST))
    return matrix, _said((undated, "times", "are no time"), (beyond, "samples", "are infinite or beyond 1e150"))


def _spans(spans: Spans) -> tuple[Spans, str]:
    count = len(spans)
    astray = (spans.parent < -1) | (spans.parent >= count) | (spans.parent == np.arange(count))
    if astray.any():
        spans = replace(spans, parent=np.where(astray, -1, spans.parent).astype(np.int32))
    good = np.isfinite(spans.start) & (spans.duration >= 0) & (spans.duration <= _LONGEST)
    bad = int((~good).sum())
    return (taken(spans, good) if bad else spans), _said((bad, "spans", "have no start or an impossible duration"))


def _lines(lines: LogTable) -> tuple[LogTable, str]:
    dated = np.isfinite(lines.times)
    undated = int((~dated).sum())
    if undated or np.any(np.diff(lines.times) < 0):
        order = np.argsort(lines.times, kind="stable")
        order = order[dated[order]]
        lines = replace(
            lines,
            times=lines.times[order],
            service=lines.service[order],
            severity=lines.severity[order],
            trace=lines.trace[order],
            messages=tuple(lines.messages[row] for row in order),
        )
    return lines, _said((undated, "lines", "carry no time"))


def _said(*parts: tuple[int, str, str]) -> str:
    told = [f"{count:,} {what} {why}" for count, what, why in parts if count]
    return f"{' and '.join(told)}: left out" if told else ""
