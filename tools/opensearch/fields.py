"""Which field of these documents holds the time, the service, the text: the names that are known, and what the server maps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clew.errors import SourceUnavailable
from tools.opensearch.settings import OpenSearchSettings
from tools.opensearch.store import Budget, Hit, Store

Names = Mapping[str, tuple[str, ...]]
Layouts = Mapping[str, Names]
LINES: Layouts = {
    "ecs": {
        "time": ("@timestamp",),
        "service": ("service.name",),
        "instance": ("service.node.name", "service.instance.id", "kubernetes.pod.name", "host.name"),
        "severity": ("log.level",),
        "message": ("message",),
        "trace": ("trace.id",),
    },
    "otel": {
        "time": ("@timestamp", "time", "timestamp", "observedTimestamp", "observedTime"),
        "service": (
            "resource.attributes.service.name",
            "resource.attributes.service@name",
            "resource.service.name",
            "serviceName",
        ),
        "instance": (
            "resource.attributes.service.instance.id",
            "resource.attributes.service@instance@id",
            "resource.attributes.k8s.pod.name",
            "resource.attributes.k8s@pod@name",
            "resource.attributes.host.name",
            "resource.attributes.host@name",
        ),
        "severity": ("severityText", "severity.text", "severity_text", "SeverityText"),
        "number": ("severityNumber", "severity.number", "severity_number", "SeverityNumber"),
        "message": ("body", "body.text", "Body"),
        "trace": ("traceId", "trace_id", "TraceId"),
    },
    "plain": {
        "time": ("@timestamp", "time", "timestamp", "ts"),
        "service": (
            "service",
            "service_name",
            "app",
            "application",
            "kubernetes.labels.app",
            "kubernetes.container_name",
        ),
        "instance": ("instance", "pod", "kubernetes.pod_name", "host", "hostname"),
        "severity": ("severity", "level", "loglevel", "log_level"),
        "message": ("message", "msg", "log", "text"),
        "trace": ("trace_id", "traceId", "traceid", "trace"),
    },
}
SPANS: Layouts = {
    "otel": {
        "time": ("startTime", "start_time", "@timestamp"),
        "trace": ("traceId", "trace_id"),
        "span": ("spanId", "span_id"),
        "parent": ("parentSpanId", "parent_span_id"),
        "service": LINES["otel"]["service"],
        "operation": ("name",),
        "nanoseconds": ("durationInNanos", "duration_nanos", "durationNano", "duration"),
        "status": ("status.code", "status_code", "statusCode"),
        "peer": (
            "attributes.peer.service",
            "span.attributes.peer@service",
            "attributes.peer@service",
        ),
    },
    "ecs": {
        "time": ("@timestamp",),
        "trace": ("trace.id",),
        "span": ("span.id", "transaction.id"),
        "parent": ("parent.id",),
        "service": ("service.name",),
        "operation": ("span.name", "transaction.name"),
        "nanoseconds": ("event.duration",),
        "microseconds": ("span.duration.us", "transaction.duration.us"),
        "status": ("event.outcome",),
        "peer": ("service.target.name", "span.destination.service.resource"),
    },
    "plain": {
        "time": ("time", "start"),
        "trace": ("trace",),
        "span": ("span",),
        "parent": ("parent_id", "parent"),
        "service": ("service",),
        "operation": ("operation", "operationName"),
        "microseconds": ("duration_us", "duration_micros"),
        "status": ("status", "error"),
        "peer": ("peer", "peer_service"),
    },
}
NEEDED = ("time",)
_EXACT = frozenset({"keyword", "constant_keyword", "wildcard", "ip", "integer", "short", "byte", "long", "boolean"})
_NUMBERS = frozenset({"integer", "short", "byte", "long"})
_ANALYSED = frozenset({"text", "match_only_text"})
_SUBFIELDS = ("keyword", "raw")


@dataclass(frozen=True)
class Known:
    """One field as it is mapped: its name, the name that counts and sorts by whole values, the name that is searched by words."""

    name: str = ""
    exact: str = ""
    words: str = ""
    numeric: bool = False

    def __bool__(self) -> bool:
        return bool(self.name)


@dataclass(frozen=True)
class Fields:
    """Which field plays which role; a role that no field plays is an empty Known."""

    roles: Mapping[str, Known]
    conflicts: tuple[str, ...] = ()
    """Fields that are not mapped alike in all indices, in plain words."""

    def __getitem__(self, role: str) -> Known:
        return self.roles.get(role, Known())

    @property
    def time(self) -> str:
        return self["time"].name

    def wanted(self, *roles: str) -> dict[str, Any]:
        """What a request asks of each document: the fields of these roles and the time."""
        names = [self[role].name for role in roles if self[role]]
        return {
            "_source": {"includes": [*names, self.time]},
            "docvalue_fields": [{"field": self.time, "format": "epoch_millis"}],
        }

    def text(self, hit: Hit, role: str) -> str:
        """A document's value for a role as text; empty where it has none."""
        value = valued(hit.source, self[role].name)
        return "" if value is None else str(value)

    def at(self, hit: Hit) -> float | None:
        """Unix seconds; as exact as the document says it."""
        counted = hit.fields.get(self.time)
        base = float(counted[0]) / 1000 if isinstance(counted, list) and counted else None
        written = _moment(valued(hit.source, self.time))
        if base is None or (written is not None and abs(written - base) < 0.0015):
            return written if written is not None else base
        return base


