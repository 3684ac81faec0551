"""Which alerts are one incident? The rule, as a function of what is kept and what was just heard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from clew.alert import Alert, Severity, worst
from clew.frozen import Frozen
from clew.incident import incident_id
from clew.tables import CallGraph

AGAIN = 1800.0
"""Seconds after the end within which an alert that fires again belongs to the incident that it belonged to."""
LONGEST = 3600.0
"""Seconds after its first alert for which an incident takes in others: a day of small alerts is no single incident."""
FORGOTTEN = 30 * 86_400.0
"""Seconds after which an alert that ended is forgotten."""
CALLS = 3
"""How many calls apart two services may be to count as connected."""
SERVICES = 50
GROUPS = 50


class Burst(Frozen):
    """The alerts of one incident, counted. `version` grows with every change; `shown` is the version people saw last."""

    id: str
    """The incident's id: from the alert that opened it and its start."""
    first: Alert
    groups: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    opened_at: float
    latest_at: float
    """When the last alert joined, or fired again."""
    severity: Severity
    total: int = 0
    firing: int = 0
    holding: int = 0
    """How many fire that keep the incident open: those that may open one."""
    resolved_at: float | None = None
    again_at: float | None = None
    channel: str = ""
    version: int = 0
    shown: int = 0


class Kept(Frozen):
    """An alert and the incident it belongs to."""

    incident: str
    alert: Alert


class Book(Frozen):
    """What must be known to sort alerts in: those of them that are kept, and the incidents they could join."""

    version: int = 0
    known: tuple[Kept, ...] = ()
    bursts: tuple[Burst, ...] = ()


class Sorted(Frozen):
    """What changes: alerts to be kept, and the bursts that changed."""

    kept: tuple[Kept, ...] = ()
    bursts: tuple[Burst, ...] = ()
    left: int = 0
    """Alerts that neither opened nor joined anything."""


@dataclass(frozen=True)
class Grouping:
    """The rule's settings. `graphs` is what is known of who calls whom, by scope, if anything."""

    seconds: float = 300.0
    opens: frozenset[Severity] = frozenset({Severity.CRITICAL, Severity.ERROR, Severity.WARNING})
    graphs: Mapping[str, CallGraph] = field(default_factory=dict[str, CallGraph])

    def holds(self, alert: Alert) -> bool:
        """Whether it keeps its incident open."""
        return alert.firing and alert.severity in self.opens


def sorted_in(book: Book, alerts: Sequence[Alert], at: float, grouping: Grouping) -> Sorted:
    """Every alert into its incident, `at` (Unix seconds) the time of hearing; the same words twice change nothing.

    The worst alert opens an incident; another one joins it if it is the same alert again, or if within `seconds` of the
    latest it has the sender's group key, is connected by calls, or fires in the same place. Different scopes never share one.
    """
    desk = _Sorting(book, at, grouping)
    for alert in sorted(alerts, key=lambda a: (a.severity.rank, a.started_at, a.id)):
        desk.take(alert)
    return desk.sorted()


