"""Where do facts come from, and where are they kept."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from pydantic import BaseModel

from clew.errors import Misconfigured
from clew.ports import Source, Telemetry
from tools.feed import FeedSettings
from tools.feed import opened as feed_opened
from tools.git import GitSettings
from tools.git import opened as git_opened
from tools.github import GithubSettings
from tools.github import opened as github_opened
from tools.jaeger import JaegerSettings
from tools.jaeger import opened as jaeger_opened
from tools.kubernetes import KubernetesSettings
from tools.kubernetes import opened as kubernetes_opened
from tools.loki import LokiSettings
from tools.loki import opened as loki_opened
from tools.opensearch import OpenSearchSettings
from tools.opensearch import opened as opensearch_opened
from tools.outside import Outside
from tools.prometheus import PrometheusSettings
from tools.prometheus import opened as prometheus_opened
from tools.topology import TopologySettings
from tools.topology import opened as topology_opened

GROUP = "clew.sources"
"""The entry-point group through which other packages bring sources; each entry is a SourceKind."""


@dataclass(frozen=True)
class SourceKind:
    """One kind of source: its settings and how to open it. Adding one is one file and one line in SOURCES."""

    name: str
    """Its section in the settings: `CLEW_<NAME>__...`; without that section the kind is simply absent."""
    settings: type[BaseModel]
    """Addresses, tokens and tenants; validated when opened, never part of a question."""
    opened: Callable[[Any, Outside], AbstractAsyncContextManager[tuple[Source, ...]]]
    """Given its validated settings: the sources, for as long as the context lasts. Raises Misconfigured."""
    tells: tuple[Telemetry, ...] = ()
    """What its sources can tell, for people who wonder which one to set."""


SOURCES: tuple[SourceKind, ...] = (
    SourceKind("feed", FeedSettings, feed_opened, (Telemetry.CHANGES,)),
    SourceKind("git", GitSettings, git_opened, (Telemetry.CHANGES,)),
    SourceKind("github", GithubSettings, github_opened, (Telemetry.CHANGES,)),
    SourceKind(
        "jaeger",
        JaegerSettings,
        jaeger_opened,
        (
            Telemetry.TRACES,
            Telemetry.TOPOLOGY,
        ),
    ),
    SourceKind(
        "kubernetes", KubernetesSettings, kubernetes_opened, (Telemetry.LOGS, Telemetry.CHANGES, Telemetry.TOPOLOGY)
    ),
    SourceKind("loki", LokiSettings, loki_opened, (Telemetry.LOGS,)),
    SourceKind(
        "opensearch", OpenSearchSettings, opensearch_opened, (Telemetry.LOGS, Telemetry.TRACES, Telemetry.TOPOLOGY)
    ),
    SourceKind("prometheus", PrometheusSettings, prometheus_opened, (Telemetry.METRICS, Telemetry.TOPOLOGY)),
    SourceKind("topology", TopologySettings, topology_opened, (Telemetry.TOPOLOGY,)),
)
"""The kinds that come with Clew."""


def source_kinds() -> tuple[SourceKind, ...]:
    """SOURCES and what installed packages bring, by name. Raises Misconfigured for a twin or a thing of another type."""
    found = list(SOURCES)
    for entry in entry_points(group=GROUP):
        kind = entry.load()
        if not isinstance(kind, SourceKind):
            raise Misconfigured(f"entry point {entry.name!r} in {GROUP} is no SourceKind; remove or mend that package")
        found.append(kind)
    names = [kind.name for kind in found]
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise Misconfigured(
            f"two source kinds are called {', '.join(twins)}; remove one of the packages that bring them"
        )
    return tuple(sorted(found, key=lambda kind: kind.name))
