"""Which metrics tell who calls whom, and by which labels?"""

from collections.abc import Mapping
from dataclasses import dataclass

from tools.prometheus.families import Family, Kind

CALLEES = (
    "callee",
    "peer",
    "peer_service",
    "destination",
    "destination_service",
    "upstream",
    "upstream_cluster",
    "target_service",
)
"""Labels by which a caller says whom it called."""
PAIRS = (
    ("caller", "callee"),
    ("source_canonical_service", "destination_canonical_service"),
    ("source_workload", "destination_workload"),
    ("source_service", "destination_service"),
    ("source", "destination"),
    ("client", "server"),
)
"""Labels of metrics that name both sides."""
_BOTH: Mapping[str, tuple[str, ...]] = {
    "istio_": ("destination_canonical_service", "destination_workload", "destination_service_name"),
    "traces_service_graph_": ("server",),
}
"""Metrics that name both sides and are told about the side that answers."""


@dataclass(frozen=True)
class Calls:
    """One metric whose labels hold edges of the call graph."""

    name: str
    caller: str
    callee: str


def callee(family: Family) -> str:
    """The label by which the calls of this metric name whom they went to; empty where it is no metric of the calling side."""
    if answering(family):
        return ""
    return next((label for label in CALLEES if label in family.labels), "")


def answering(family: Family) -> tuple[str, ...]:
    """The labels that may name the service, of a metric that names both sides and is about the one that answers."""
    return next((labels for prefix, labels in _BOTH.items() if family.name.startswith(prefix)), ())


def calling(family: Family) -> tuple[str, ...]:
    """The label that names the caller, of a metric that names both sides and is about the one that calls."""
    if answering(family):
        return ()
    return tuple(one for one, other in PAIRS if {one, other} <= family.labels and other in CALLEES)


def calls(family: Family, service: str) -> Calls | None:
    """The edges that a metric holds, if it holds any; `service` is the label that names its own service."""
    name = f"{family.name}_count" if family.kind in (Kind.HISTOGRAM, Kind.MEAN) else family.name
    for one, other in PAIRS:
        if {one, other} <= family.labels:
            return Calls(name, one, other)
    label = callee(family)
    return Calls(name, service, label) if label and service else None
