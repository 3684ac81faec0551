"""Which rows of a table do the answers make: named, told apart, and with what follows from two of them?"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from clew.tables import Floats, Matrix, SeriesKey
from tools.prometheus.asks import Ask, Role
from tools.prometheus.catalogue import Catalogue, Reach
from tools.prometheus.reading import Cells
from tools.prometheus.selector import Matcher
from tools.redact import redacted

NAME = 200
"""Characters of a service, an instance or a label's value."""
Query = Callable[[Reach, bool, tuple[Matcher, ...]], str]
"""The exact expression of one answer: the question, whether finely, and the labels that pick it."""
Whose = tuple[str, str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Row:
    """One series of the table before names are settled."""

    ask: Ask
    whose: Whose
    """Service, instance, marks."""
    tag: str
    values: Floats
    query: str
    failing: str = ""
    """Of a total: the exact expression of its failures."""


def matrix(
    times: Floats, cells: Sequence[Cells], catalogue: Catalogue, query: Query, unread: Collection[str] = ()
) -> Matrix:
    """All answers as one table, in order of their keys; rows in which nothing was ever measured are left out.

    `unread` are the families of which not every question was answered: their failures are unknown, not nought.
    """
    failures = {
        reach.ask.family: reach
        for reach in catalogue.reaches
        if reach.ask.role is Role.FAILED and reach.ask.family not in unread
    }
    rows = _unfailed(
        [row for row in _rows(cells, catalogue, query, failures) if np.isfinite(row.values).any()], failures
    )
    rows += _ratios(rows)
    named: dict[SeriesKey, Floats] = {}
    for row in sorted(
        rows, key=lambda row: (row.ask.spare, row.ask.long != "", row.ask.family, row.ask.word, row.whose)
    ):
        if row.ask.role is Role.BASE:
            continue
        key = _key(row, row.ask.called(row.tag))
        if key in named:
            if row.ask.spare:
                continue
            key = _key(row, row.ask.instead(row.tag))
        named.setdefault(key, row.values)
    keys = tuple(sorted(named, key=lambda key: (key.service, key.metric, key.instance, key.unit, key.labels)))
    values = np.stack([named[key] for key in keys]) if keys else np.empty((0, len(times)))
    return Matrix(times, keys, values)


def _rows(cells: Sequence[Cells], catalogue: Catalogue, query: Query, failures: Mapping[str, Reach]) -> list[Row]:
    """Answers as rows; one that is both its service's and its only instance's is told once, with the instance's name."""
    coarse: dict[tuple[Reach, str, str], Cells] = {}
    fine: defaultdict[tuple[Reach, str, str], list[Cells]] = defaultdict(list)
    for cell in cells:
        reach, labels = cell.reach, cell.labels
        where = (reach, labels.get(reach.place.service, ""), labels.get(reach.ask.tag, ""))
        if cell.fine:
            fine[where].append(cell)
        else:
            coarse[where] = cell
    out: list[Row] = []
    for where, cell in coarse.items():
        many = fine.get(where, [])
        whose = (
            (clean(where[1]), *_of(many[0]))
            if len(many) == 1
            else (clean(where[1]), *_cleaned(catalogue.only(where[1])))
        )
        out.append(_row(cell, whose, query, failures))
    for where, many in fine.items():
        if len(many) > 1 or where not in coarse:
            out += [_row(cell, (clean(where[1]), *_of(cell)), query, failures) for cell in many]
    return out


def _row(cell: Cells, whose: Whose, query: Query, failures: Mapping[str, Reach]) -> Row:
    place, ask = cell.reach.place, cell.reach.ask
    labels = (*(place.finely if cell.fine else place.by), ask.tag)
    picks = tuple(Matcher(label, "=", cell.labels.get(label, "")) for label in dict.fromkeys(labels) if label)
    failing = failures.get(ask.family) if ask.role in (Role.TOTAL, Role.BASE) else None
    return Row(
        ask,
        whose,
        clean(cell.labels.get(ask.tag, "")),
        cell.values,
        query(cell.reach, cell.fine, picks),
        query(failing, cell.fine, picks) if failing else "",
    )


def _of(cell: Cells) -> tuple[str, tuple[tuple[str, str], ...]]:
    return _cleaned(cell.reach.place.variant(cell.labels))


def _cleaned(variant: tuple[str, tuple[tuple[str, str], ...]]) -> tuple[str, tuple[tuple[str, str], ...]]:
    return clean(variant[0]), tuple((label, clean(value)) for label, value in variant[1])


def _unfailed(rows: Sequence[Row], failures: Mapping[str, Reach]) -> list[Row]:
    """Where requests are known, failures that were never counted are noughts."""
    known = {(row.ask.family, row.whose, row.tag): row for row in rows if row.ask.role is Role.FAILED}
    out = [row for row in rows if row.ask.role is not Role.FAILED]
    for total in tuple(out):
        failing = failures.get(total.ask.family)
        if failing is None or not total.failing:
            continue
        failed = known.pop((total.ask.family, total.whose, total.tag), None)
        values = np.where(np.isfinite(total.values), 0.0, np.nan)
        if failed is not None:
            values = np.where(np.isfinite(failed.values), failed.values, values)
        filled = f"{total.failing} or {total.query} * 0"
        out.append(Row(failing.ask, total.whose, total.tag, values, filled))
    return [*out, *known.values()]


def _ratios(rows: Sequence[Row]) -> list[Row]:
    """The part of requests that failed, in percent, where there were any."""
    totals = {(row.ask.family, row.whose, row.tag): row for row in rows if row.ask.role is Role.TOTAL}
    out: list[Row] = []
    for row in rows:
        total = totals.get((row.ask.family, row.whose, row.tag))
        if row.ask.role is not Role.FAILED or total is None:
            continue
        share = np.divide(
            100.0 * row.values,
            total.values,
            out=np.full(len(row.values), np.nan),
            where=np.nan_to_num(total.values) > 0,
        )
        word = row.ask.word.removesuffix("errors") + "error-ratio"
        long = row.ask.long.removesuffix("errors") + "error-ratio"
        ask = replace(row.ask, word=word, long=long, unit="%", role=Role.PLAIN)
        out.append(Row(ask, row.whose, row.tag, share, f"100 * ({row.query}) / {total.query}"))
    return out


def _key(row: Row, metric: str) -> SeriesKey:
    service, instance, marks = row.whose
    return SeriesKey(service, instance, metric, row.ask.unit, marks, row.query)


@lru_cache(maxsize=8192)
def clean(text: str) -> str:
    """A label's value as it may be shown: redacted and cut, in one line."""
    return " ".join(redacted(text[: 2 * NAME]).split())[:NAME]
