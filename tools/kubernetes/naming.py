"""Which service does an object of the cluster belong to?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.kubernetes.cluster import Inventory, Object

WORKLOADS = {
    "deployments": "Deployment",
    "statefulsets": "StatefulSet",
    "daemonsets": "DaemonSet",
    "replicasets": "ReplicaSet",
}
_Ref = tuple[str, str, str]
"""Namespace, kind, name."""


def within(item: Any, *path: str) -> dict[str, Any]:
    """The object at a path of names, empty where there is none."""
    for name in path:
        item = item.get(name) if isinstance(item, dict) else None
    return item if isinstance(item, dict) else {}


def rows(item: Any, *path: str) -> list[dict[str, Any]]:
    """The objects of the list at a path of names."""
    *way, last = path
    found = within(item, *way).get(last)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def word(item: Any, *path: str) -> str:
    """The text at a path of names, empty where there is none."""
    *way, last = path
    found = within(item, *way).get(last)
    return found if isinstance(found, str) else ""


def name(item: Object) -> str:
    return word(item, "metadata", "name")


def namespace(item: Object) -> str:
    return word(item, "metadata", "namespace")


def owner(item: Object) -> tuple[str, str]:
    """Kind and name of what controls an object; empty where nothing does."""
    for ref in rows(item, "metadata", "ownerReferences"):
        if ref.get("controller"):
            return word(ref, "kind"), word(ref, "name")
    return "", ""


@dataclass
class Naming:
    """Services by what belongs to them, from labels and owners; no name is guessed from another."""

    labels: Sequence[str]
    known: dict[_Ref, str] = field(default_factory=dict[_Ref, str])

    @staticmethod
    def of(found: Inventory, labels: Sequence[str]) -> "Naming":
        """The services of all workloads and pods that were read."""
        naming = Naming(labels)
        for kind, called in WORKLOADS.items():
            for item in found[kind]:
                naming.known[namespace(item), called, name(item)] = naming.workload(item, called)
        for item in found["pods"]:
            naming.known[namespace(item), "Pod", name(item)] = naming.pod(item)
        for item in found["autoscalers"]:
            target = within(item, "spec", "scaleTargetRef")
            ref = (namespace(item), word(target, "kind"), word(target, "name"))
            naming.known[namespace(item), "HorizontalPodAutoscaler", name(item)] = naming.known.get(ref, "")
        return naming

    def workload(self, item: Object, kind: str) -> str:
        """By its pods' labels, its own, its owner's name, its own name."""
        told = self.labelled(within(item, "spec", "template", "metadata", "labels"))
        told = told or self.labelled(within(item, "metadata", "labels"))
        return told or (owner(item)[1] if kind == "ReplicaSet" else "") or name(item)

    def pod(self, item: Object) -> str:
        """By its labels, else by what controls it."""
        kind, controller = owner(item)
        told = self.labelled(within(item, "metadata", "labels"))
        return told or self.known.get((namespace(item), kind, controller), controller)

    def labelled(self, labels: Mapping[str, Any]) -> str:
        return next((value for key in self.labels if isinstance(value := labels.get(key), str) and value), "")

    def of_ref(self, space: str, kind: str, called: str) -> str:
        """The service of something by kind and name; a pod that is gone is its controller's, if that is still there."""
        held = self.known.get((space, kind, called))
        if held is not None:
            return held
        if kind != "Pod":
            return ""
        parent = called.rpartition("-")[0]
        found = (self.known.get((space, one, parent)) for one in ("ReplicaSet", "StatefulSet", "DaemonSet"))
        return next((service for service in found if service), "")
