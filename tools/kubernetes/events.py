"""What did the cluster say of the services: a LogSource of events, restarts and nodes that are unwell?"""

from clew.evidence import Asked, Evidence, Payload, Standing
from clew.incident import Window
from clew.ports import Era, Health, Telemetry, query
from clew.tables import LogTable
from tools.answers import line_facts
from tools.kubernetes.checking import checked
from tools.kubernetes.cluster import Cluster, reading
from tools.kubernetes.naming import WORKLOADS, Naming
from tools.kubernetes.rows import found_rows
from tools.phrases import asked
from tools.rows import table

NEEDED = ("events", "pods")
USEFUL = (*WORKLOADS, "autoscalers")
WITHOUT = "restarts, containers killed for memory and pods that cannot start are not seen"


class ClusterEvents:
    """LogSource: the API server keeps events for about an hour; all there are up to the window's end are read."""

    telemetry = Telemetry.LOGS
    name = "kubernetes events"

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def check(self) -> Health:
        """Reach, rights and the clock. Never raises."""
        nodes = ("nodes",) if self._cluster.settings.nodes else ()
        return await checked(self._cluster, self.name, (NEEDED, (*USEFUL, *nodes)), WITHOUT)

    def link(self, asked: Asked, payload: Payload) -> str | None:
        """A cluster has no page of its own."""
        return None

    async def lines(self, window: Window, era: Era = Era.NOW) -> LogTable:
        """Events, endings of containers and conditions as lines. Raises SourceError."""
        if era is Era.NORMAL:
            return LogTable.empty("kubernetes: no normal time to read")
        useful = (*USEFUL, "nodes") if self._cluster.settings.nodes else USEFUL
        found = await self._cluster.inventory(NEEDED, useful)
        async with reading(self.name):
            naming = Naming.of(found, self._cluster.settings.service_labels)
            back = Window(start=0.0, end=min(window.end, self._cluster.outside.now()))
            return table(found_rows(found, naming), back, self._query, found.partial)

    @query
    async def search(self, service: str, text: str, window: Window) -> tuple[Evidence, ...]:
        """Events and restarts of `service` (empty: any) that contain `text` (a plain string); newest first, at most 50."""
        found = await self.lines(window)
        question = asked(self.name, "search", self._query, window, service=service, text=text)
        facts = line_facts(found, question, service, text, self._cluster.outside.now())
        if not found.partial:
            return facts
        return tuple(
            fact.model_copy(update={"standing": Standing.PARTIAL, "says": f"{fact.says} {found.partial}."})
            for fact in facts
        )

    @property
    def _query(self) -> str:
        spaces = ",".join(self._cluster.settings.namespaces)
        return f"GET /api/v1/namespaces/{spaces}/events and pods"
