"""What was changed in the cluster: a ChangeSource of rollouts, scalings and configuration?"""

from clew.evidence import Asked, Evidence, Payload, Standing
from clew.incident import Window
from clew.ports import Health, Telemetry, query
from clew.tables import ChangeTable
from tools.answers import change_facts
from tools.kubernetes.checking import checked
from tools.kubernetes.cluster import Cluster, reading
from tools.kubernetes.naming import WORKLOADS, Naming
from tools.kubernetes.rollouts import changes
from tools.kubernetes.templates import DIFF_CHARACTERS
from tools.phrases import asked

NEEDED = ("replicasets",)
WITHOUT = "rollouts, scalings and changed settings of the cluster are not seen"


class ClusterChanges:
    """ChangeSource: what the objects remember; of workloads the versions that their history limit keeps."""

    telemetry = Telemetry.CHANGES
    name = "kubernetes changes"

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def check(self) -> Health:
        """Reach and rights. Never raises."""
        return await checked(self._cluster, self.name, (NEEDED, self._useful), WITHOUT)

    def link(self, asked: Asked, payload: Payload) -> str | None:
        """A cluster has no page of its own."""
        return None

    async def changes(self, window: Window) -> ChangeTable:
        """Changes of the window, in order of time. Raises SourceError."""
        found = await self._cluster.inventory(NEEDED, self._useful)
        async with reading(self.name):
            naming = Naming.of(found, self._cluster.settings.service_labels)
            mine = {c.ref: c for c in changes(found, naming) if window.start <= c.at <= window.end}
            told = tuple(sorted(mine.values(), key=lambda c: (c.at, c.ref)))
            return ChangeTable(told, self._query, found.partial)

    @query
    async def list_changes(self, service: str, window: Window) -> tuple[Evidence, ...]:
        """Rollouts, scalings and changed settings of `service` (empty: any); newest first, at most 20."""
        found = await self.changes(window)
        question = asked(self.name, "list_changes", self._query, window, service=service)
        facts = change_facts(found, question, service, self._cluster.outside.now(), DIFF_CHARACTERS)
        if not found.partial:
            return facts
        return tuple(
            fact.model_copy(update={"standing": Standing.PARTIAL, "says": f"{fact.says} {found.partial}."})
            for fact in facts
        )

    @property
    def _useful(self) -> tuple[str, ...]:
        rest = tuple(kind for kind in WORKLOADS if kind not in NEEDED)
        secrets = ("secrets",) if self._cluster.settings.secrets else ()
        return (*rest, "controllerrevisions", "autoscalers", "events", "configmaps", *secrets)

    @property
    def _query(self) -> str:
        spaces = ",".join(self._cluster.settings.namespaces)
        return f"GET /apis/apps/v1/namespaces/{spaces}/replicasets and controllerrevisions, configmaps, events"