async def discovered(store: Store, layouts: Layouts, settings: OpenSearchSettings, budget: Budget) -> Fields:
    """The fields that these indices have. Raises SourceError, also where no field holds the time."""
    chosen = [settings.layout] if settings.layout in layouts else list(layouts)
    own = _own(settings) if layouts is LINES else {}
    asked = {name for layout in chosen for names in layouts[layout].values() for name in names} | set(own.values())
    every = sorted(name + end for name in asked for end in ("", *(f".{sub}" for sub in _SUBFIELDS)))
    caps = await store.capabilities(every, budget)
    roles: dict[str, Known] = {}
    conflicts: list[str] = []
    for role in dict.fromkeys(role for layout in chosen for role in layouts[layout]):
        names = [name for layout in chosen for name in layouts[layout].get(role, ())]
        names = [own[role]] if role in own else list(dict.fromkeys(names))
        name = next((name for name in names if _held(caps, name)), own.get(role, ""))
        if name:
            roles[role] = _known(caps, name)
            conflicts += _conflict(caps, role, name)
    for role in NEEDED:
        if role not in roles:
            raise SourceUnavailable(
                store.name, f"{store.index} has no field for the {role} that is known" + _advice(layouts, role)
            )
    return Fields(roles, tuple(conflicts))


def _own(settings: OpenSearchSettings) -> dict[str, str]:
    roles = ("time", "service", "instance", "severity", "message", "trace")
    given = {role: getattr(settings, f"{role}_field") for role in roles}
    return {role: name for role, name in given.items() if name}


def _advice(layouts: Layouts, role: str) -> str:
    return f"; set {role}_field" if layouts is LINES else f"; known are {', '.join(_names(layouts, role))}"


def _names(layouts: Layouts, role: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in layouts.values() for name in names.get(role, ())))


def _types(caps: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = caps.get(name)
    return {kind: can for kind, can in found.items() if kind != "unmapped"} if isinstance(found, dict) else {}


def _held(caps: Mapping[str, Any], name: str) -> bool:
    kinds = set(_types(caps, name))
    return bool(kinds) and not kinds <= {"object", "nested"}


def _known(caps: Mapping[str, Any], name: str) -> Known:
    exact, words = "", ""
    for one in (name, *(f"{name}.{sub}" for sub in _SUBFIELDS)):
        kinds = _types(caps, one)
        if kinds and set(kinds) <= _EXACT and all(can.get("aggregatable") for can in kinds.values()):
            exact = exact or one
        if set(kinds) & _ANALYSED:
            words = words or one
    return Known(name, exact, words, bool(exact) and set(_types(caps, exact)) <= _NUMBERS)


def _conflict(caps: Mapping[str, Any], role: str, name: str) -> list[str]:
    kinds = _types(caps, name)
    if len(kinds) < 2:
        return []
    told = ", ".join(f"{kind} in {_some(can.get('indices'))}" for kind, can in sorted(kinds.items()))
    return [f"{role} field {name} is {told}"]


def _some(indices: Any) -> str:
    names: Sequence[Any] = indices if isinstance(indices, list) else []
    return ", ".join(str(name) for name in names[:3]) + ("…" if len(names) > 3 else "") if names else "some indices"


def valued(source: Mapping[str, Any], name: str) -> Any:
    """A document's value under a dotted name, however its writer nested it; the first of several. None where there is none."""
    if not name:
        return None
    if name in source:
        found = source[name]
        return found[0] if isinstance(found, list) and found else found
    for cut in (place for place, letter in enumerate(name) if letter == "."):
        inner = source.get(name[:cut])
        inner = inner[0] if isinstance(inner, list) and inner else inner
        if isinstance(inner, dict) and (found := valued(inner, name[cut + 1 :])) is not None:
            return found
    return None


def _moment(written: Any) -> float | None:
    """Unix seconds of an ISO 8601 text or of milliseconds; None for anything else."""
    if isinstance(written, int | float) and not isinstance(written, bool):
        return float(written) / 1000
    if not isinstance(written, str):
        return None
    try:
        # Python reads at most microseconds; the digits after them are cut
        head, dot, rest = written.partition(".")
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))] if dot else ""
        told = f"{head}.{digits[:6]}{rest[len(digits) :]}" if digits else written
        found = datetime.fromisoformat(told)
    except ValueError:
        return None
    return found.timestamp() if found.tzinfo is not None else None
