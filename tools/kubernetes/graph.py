"""Who calls whom, as the settings of pods name the Services of others?"""

import re
from collections.abc import Iterator
from typing import Any

from clew.evidence import Asked, Payload
from clew.incident import Window
from clew.ports import Health, Telemetry
from clew.tables import CallGraph
from tools.kubernetes.checking import checked
from tools.kubernetes.cluster import Cluster, Inventory, reading
from tools.kubernetes.naming import Naming, name, namespace, rows, within, word

NEEDED = ("services", "deployments")
USEFUL = ("statefulsets", "daemonsets")
WITHOUT = "calls that no trace shows are not known, so callers may look guilty"
VALUE_CHARACTERS = 2_000
_HOST = re.compile(r"(?:^|[/@,;\s\"'(=\[])([a-z0-9]([-a-z0-9.]{0,250}[a-z0-9])?)(?=$|[:/,;?\s\"')\]])")
_ADDRESS = re.compile(r"://|:\d{2,5}\b|\.svc\b")
_CALLS = re.compile(r"(?:HOST|ADDR|ADDRESS|URL|URI|ENDPOINT|SERVER|SERVERS|BROKERS|UPSTREAM)S?$", re.IGNORECASE)


class ClusterGraph:
    """GraphSource: an edge where a variable or an argument of a pod holds the address of a Service, by its exact name."""

    telemetry = Telemetry.TOPOLOGY
    name = "kubernetes call graph"

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def check(self) -> Health:
        """Reach and rights. Never raises."""
        return await checked(self._cluster, self.name, (NEEDED, USEFUL), WITHOUT)

    def link(self, asked: Asked, payload: Payload) -> str | None:
        """A cluster has no page of its own."""
        return None

    async def graph(self, window: Window) -> CallGraph:
        """The calls as they are set now, whatever the window. Raises SourceError."""
        found = await self._cluster.inventory(NEEDED, USEFUL)
        async with reading(self.name):
            naming = Naming.of(found, self._cluster.settings.service_labels)
            edges = sorted({(a, b) for a, b in _edges(found, naming) if a and b and a != b})
            services = {one for key, one in naming.known.items() if key[1] != "Pod"} | {n for e in edges for n in e}
        spaces = ",".join(self._cluster.settings.namespaces)
        return CallGraph(
            tuple(edges),
            "addresses in the settings of pods",
            f"GET /api/v1/namespaces/{spaces}/services and variables of pods",
            tuple(sorted(services - {""})),
            partial=found.partial,
        )


def _edges(found: Inventory, naming: Naming) -> Iterator[tuple[str, str]]:
    hosts = _hosts(found, naming)
    for kind in ("deployments", "statefulsets", "daemonsets"):
        for item in found[kind]:
            caller = naming.workload(item, kind)
            for host in _named(within(item, "spec", "template", "spec")):
                space, callee = namespace(item), host.removesuffix(".cluster.local").removesuffix(".svc")
                yield caller, hosts.get(callee if "." in callee else f"{callee}.{space}", "")


def _hosts(found: Inventory, naming: Naming) -> dict[str, str]:
    """Services by `name.namespace`: whose pods the selector picks, by its labels or by a workload's."""
    out: dict[str, str] = {}
    workloads = [
        (namespace(item), within(item, "spec", "template", "metadata", "labels"), naming.workload(item, kind))
        for kind in ("deployments", "statefulsets", "daemonsets")
        for item in found[kind]
    ]
    for service in found["services"]:
        wanted = within(service, "spec", "selector")
        picked = {
            called
            for space, labels, called in workloads
            if wanted and space == namespace(service) and wanted.items() <= labels.items()
        }
        called = next(iter(picked)) if len(picked) == 1 else naming.labelled(wanted) or name(service)
        out[f"{name(service)}.{namespace(service)}"] = called
    return out


def _named(spec: dict[str, Any]) -> Iterator[str]:
    """Hosts that variables and arguments hold; a bare word counts only where the variable's name says that it is one."""
    for container in (*rows(spec, "containers"), *rows(spec, "initContainers")):
        for variable in rows(container, "env"):
            value = word(variable, "value")[:VALUE_CHARACTERS]
            if _ADDRESS.search(value) or _CALLS.search(word(variable, "name")):
                yield from (match[1] for match in _HOST.finditer(value))
        for part in ("command", "args"):
            given = container.get(part)
            for text in given if isinstance(given, list) else ():
                if isinstance(text, str) and _ADDRESS.search(text):
                    yield from (match[1] for match in _HOST.finditer(text[:VALUE_CHARACTERS]))
