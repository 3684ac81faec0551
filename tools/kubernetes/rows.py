"""Which lines do the cluster's own records make: events, containers that ended, nodes that are unwell?"""

from collections.abc import Iterator
from typing import Any

from tools.kubernetes.cluster import Inventory, Object
from tools.kubernetes.naming import Naming, name, namespace, rows, within, word
from tools.moment import stamped
from tools.rows import Row

MESSAGE_CHARACTERS = 1_000
HARMLESS = frozenset(
    {
        "DNSConfigForming",
        "FailedGetResourceMetric",
        "FailedComputeMetricsReplicas",
        "InvalidDiskCapacity",
        "FailedToUpdateEndpoint",
        "FailedToUpdateEndpointSlices",
        "ProvisioningFailed",
    }
)
"""Warnings that a healthy cluster writes too."""
PRESSURE = frozenset({"MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"})


def found_rows(found: Inventory, naming: Naming) -> list[Row]:
    """All rows, in no order."""
    return [*events(found, naming), *endings(found, naming), *unwell(found, naming)]


def events(found: Inventory, naming: Naming) -> Iterator[Row]:
    """One row an event; of one that repeats a row for its first time and one that stands for the others at its last."""
    for item in found["events"]:
        about = within(item, "involvedObject")
        service = naming.of_ref(namespace(item), word(about, "kind"), word(about, "name"))
        reason, said = word(item, "reason"), word(item, "message")
        warns = word(item, "type") == "Warning"
        severity = ("WARN" if reason in HARMLESS else "ERROR") if warns else "INFO"
        # the object's own name would make each pod's message another one
        about_what = word(about, "kind") or "object"
        message = f"{reason}: {about_what}: {said}"[:MESSAGE_CHARACTERS]
        first, last, many = _times(item)
        if last is None:
            continue
        key = word(item, "metadata", "uid") or f"{namespace(item)}/{name(item)}"
        if first is not None and many > 1 and first < last:
            yield Row(f"{key}/first", first, service, severity, "", message)
            yield Row(f"{key}/last", last, service, severity, "", message, stands=many - 1)
        else:
            yield Row(key, last, service, severity, "", message, stands=max(1, many))


def _times(item: Object) -> tuple[float | None, float | None, int]:
    """First, last, how often: as either generation of the events API writes them."""
    once = stamped(item.get("eventTime")) or stamped(within(item, "metadata").get("creationTimestamp"))
    first = stamped(item.get("firstTimestamp")) or once
    series = within(item, "series")
    last = stamped(series.get("lastObservedTime")) or stamped(item.get("lastTimestamp")) or first
    many = series.get("count") or item.get("count") or 1
    return first, last, many if isinstance(many, int) and 0 < many < 1_000_000 else 1


def endings(found: Inventory, naming: Naming) -> Iterator[Row]:
    """Containers that were ended: killed for memory, crashed, or waiting to be started again."""
    for pod in found["pods"]:
        service = naming.of_ref(namespace(pod), "Pod", name(pod))
        limits = {
            word(one, "name"): word(one, "resources", "limits", "memory") for one in rows(pod, "spec", "containers")
        }
        for status in rows(pod, "status", "containerStatuses"):
            container = word(status, "name")
            for state in ("lastState", "state"):
                ended = within(status, state, "terminated")
                at = stamped(ended.get("finishedAt"))
                if at is None or not _bad(ended):
                    continue
                key = f"{namespace(pod)}/{name(pod)}/{container}/{ended.get('finishedAt')}"
                yield Row(key, at, service, "ERROR", "", _ended(container, ended, limits.get(container, "")))


def _bad(ended: dict[str, Any]) -> bool:
    return ended.get("exitCode") != 0 or word(ended, "reason") not in ("", "Completed")


def _ended(container: str, ended: dict[str, Any], limit: str) -> str:
    reason = word(ended, "reason") or "Error"
    if reason == "OOMKilled":
        room = f" of {limit}" if limit else ""
        return f"OOMKilled: container {container} was out of memory, over its limit{room}, and was killed"
    said = word(ended, "message")[:MESSAGE_CHARACTERS]
    code = ended.get("exitCode")
    return f"{reason}: container {container} ended with exit code {code}" + (f": {said}" if said else "")


def unwell(found: Inventory, naming: Naming) -> Iterator[Row]:
    """Nodes that are not ready or under pressure, told once for each service that has a pod there."""
    there: dict[str, set[str]] = {}
    for pod in found["pods"]:
        if node := word(pod, "spec", "nodeName"):
            there.setdefault(node, set()).add(naming.of_ref(namespace(pod), "Pod", name(pod)))
    for node in found["nodes"]:
        for condition in rows(node, "status", "conditions"):
            kind, status = word(condition, "type"), word(condition, "status")
            at = stamped(condition.get("lastTransitionTime"))
            sick = (kind == "Ready" and status != "True") or (kind in PRESSURE and status == "True")
            if at is None or not sick:
                continue
            state = "is not ready" if kind == "Ready" else f"has {kind}"
            message = f"node {name(node)} {state}: {word(condition, 'reason')}: {word(condition, 'message')}"
            for service in sorted(there.get(name(node), set())):
                key = f"node/{name(node)}/{kind}/{service}"
                yield Row(key, at, service, "ERROR", "", message[:MESSAGE_CHARACTERS])
