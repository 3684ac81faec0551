"""Which rows of a matrix belong together: names as codes, so that groups are arithmetic and not dictionaries of rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clew.causal.meaning import Meaning, meaning
from clew.tables import Bools, Floats, SeriesKey

Codes = NDArray[np.int64]
_MEANINGS = tuple(Meaning)


@dataclass(frozen=True, eq=False)
class Roster:
    """The keys of some rows by column. Codes follow the order of the names, so sorting codes sorts names."""

    keys: tuple[SeriesKey, ...]
    services: tuple[str, ...]
    metrics: tuple[str, ...]
    service: Codes
    metric: Codes
    meant: Codes
    """Index into `Meaning`."""

    @staticmethod
    def of(keys: Sequence[SeriesKey]) -> "Roster":
        service, services = coded(key.service for key in keys)
        metric, metrics = coded(key.metric for key in keys)
        unit, units = coded(key.unit for key in keys)
        both, place = np.unique(metric * max(1, len(units)) + unit, return_inverse=True)
        known = [
            _MEANINGS.index(meaning(metrics[pair // len(units)], units[pair % len(units)])) for pair in both.tolist()
        ]
        meant = np.array(known, dtype=np.int64)[place] if keys else np.empty(0, dtype=np.int64)
        return Roster(tuple(keys), services, metrics, service, metric, meant)

    def means(self, *kinds: Meaning) -> Bools:
        """Which rows measure one of these."""
        return np.isin(self.meant, [_MEANINGS.index(kind) for kind in kinds])

    def named(self, metrics: Iterable[str]) -> Bools:
        """Which rows are of one of these metrics."""
        wanted = frozenset(metrics)
        return np.array([name in wanted for name in self.metrics], dtype=np.bool_)[self.metric]


def coded(names: Iterable[str]) -> tuple[Codes, tuple[str, ...]]:
    """Names as indices into the distinct names in ascending order."""
    first: dict[str, int] = {}
    codes = np.fromiter((first.setdefault(name, len(first)) for name in names), dtype=np.int64)
    ordered = tuple(sorted(first))
    place = np.empty(len(ordered), dtype=np.int64)
    place[[first[name] for name in ordered]] = np.arange(len(ordered))
    return (place[codes] if len(codes) else codes), ordered


def sorted_rows(keys: Sequence[SeriesKey]) -> Codes:
    """The rows by service, metric, instance, unit and labels: an order that does not depend on the order in which they came."""
    columns = (
        ("\x1f".join(f"{name}={value}" for name, value in key.labels) for key in keys),
        (key.unit for key in keys),
        (key.instance for key in keys),
        (key.metric for key in keys),
        (key.service for key in keys),
    )
    return np.lexsort([coded(column)[0] for column in columns]).astype(np.int64)


def group_medians(values: Floats, group: Codes, groups: int) -> Floats:
    """The median of each group's finite values; 0 for a group without any."""
    there = np.isfinite(values)
    order = np.lexsort((values[there], group[there]))
    ordered = values[there][order]
    count = np.bincount(group[there], minlength=groups)
    if not len(ordered):
        return np.zeros(groups)
    first = np.concatenate(([0], np.cumsum(count)[:-1]))
    last = len(ordered) - 1
    low = np.minimum(first + np.maximum(count - 1, 0) // 2, last)
    high = np.minimum(first + count // 2, last)
    return np.where(count > 0, (ordered[low] + ordered[high]) / 2, 0.0)


def group_highest(values: Floats, group: Codes, groups: int) -> Floats:
    """The highest of each group's finite values; 0 where that is negative or missing."""
    out = np.zeros(groups)
    there = np.isfinite(values)
    np.maximum.at(out, group[there], values[there])
    return out


def firsts(order_by: Sequence[NDArray[np.generic]], group: Codes) -> Codes:
    """The row of each group that comes first by `order_by` (most important key first), the earlier row on a tie; groups ascending."""
    if not len(group):
        return np.empty(0, dtype=np.int64)
    order = np.lexsort((*reversed(order_by), group))
    ranked = group[order]
    return order[np.concatenate(([True], ranked[1:] != ranked[:-1]))]
