"""What kind of thing is a metric: by the type its exporter gave it, else by the endings that names have by convention?"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase


class Kind(StrEnum):
    """How a metric has to be read."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    SUMMARY = "summary"
    MEAN = "mean"
    """A sum and a count of observations, and nothing of how they are spread."""


@dataclass(frozen=True)
class Unit:
    """What a value is measured in for people, and what it is multiplied by for that."""

    name: str = ""
    factor: float = 1.0


@dataclass(frozen=True)
class Family:
    """One metric as exporters speak of it: a histogram is one, not three."""

    name: str
    """Without `_bucket`, `_sum` and `_count`; with `_total`, as it is queried."""
    kind: Kind
    labels: frozenset[str] = frozenset()
    """Names of the labels that any of its series has."""
    coded: frozenset[str] = frozenset()
    """Those of them whose values are all status codes of three digits."""

    @property
    def words(self) -> tuple[str, ...]:
        """The words of its name without type and unit, lower case."""
        return _split(self.name)[0]

    @property
    def unit(self) -> Unit:
        """The unit that stands in its name."""
        return _split(self.name)[1]

    @property
    def stem(self) -> str:
        """Its name for people: `http_request_seconds` is `http-request`."""
        return "-".join(self.words) or self.name


_UNITS: Mapping[str, Unit] = {
    "seconds": Unit("s"),
    "milliseconds": Unit("s", 1e-3),
    "ms": Unit("s", 1e-3),
    "microseconds": Unit("s", 1e-6),
    "nanoseconds": Unit("s", 1e-9),
    "bytes": Unit("MB", 1e-6),
    "percent": Unit("%"),
    "celsius": Unit("°C"),
    "millicores": Unit("m"),
}
_TYPES = {"total", "count", "sum", "bucket"}
_CODE = re.compile(r"[1-5]\d\d")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def _split(name: str) -> tuple[tuple[str, ...], Unit]:
    parts = [part for part in re.split(r"[_:.\-]+", _HUMP.sub("_", name).lower()) if part]
    if parts and parts[-1] == "total":
        parts.pop()
    if parts[-2:] in (["per", "second"], ["per", "sec"]):
        return tuple(parts[:-2]), Unit("1/s")
    if len(parts) > 1 and parts[-1] in _UNITS:
        return tuple(parts[:-1]), _UNITS[parts[-1]]
    # a counter's own name may keep the unit before another word: `network_receive_bytes_total`
    return tuple(parts), Unit()


def families(
    labels: Mapping[str, frozenset[str]], types: Mapping[str, str], coded: Mapping[str, frozenset[str]] | None = None
) -> tuple[Family, ...]:
    """Metrics made of the names that are stored, with the labels of each; by name. `coded` as `coded_in` tells it."""
    told = coded or {}
    found: dict[str, Family] = {}
    taken: set[str] = set()
    for name in sorted(labels):
        base = name.removesuffix("_bucket")
        if name != base and "le" in labels[name]:
            found[base] = Family(base, Kind.HISTOGRAM, labels[name], told.get(name, frozenset()))
            taken |= {name, f"{base}_sum", f"{base}_count"}
        elif "quantile" in labels[name] and types.get(name, "summary") == "summary":
            found[name] = Family(name, Kind.SUMMARY, labels[name])
            taken |= {name, f"{name}_sum", f"{name}_count"}
    for name in sorted(set(labels) - taken):
        base = name.removesuffix("_sum")
        if name != base and f"{base}_count" in labels and not {name, f"{base}_count"} & taken:
            count = f"{base}_count"
            found[base] = Family(base, Kind.MEAN, labels[count], told.get(count, frozenset()))
            taken |= {name, count}
    for name in sorted(set(labels) - taken):
        found[name] = Family(name, _kind(name, types), labels[name], told.get(name, frozenset()))
    return tuple(found[name] for name in sorted(found))


def _kind(name: str, types: Mapping[str, str]) -> Kind:
    told = types.get(name) or types.get(name.removesuffix("_total")) or types.get(re.sub("_(sum|count)$", "", name))
    if told == "counter" or (told in ("histogram", "summary") and name.endswith(("_sum", "_count"))):
        return Kind.COUNTER
    if told == "gauge":
        return Kind.GAUGE
    return Kind.COUNTER if name.endswith(("_total", "_sum", "_count")) else Kind.GAUGE


def kept(names: Iterable[str], left_out: Collection[str]) -> tuple[str, ...]:
    """The names that none of the patterns (with `*`) leaves out."""
    return tuple(name for name in names if not any(fnmatchcase(name, pattern) for pattern in left_out))


def labels_of(series: Iterable[Mapping[str, str]]) -> dict[str, frozenset[str]]:
    """By name of a metric: the labels that its series have."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for one in series:
        found[one.get("__name__", "")].update(one)
    found.pop("", None)
    return {name: frozenset(labels - {"__name__"}) for name, labels in found.items()}


def coded_in(series: Iterable[Mapping[str, str]]) -> dict[str, frozenset[str]]:
    """By name of a metric: the labels whose values are all status codes of three digits."""
    seen: defaultdict[str, set[str]] = defaultdict(set)
    other: defaultdict[str, set[str]] = defaultdict(set)
    for one in series:
        for label, value in one.items():
            (seen if _CODE.fullmatch(value) else other)[one.get("__name__", "")].add(label)
    return {name: frozenset(labels - other[name]) for name, labels in seen.items()}