@dataclass
class _Sorting:
    book: Book
    at: float
    grouping: Grouping
    left: int = 0
    _changed: dict[str, Kept] = field(default_factory=dict[str, Kept])
    _touched: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self._known = {kept.alert.id: kept for kept in self.book.known}
        self._bursts = {burst.id: burst for burst in self.book.bursts}
        self._calls = {scope: _Calls(graph) for scope, graph in self.grouping.graphs.items()}

    def sorted(self) -> Sorted:
        bursts = (self._bursts[key] for key in sorted(self._touched))
        grown = tuple(burst.model_copy(update={"version": burst.version + 1}) for burst in bursts)
        return Sorted(kept=tuple(self._changed.values()), bursts=grown, left=self.left)

    def take(self, alert: Alert) -> None:
        kept = self._known.get(alert.id)
        burst = self._bursts.get(kept.incident) if kept else None
        if kept is None or burst is None or self._over(kept.alert, alert, burst):
            self._enter(alert)
        elif alert.told_at >= kept.alert.told_at and _differs(kept.alert, alert):
            self._change(burst, kept.alert, alert)

    def _over(self, was: Alert, alert: Alert, burst: Burst) -> bool:
        """Whether what it belonged to is long past, so that this is the next incident and not that one again."""
        later = alert.firing and alert.started_at > was.started_at
        return later and burst.resolved_at is not None and self.at - burst.resolved_at > AGAIN

    def _enter(self, alert: Alert) -> None:
        if not alert.firing:
            self.left += 1
            return
        burst = self._joined(alert)
        if burst is None and alert.severity not in self.grouping.opens:
            self.left += 1
            return
        if burst is None:
            key = incident_id(alert.origin, alert.fingerprint, repr(alert.started_at))
            burst = Burst(
                id=key,
                first=alert,
                opened_at=self.at,
                latest_at=self.at,
                severity=alert.severity,
                channel=alert.channel,
            )
        self._change(burst, None, alert)

    def _change(self, burst: Burst, was: Alert | None, alert: Alert) -> None:
        grouping = self.grouping
        begun = alert.firing and (was is None or not was.firing)
        holding = burst.holding + grouping.holds(alert) - (was is not None and grouping.holds(was))
        over = holding == 0
        again = begun and burst.resolved_at is not None and not over
        ended = burst.resolved_at if burst.resolved_at is not None else _ended(alert, self.at)
        self._bursts[burst.id] = burst.model_copy(
            update={
                "groups": _with(burst.groups, alert.group, GROUPS),
                "places": _with(burst.places, alert.place, GROUPS),
                "services": _with(burst.services, alert.service or "", SERVICES),
                "latest_at": self.at if begun else burst.latest_at,
                "severity": worst((burst.severity, alert.severity)),
                "total": burst.total + (was is None),
                "firing": burst.firing + alert.firing - (was is not None and was.firing),
                "holding": holding,
                "resolved_at": ended if over else None,
                "again_at": self.at if again else burst.again_at,
                "channel": burst.channel or alert.channel,
            }
        )
        self._touched.add(burst.id)
        self._known[alert.id] = self._changed[alert.id] = Kept(incident=burst.id, alert=alert)

    def _joined(self, alert: Alert) -> Burst | None:
        """The incident it belongs to best: the sender's own group first, then connected services, then the same place."""
        ties = ((self._tie(alert, burst), burst.latest_at, burst.id) for burst in self._bursts.values())
        best = max((tie for tie in ties if tie[0]), default=None)
        return self._bursts[best[2]] if best else None

    def _tie(self, alert: Alert, burst: Burst) -> int:
        """How strongly it belongs there; 0 is not at all."""
        within = self.at - burst.latest_at <= self.grouping.seconds and self.at - burst.opened_at <= LONGEST
        if not within or burst.first.scope != alert.scope:
            return 0
        if alert.channel and alert.channel != burst.channel:
            return 0  # people gave it a channel of its own
        if alert.group and alert.group in burst.groups and burst.first.origin == alert.origin:
            return 3
        calls = self._calls.get(alert.scope)
        connected = calls.connected(alert.service, burst.services) if calls else None
        if connected:
            return 2
        if not alert.place and connected is False:
            return 0  # no label says where, and the calls say apart
        return 1 if alert.place in (burst.places or ("",)) else 0


class _Calls:
    """A call graph, asked whether services have to do with each other."""

    def __init__(self, graph: CallGraph) -> None:
        self._callees: dict[str, list[str]] = {}
        for caller, callee in graph.edges:
            self._callees.setdefault(caller, []).append(callee)
        called = frozenset(callee for _, callee in graph.edges)
        self._known = frozenset(graph.services) | frozenset(self._callees) | called
        self._near: dict[str, frozenset[str]] = {}

    def connected(self, service: str | None, others: tuple[str, ...]) -> bool | None:
        """None if the graph does not know them."""
        known = [other for other in others if other in self._known]
        if not service or service not in self._known or not known:
            return None
        return any(self._tied(service, other) for other in known)

    def _tied(self, one: str, other: str) -> bool:
        """One reaches the other along calls, or both need the same third."""
        return not self._reached(one).isdisjoint(self._reached(other))

    def _reached(self, service: str) -> frozenset[str]:
        """The service and whom it calls, directly or through others, at most `CALLS` away."""
        if service not in self._near:
            seen, edge = {service}, {service}
            for _ in range(CALLS):
                edge = {callee for name in edge for callee in self._callees.get(name, ())} - seen
                seen |= edge
            self._near[service] = frozenset(seen)
        return self._near[service]


def _differs(was: Alert, alert: Alert) -> bool:
    """Whether anything that people or the rule can see has changed."""
    seen = ("firing", "started_at", "severity", "title", "channel", "group")
    return any(getattr(was, name) != getattr(alert, name) for name in seen)


def _ended(alert: Alert, at: float) -> float:
    """When it ended by the sender's word, if that is no later than now."""
    return min(alert.ended_at, at) if alert.ended_at is not None else at


def _with(names: tuple[str, ...], name: str, most: int) -> tuple[str, ...]:
    return names if not name or name in names or len(names) >= most else (*names, name)
