"""Which rows of a table can be reckoned with at all, and what had to be left out?"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from clew.causal.grid import LARGEST
from clew.causal.selftime import taken
from clew.evidence import Change
from clew.tables import ChangeTable, LogTable, Matrix, SeriesKey, Spans, Tables

Value = TypeVar("Value")
_LONGEST = 1e9
"""No span lasts longer, seconds: about 30 years."""


def sound(table: Value) -> tuple[Value, str]:
    """The table without what no clock and no meter shows, lines in order of time, and what was left out in plain words (empty: nothing).

    Of a matrix columns without a time go; values that are infinite or larger than 1e150 stay and count as not measured. Of spans those
    without a start or with an impossible duration go, and a parent that is not in the table is none. Half a character becomes `?`. Whatever
    is no table stays as it is.
    """
    found: tuple[Any, str] = (table, "")
    if isinstance(table, Matrix):
        found = _matrix(table)
    elif isinstance(table, Spans):
        found = _spans(table)
    elif isinstance(table, LogTable):
        found = _lines(table)
    elif isinstance(table, ChangeTable):
        found = replace(table, changes=tuple(_change(change) for change in table.changes)), ""
    return found


def sounded(tables: Tables) -> Tables:
    """All tables of one incident, each made sound."""
    return replace(
        tables,
        matrix=_matrix(tables.matrix)[0],
        normal_matrix=_matrix(tables.normal_matrix)[0],
        spans=_spans(tables.spans)[0],
        normal_spans=_spans(tables.normal_spans)[0],
        changes=sound(tables.changes)[0],
        lines=_lines(tables.lines)[0],
        normal_lines=_lines(tables.normal_lines)[0],
    )


def _matrix(matrix: Matrix) -> tuple[Matrix, str]:
    if matrix.values.dtype != np.float64:
        matrix = replace(matrix, values=matrix.values.astype(np.float64))
    if not _whole(part for key in matrix.keys for part in (key.service, key.instance, key.metric, key.unit)):
        matrix = replace(matrix, keys=tuple(_mended(key) for key in matrix.keys))
    dated = np.isfinite(matrix.times)
    undated = int((~dated).sum())
    if undated:
        matrix = replace(matrix, times=matrix.times[dated], values=matrix.values[:, dated])
    beyond = int(np.count_nonzero(np.abs(matrix.values) > LARGEST))
    return matrix, _said((undated, "times", "are no time"), (beyond, "samples", "are infinite or beyond 1e150"))


def _spans(spans: Spans) -> tuple[Spans, str]:
    count = len(spans)
    if not _whole((*spans.services, *spans.operations)):
        spans = replace(spans, services=_texts(spans.services), operations=_texts(spans.operations))
    astray = (spans.parent < -1) | (spans.parent >= count) | (spans.parent == np.arange(count))
    if astray.any():
        spans = replace(spans, parent=np.where(astray, -1, spans.parent).astype(np.int32))
    good = np.isfinite(spans.start) & (spans.duration >= 0) & (spans.duration <= _LONGEST)
    bad = int((~good).sum())
    return (taken(spans, good) if bad else spans), _said((bad, "spans", "have no start or an impossible duration"))


def _lines(lines: LogTable) -> tuple[LogTable, str]:
    dated = np.isfinite(lines.times)
    undated = int((~dated).sum())
    if not _whole((*lines.messages, *lines.services, *lines.severities)):
        lines = replace(
            lines,
            messages=_texts(lines.messages),
            services=_texts(lines.services),
            severities=_texts(lines.severities),
        )
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
            stands=lines.stands[order] if len(lines.stands) else lines.stands,
        )
    return lines, _said((undated, "lines", "carry no time"))


def _change(change: Change) -> Change:
    given: dict[str, Any] = {name: value for name, value in change if isinstance(value, str)}
    if _whole((*given.values(), *change.files)):
        return change
    mended = dict(zip(given, _texts(given.values()), strict=True))
    return change.model_copy(update={**mended, "files": _texts(change.files)})


def _whole(texts: Iterable[str]) -> bool:
    """True if every text can be written down: half a character (a lone surrogate, as JSON may hold) cannot."""
    try:
        for text in texts:
            if not text.isascii():
                text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _texts(texts: Iterable[str]) -> tuple[str, ...]:
    """The texts with `?` for half a character."""
    return tuple(text.encode("utf-8", "replace").decode() for text in texts)


def _mended(key: SeriesKey) -> SeriesKey:
    service, instance, metric, unit = _texts((key.service, key.instance, key.metric, key.unit))
    return replace(key, service=service, instance=instance, metric=metric, unit=unit)


def _said(*parts: tuple[int, str, str]) -> str:
    told = [f"{count:,} {what} {why}" for count, what, why in parts if count]
    return f"{' and '.join(told)}: left out" if told else ""
