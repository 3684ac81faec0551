"""What does a service have: which metrics, by which labels, measured how often?"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tools.prometheus.asks import Ask
from tools.prometheus.calls import Calls, answering, calling, calls
from tools.prometheus.families import Family, coded_in, families, labels_of
from tools.prometheus.vocabulary import asks

MARKS = ("track", "version", "flag", "zone", "region")
"""Labels that are no measure but tell two series of one metric apart."""
USUAL_INTERVAL = 15.0
VARIANTS = 20
"""Instances of one service that are told one by one; of more only their sum is."""
VARIANTS_IN_ALL = 2_000
_OWNERS: Mapping[str, tuple[str, ...]] = {
    "container_": ("container", "pod"),
    "kube_pod_": ("container", "pod"),
    "kube_deployment_": ("deployment",),
    "kube_statefulset_": ("statefulset",),
}
"""Metrics that are told about a service by another program: whose label says whom they are about."""
Labels = Mapping[str, str]
Variant = tuple[str, tuple[tuple[str, str], ...]]
"""An instance, and the marks that it has."""


@dataclass(frozen=True)
class Place:
    """By which labels the answers about one metric are told apart."""

    service: str = ""
    """The label that names the service; empty where there is none, and the answer is the whole system's."""
    instance: str = ""
    marks: tuple[str, ...] = ()
    interval: float = USUAL_INTERVAL
    """Seconds between samples of the slowest of its series."""

    @property
    def by(self) -> tuple[str, ...]:
        """One answer per service."""
        return (self.service,) if self.service else ()

    @property
    def finely(self) -> tuple[str, ...]:
        """One answer per instance and mark."""
        return tuple(label for label in (self.service, self.instance, *self.marks) if label)

    def variant(self, labels: Labels) -> Variant:
        """Which instance and marks a series is of."""
        marks = tuple((label, labels[label]) for label in self.marks if labels.get(label))
        return labels.get(self.instance, "") if self.instance else "", marks


@dataclass(frozen=True)
class Reach:
    """One question, where it is asked, and about how many answers it has."""

    ask: Ask
    place: Place
    rows: int = 1


@dataclass(frozen=True)
class Catalogue:
    """What can be asked in one stretch of time."""

    reaches: tuple[Reach, ...] = ()
    services: tuple[str, ...] = ()
    variants: Mapping[str, tuple[Variant, ...]] = field(default_factory=dict[str, tuple[Variant, ...]])
    """Instances and marks by service, where all series were listed."""
    stored: int = 0
    """Series that the store has within the scope."""
    interval: float = USUAL_INTERVAL
    age: float = 0.0
    """How long before the time at which it is read a sample was taken, on average, seconds."""
    calls: tuple[Calls, ...] = ()
    """Metrics that hold the call graph."""
    partial: str = ""

    @property
    def rows(self) -> int:
        """About how many series a read of everything returns."""
        fine = sum(len(self.variants[name]) for name in self.several)
        return sum(reach.rows for reach in self.reaches) + fine * len(self.reaches)

    @property
    def several(self) -> tuple[str, ...]:
        """Services with more than one instance or mark, few enough to be told one by one."""
        found = [name for name, has in sorted(self.variants.items()) if name and 1 < len(has) <= VARIANTS]
        return tuple(found) if sum(len(self.variants[name]) for name in found) <= VARIANTS_IN_ALL else ()

    def only(self, service: str) -> Variant:
        """The one instance of a service and its marks; blank where it has several."""
        has = self.variants.get(service, ())
        return has[0] if len(has) == 1 else ("", ())


@dataclass(frozen=True)
class Naming:
    """Which labels may name the service and its instances, in order of preference."""

    services: Sequence[str]
    instances: Sequence[str]

    def place(self, family: Family, interval: float) -> Place:
        """Where this metric's answers belong; a program that tells about others has instances of its own, which are not theirs."""
        told = answering(family) or next((has for prefix, has in _OWNERS.items() if family.name.startswith(prefix)), ())
        owners = (*told, *calling(family), *self.services)
        instances = ("pod",) if told else self.instances
        marks = tuple(label for label in MARKS if label in family.labels)
        return Place(_first(owners, family.labels), _first(instances, family.labels), marks, interval)


def catalogued(
    series: Sequence[Labels], types: Mapping[str, str], naming: Naming, intervals: Mapping[str, float], stored: int
) -> Catalogue:
    """The catalogue of all series, given one by one; `intervals` by job, seconds."""
    mine: defaultdict[str, list[Labels]] = defaultdict(list)
    for one in series:
        mine[one.get("__name__", "")].append(one)
    variants: defaultdict[str, set[Variant]] = defaultdict(set)
    reaches, edges = list[Reach](), list[Calls | None]()
    for family in families(labels_of(series), types, coded_in(series)):
        listed = [one for part in ("", "_bucket", "_count", "_sum") for one in mine.get(family.name + part, ())]
        place = naming.place(family, _slowest(listed, intervals))
        edges.append(calls(family, place.service))
        questions = asks(family)
        for one in listed if questions else ():
            variants[one.get(place.service, "")].add(place.variant(one))
        for ask in questions:
            groups = {(one.get(place.service, ""), one.get(ask.tag, "")) for one in listed}
            reaches.append(Reach(ask, place, len(groups)))
    told = {name: _telling(has) for name, has in variants.items()}
    held = tuple(one for one in edges if one)
    return Catalogue(tuple(reaches), tuple(sorted(told)), told, stored, common(intervals), calls=held)


def sampled(
    found: Sequence[Family], naming: Naming, intervals: Mapping[str, float], services: Sequence[str]
) -> Catalogue:
    """The catalogue of a fleet whose series are too many to be listed: from the metrics that some of its services have."""
    slowest = max(intervals.values(), default=USUAL_INTERVAL)
    placed = [(family, naming.place(family, slowest)) for family in found]
    return Catalogue(
        reaches=tuple(
            Reach(ask, place, len(services)) for family, place in placed if place.service for ask in asks(family)
        ),
        services=tuple(services),
        interval=common(intervals),
        calls=tuple(one for family, place in placed if (one := calls(family, place.service))),
    )


def common(intervals: Mapping[str, float]) -> float:
    """The interval that most jobs have, the shorter one on a tie."""
    every = sorted(intervals.values())
    return every[(len(every) - 1) // 2] if every else USUAL_INTERVAL


def _telling(has: Iterable[Variant]) -> tuple[Variant, ...]:
    """Without those that others tell more of: a metric without the labels is no instance of its own."""
    found = set(has)
    named = {name for name, _ in found if name}
    out = [
        (name, marks)
        for name, marks in found
        if (name or not named) and not any(n == name and set(m) > set(marks) for n, m in found)
    ]
    return tuple(sorted(out))


def _slowest(listed: Iterable[Labels], intervals: Mapping[str, float]) -> float:
    usual = common(intervals)
    return max((intervals.get(job, usual) for job in {one.get("job", "") for one in listed}), default=usual)


def _first(wanted: Iterable[str], have: frozenset[str]) -> str:
    return next((label for label in wanted if label in have), "")
