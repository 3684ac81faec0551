"""Which sources does one cluster give?"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path

from clew.errors import Misconfigured
from clew.ports import Source
from tools.kubernetes.carrier import Carrier
from tools.kubernetes.changes import ClusterChanges
from tools.kubernetes.cluster import Cluster
from tools.kubernetes.events import ClusterEvents
from tools.kubernetes.graph import ClusterGraph
from tools.kubernetes.settings import INSIDE, MOUNTED, KubernetesSettings
from tools.outside import Outside
from tools.transport import transported

NAME = "kubernetes"


@asynccontextmanager
async def opened(settings: KubernetesSettings, outside: Outside) -> AsyncGenerator[tuple[Source, ...]]:
    """Events, changes and the call graph, while open. Raises Misconfigured."""
    token = await asyncio.to_thread(_token_file, settings)
    authority = f"{MOUNTED}/ca.crt" if settings.url == INSIDE and settings.ca_file is None else settings.ca_file
    address = settings.model_copy(update={"ca_file": authority})
    async with transported(NAME, address, outside.usage, outside.seconds) as way:
        # the client takes seconds to import: only a process that reads a cluster waits for it
        official = await asyncio.to_thread(import_module, "tools.kubernetes.official")
        cluster = Cluster(NAME, official.listers(Carrier(way, token)), settings, outside)
        yield ClusterEvents(cluster), ClusterChanges(cluster), ClusterGraph(cluster)


def _token_file(settings: KubernetesSettings) -> Path | None:
    """The file with the token, where one is wanted; a file that was named must be there."""
    if settings.token is not None or settings.username is not None:
        return None
    path = Path(settings.token_file)
    if path.is_file():
        return path
    if "token_file" in settings.model_fields_set or settings.url == INSIDE:
        raise Misconfigured(f"kubernetes: token_file {path} is not there; outside of a cluster set url and token")
    return None
