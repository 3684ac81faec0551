"""The stand of the Kubernetes source: a server made from the documented objects, with the suite's lines and changes."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from clew.ports import Source, Telemetry
from tests.contracts.answering_jaeger import served
from tests.contracts.answering_kubernetes import Kubernetes, deployment, event, meta, replicaset, template
from tests.contracts.content import ALERT, CALLEE, CHANGES, HIDDEN, LINES, SECRET, SERVICE
from tests.contracts.stand import Program, Stand
from tools.kubernetes import KubernetesSettings
from tools.kubernetes import opened as kubernetes_opened
from tools.outside import Outside

ENV = {"DB_URL": f"postgres://clew:{HIDDEN}-{HIDDEN}@{CALLEE}:5432/shop", "PASSWORD": f"{HIDDEN}-{HIDDEN}"}
CAUSE = {"kubernetes.io/change-cause": SECRET}
VERSIONS = [replicaset(SERVICE, 1, ALERT - 5_000_000, template("shop/web:0", env=ENV))] + [
    replicaset(SERVICE, number, change.at, template(f"shop/web:{number}", env=ENV), **CAUSE)
    for number, change in enumerate(CHANGES, 2)
]
HELD = {
    "deployments": [
        deployment(SERVICE, template("shop/web:61", env=ENV)),
        deployment(CALLEE, template("db:1", app=CALLEE)),
    ],
    "replicasets": VERSIONS,
    "services": [{"metadata": meta(CALLEE), "spec": {"selector": {"app": CALLEE}}}],
    "events": [
        event(f"e{place}", one.at, "Unhealthy", one.message, ("Deployment", one.service))
        for place, one in enumerate(LINES)
    ],
}


@asynccontextmanager
async def opened(folder: Path, program: Program) -> AsyncGenerator[tuple[Source, ...]]:
    """Events, rollouts and what settings say of calls; for the sources it is a while after the alert."""
    given = Outside(now=lambda: ALERT + 100)
    async with served(Kubernetes(HELD).app()) as url:
        settings = KubernetesSettings(url=url, namespaces=("shop",))
        async with kubernetes_opened(settings, given) as sources:
            yield sources


STAND = Stand("kubernetes", (), (Telemetry.LOGS, Telemetry.CHANGES, Telemetry.TOPOLOGY), opened)
