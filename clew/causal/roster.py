"""Which rows of a matrix belong together: names as codes, so that groups are arithmetic and not dictionaries of rows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clew.causal.meaning import Meaning, meaning
from clew.tables import Bools, Floats, SeriesKey

Codes = NDArray[np.int64]
Labels = tuple[tuple[str, str], ...]
_MEANINGS = tuple(Meaning)


class Names(NamedTuple):
    """The distinct parts of some keys, each kind in ascending order."""

    service: tuple[str, ...] = ()
    metric: tuple[str, ...] = ()
    instance: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    labels: tuple[Labels, ...] = ()


_PARTS: tuple[Callable[[SeriesKey], Any], ...] = tuple(attrgetter(name) for name in Names._fields)


@dataclass(frozen=True, eq=False)
class Roster:
    """The keys of some rows by column. Codes follow the order of the names, so sorting codes sorts names."""

    names: Names
    codes: Codes
    """(5, rows): for every part of a key its place in `names`."""
    meant: Codes
    """Per row the place in `Meaning`."""

    @staticmethod
    def of(keys: Sequence[SeriesKey]) -> "Roster":
        columns = [coded(map(part, keys)) for part in _PARTS]
        return Roster.made(Names(*(names for _, names in columns)), np.stack([codes for codes, _ in columns]))

    @staticmethod
    def made(names: Names, codes: Codes) -> "Roster":
        """From the parts of the keys; what the metrics mean follows from them."""
        units = max(1, len(names.unit))
        both, place = np.unique(codes[1] * units + codes[3], return_inverse=True)
        known = [_MEANINGS.index(meaning(names.metric[x // units], names.unit[x % units])) for x in both.tolist()]
        return Roster(names, codes, np.array(known, dtype=np.int64)[place])

    @staticmethod
    def joined(parts: Sequence["Roster"]) -> "Roster":
        """The rows of all parts, one after the other."""
        columns: list[Codes] = []
        merged: list[tuple[Any, ...]] = []
        for kind in range(len(_PARTS)):
            names: tuple[Any, ...] = tuple(sorted({name for part in parts for name in part.names[kind]}))
            place = {name: code for code, name in enumerate(names)}
            moved = [np.array([place[name] for name in part.names[kind]], dtype=np.int64) for part in parts]
            columns.append(np.concatenate([to[part.codes[kind]] for to, part in zip(moved, parts, strict=True)]))
            merged.append(names)
        return Roster.made(Names(*merged), np.stack(columns))

    def __len__(self) -> int:
        return self.codes.shape[1]

    @property
    def service(self) -> Codes:
        return self.codes[0]

    @property
    def metric(self) -> Codes:
        return self.codes[1]

    def order(self) -> Codes:
        """The rows by service, metric, instance, unit and labels: an order that does not depend on the order in which they came."""
        return np.lexsort(self.codes[::-1]).astype(np.int64)

    def taken(self, rows: Codes) -> "Roster":
        """These rows alone, in this order."""
        return Roster(self.names, np.ascontiguousarray(self.codes[:, rows]), self.meant[rows])

    def key(self, row: int) -> SeriesKey:
        service, metric, instance, unit, labels = self.codes[:, row].tolist()
        names = self.names
        return SeriesKey(
            names.service[service],
            names.instance[instance],
            names.metric[metric],
            names.unit[unit],
            names.labels[labels],
        )

    def means(self, *kinds: Meaning) -> Bools:
        """Which rows measure one of these."""
        return np.isin(self.meant, [_MEANINGS.index(kind) for kind in kinds])

    def named(self, metrics: Iterable[str]) -> Bools:
        """Which rows are of one of these metrics."""
        wanted = frozenset(metrics)
        return np.array([name in wanted for name in self.names.metric], dtype=np.bool_)[self.metric]

    def owned(self, services: Iterable[str | None]) -> Bools:
        """Which rows are of one of these services."""
        wanted = frozenset(services)
        return np.array([name in wanted for name in self.names.service], dtype=np.bool_)[self.service]

    def twins(self, other: "Roster") -> Codes:
        """For every row the last row of `other` with the same service and metric; -1 where there is none."""
        services = {name: code for code, name in enumerate(self.names.service)}
        metrics = {name: code for code, name in enumerate(self.names.metric)}
        service = np.array([services.get(name, -1) for name in other.names.service], dtype=np.int64)[other.service]
        metric = np.array([metrics.get(name, -1) for name in other.names.metric], dtype=np.int64)[other.metric]
        order = other.order()
        known = order[(service[order] >= 0) & (metric[order] >= 0)]
        pairs, first = np.unique((service * len(metrics) + metric)[known][::-1], return_index=True)
        if not len(pairs):
            return np.full(len(self), -1, dtype=np.int64)
        mine = self.service * len(metrics) + self.metric
        place = np.minimum(np.searchsorted(pairs, mine), len(pairs) - 1)
        return np.where(pairs[place] == mine, known[::-1][first][place], -1)


def coded(names: Iterable[Any]) -> tuple[Codes, tuple[Any, ...]]:
    """Names as indices into the distinct names in ascending order."""
    listed = list(names)
    ordered = tuple(sorted(set(listed)))
    place = {name: code for code, name in enumerate(ordered)}
    return np.fromiter(map(place.__getitem__, listed), dtype=np.int64, count=len(listed)), ordered


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
