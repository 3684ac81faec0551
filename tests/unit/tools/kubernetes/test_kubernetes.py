"""Do the objects of a cluster become lines, changes and calls of the right service, with nothing read beyond the scope?"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from clew.causal.diff import risk
from clew.errors import Misconfigured, QueryRejected, SourceUnavailable
from clew.incident import Window
from tests.contracts.answering_jaeger import served
from tests.contracts.answering_kubernetes import (
    Kubernetes,
    Object,
    deployment,
    event,
    meta,
    owned,
    replicaset,
    stamp,
    template,
)
from tools.kubernetes import KubernetesSettings, opened
from tools.kubernetes.carrier import Carrier
from tools.kubernetes.changes import ClusterChanges
from tools.kubernetes.events import ClusterEvents
from tools.kubernetes.graph import ClusterGraph
from tools.outside import Outside
from tools.transport import transported
from tools.usage import Usage

NOW = 1_700_000_000.0
WINDOW = Window(start=NOW - 3600, end=NOW + 600)
Sources = tuple[ClusterEvents, ClusterChanges, ClusterGraph]


@asynccontextmanager
async def cluster(server: Kubernetes, **settings: Any) -> AsyncGenerator[Sources]:
    async with served(server.app()) as url:
        given = KubernetesSettings.model_validate({"url": url, "namespaces": ["shop"], **settings})
        async with opened(given, Outside(seconds=30, now=lambda: NOW)) as (events, changes, graph):
            assert isinstance(events, ClusterEvents)
            assert isinstance(changes, ClusterChanges)
            assert isinstance(graph, ClusterGraph)
            yield events, changes, graph


def pod(name: str, of: str, *, app: str = "web", ended: Object | None = None, node: str = "n1") -> Object:
    status = {"name": "main", "restartCount": 3, "state": {"running": {}}}
    if ended:
        status["lastState"] = {"terminated": ended}
    return {
        "metadata": meta(name, NOW - 9000, labels={"app": app} if app else {}, ownerReferences=owned("ReplicaSet", of)),
        "spec": {"nodeName": node, **template("x:1")["spec"]},
        "status": {"containerStatuses": [status]},
    }


async def test_a_container_killed_for_memory_is_an_error_of_its_service() -> None:
    ended = {"reason": "OOMKilled", "exitCode": 137, "finishedAt": stamp(NOW - 60)}
    async with cluster(Kubernetes({"pods": [pod("web-2a-x", "web-2a", ended=ended)]})) as (events, _, _):
        found = await events.lines(WINDOW)
    assert found.messages == ("OOMKilled: container main was out of memory, over its limit of 512Mi, and was killed",)
    assert (found.services, found.severities, found.times.tolist()) == (("web",), ("ERROR",), [NOW - 60])


async def test_an_event_that_repeats_stands_for_as_many() -> None:
    held = {
        "replicasets": [replicaset("web", 2, NOW - 9000, template("x:1"))],
        "events": [
            event(
                "e1", NOW - 600, "BackOff", "Back-off restarting failed container", ("Pod", "web-2a-gone"),
                count=40, lastTimestamp=stamp(NOW - 10),
            ),
            event("e2", NOW - 20, "Pulled", "image is there", ("Pod", "stranger-1"), type="Normal"),
            event("e3", NOW - 30, "FailedGetResourceMetric", "no metrics", ("HorizontalPodAutoscaler", "web")),
            {**event("e4", NOW - 40, "FailedMount", "no volume", ("Pod", "web-2a-gone")), "firstTimestamp": None,
             "lastTimestamp": None, "count": None, "eventTime": "2023-11-14T22:12:40.123456Z",
             "series": {"count": 5, "lastObservedTime": "2023-11-14T22:13:00.000000Z"}},
        ],
    }  # fmt: skip
    async with cluster(Kubernetes(held)) as (events, _, _):
        found = await events.lines(WINDOW)
    told = {
        (message.split(":")[0], found.services[s], found.severities[v], int(n), round(float(t - NOW)))
        for message, s, v, n, t in zip(
            found.messages, found.service, found.severity, found.weights, found.times, strict=True
        )
    }
    assert told == {
        ("BackOff", "web", "ERROR", 1, -600),
        ("BackOff", "web", "ERROR", 39, -10),
        ("Pulled", "", "INFO", 1, -20),
        ("FailedGetResourceMetric", "", "WARN", 1, -30),
        ("FailedMount", "web", "ERROR", 1, -40),
        ("FailedMount", "web", "ERROR", 4, -20),
    }


async def test_a_node_that_is_unwell_is_told_for_each_service_on_it() -> None:
    sick = {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "message": "Kubelet stopped",
            "lastTransitionTime": stamp(NOW - 90)}  # fmt: skip
    fine = {"type": "DiskPressure", "status": "False", "lastTransitionTime": stamp(NOW - 90)}
    node = {"metadata": {"name": "n1"}, "status": {"conditions": [sick, fine]}}
    held = {"nodes": [node], "pods": [pod("a", "web-1"), pod("b", "cart-1", app="cart"), pod("c", "db-1", node="n2")]}
    async with cluster(Kubernetes(held), nodes=True) as (events, _, _):
        found = await events.lines(WINDOW)
    assert sorted(found.services[code] for code in found.service) == ["cart", "web"]
    assert set(found.messages) == {"node n1 is not ready: NodeStatusUnknown: Kubelet stopped"}
    server = Kubernetes(held)
    async with cluster(server) as (events, _, _):
        assert len(await events.lines(WINDOW)) == 0
    assert not [one for one in server.asked if one.path.endswith("/nodes")], "nodes are asked for only when that is set"


async def test_a_rollout_is_a_deploy_with_its_diff_and_commit() -> None:
    old = template("r.example/shop/web:1.4-0a1b2c3", env={"POOL_SIZE": "20", "API_TOKEN": "s3cr3t-s3cr3t"})
    new = template("r.example/shop/web:1.5-4d5e6f7", env={"POOL_SIZE": "2", "API_TOKEN": "s3cr3t-t3rc3s"})
    cause = {"kubernetes.io/change-cause": "release 1.5"}
    held = {
        "deployments": [deployment("web", new)],
        "replicasets": [replicaset("web", 8, NOW - 900, new, **cause), replicaset("web", 7, NOW - 9000, old)],
    }
    async with cluster(Kubernetes(held)) as (_, changes, _):
        (found,) = (await changes.changes(WINDOW)).changes
    assert (found.what, found.service, found.at, found.commit) == ("deploy", "web", NOW - 900, "4d5e6f7")
    assert found.title == "image web:1.4-0a1b2c3 → web:1.5-4d5e6f7: release 1.5"
    assert found.diff is not None
    assert "-        POOL_SIZE: '20'" in found.diff
    assert "s3cr3t" not in found.diff
    assert "pod-template-hash" not in found.diff
    assert risk(found.diff).amount > 0.3, "the ranking can read it"


async def test_a_version_taken_up_again_is_dated_by_what_others_saw() -> None:
    old, new = template("web:1"), template("web:2", memory="64Mi")
    back = replicaset("web", 9, NOW - 90_000, old)
    scaled = event(
        "s",
        NOW - 300,
        "ScalingReplicaSet",
        "Scaled up replica set web-9a to 1 from 0",
        ("Deployment", "web"),
        type="Normal",
    )
    held: dict[str, Any] = {"replicasets": [replicaset("web", 8, NOW - 7000, new), back], "events": [scaled]}
    async with cluster(Kubernetes(held)) as (_, changes, _):
        (found,) = [c for c in (await changes.changes(WINDOW)).changes if c.what == "deploy"]
    assert (found.at, found.title) == (NOW - 300, "image web:2 → web:1")


async def test_other_workloads_keep_their_versions_too() -> None:
    def version(number: int, at: float, image: str) -> Object:
        made = meta(f"db-{number}", at, ownerReferences=owned("StatefulSet", "db"))
        return {
            "metadata": made,
            "revision": number,
            "data": {"spec": {"template": {"$patch": "replace", **template(image)}}},
        }

    held = {"controllerrevisions": [version(1, NOW - 9000, "db:1"), version(2, NOW - 60, "db:2")]}
    async with cluster(Kubernetes(held)) as (_, changes, _):
        (found,) = (await changes.changes(WINDOW)).changes
    assert (found.ref, found.service, found.title) == ("statefulset/db@2", "db", "image db:1 → db:2")


@pytest.mark.parametrize(("automatic", "told"), [(False, 1), (True, 0)])
async def test_pods_set_by_hand_are_a_change_and_those_of_an_autoscaler_are_not(automatic: bool, told: int) -> None:
    said = "Scaled down replica set web-2a to 1 from 6"
    target = {"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}}, "metadata": meta("web")}
    held = {
        "deployments": [deployment("web", template("web:1"))],
        "replicasets": [replicaset("web", 2, NOW - 9000, template("web:1"))],
        "events": [event("s", NOW - 60, "ScalingReplicaSet", said, ("Deployment", "web"), type="Normal")],
        "autoscalers": [target] if automatic else [],
    }
    async with cluster(Kubernetes(held)) as (_, changes, _):
        found = (await changes.changes(WINDOW)).changes
    assert len(found) == told
    assert not found or (found[0].what, found[0].service) == ("config", "web")
    assert not found or "-replicas: 6\n+replicas: 1" in (found[0].diff or "")


async def test_of_settings_only_that_they_changed_is_read() -> None:
    written = [{"manager": "kubectl-edit", "operation": "Update", "time": stamp(NOW - 120)}]
    secret = {"metadata": meta("keys", NOW - 9000, managedFields=written), "data": {"k": "czNjcjN0"}}
    config = {"metadata": meta("flags", NOW - 9000, managedFields=written), "data": {"mode": "s3cr3t"}}
    pods = template("web:1")
    pods["spec"]["containers"][0]["envFrom"] = [{"configMapRef": {"name": "flags"}}]
    held = {"configmaps": [config], "secrets": [secret], "deployments": [deployment("web", pods)]}
    server = Kubernetes(held)
    async with cluster(server) as (_, changes, _):
        (found,) = (await changes.changes(WINDOW)).changes
    assert (found.service, found.author, found.at, found.diff) == ("web", "kubectl-edit", NOW - 120, None)
    assert not [one for one in server.asked if one.path.endswith("/secrets")], (
        "Secrets are asked for only when that is set"
    )
    async with cluster(server, secrets=True) as (_, changes, _):
        both = (await changes.changes(WINDOW)).changes
    assert {c.files for c in both} == {("configmap/flags",), ("secret/keys",)}
    bare = [one for one in server.asked if one.path.endswith(("/secrets", "/configmaps"))]
    assert all("PartialObjectMetadataList" in one.headers["Accept"] for one in bare), "content stays where it is"


async def test_calls_are_where_settings_hold_the_address_of_a_service() -> None:
    env = {"CART_URL": "http://cart-svc:8080/add", "DB_HOST": "db", "MODE": "db", "MAIL": "smtp://mail.other.svc:25",
           "SELF": "http://web:80", "UNKNOWN_URL": "http://nowhere:1"}  # fmt: skip
    held = {
        "deployments": [
            deployment("web", template("w:1", env=env)),
            deployment("cart-v2", template("c:1", app="cart")),
        ],
        "statefulsets": [deployment("db", template("d:1", app="db", env={"MODE": "cart-svc"}))],
        "services": [
            {"metadata": meta("cart-svc"), "spec": {"selector": {"app": "cart"}}},
            {"metadata": meta("db"), "spec": {"selector": {"app": "db"}}},
            {"metadata": meta("web"), "spec": {"selector": {"app": "web"}}},
        ],
    }
    async with cluster(Kubernetes(held)) as (_, _, graph):
        found = await graph.graph(WINDOW)
    assert found.edges == (("web", "cart"), ("web", "db"))
    assert found.services == ("cart", "db", "web")


async def test_pages_are_read_to_the_end_or_it_is_said() -> None:
    held = {"events": [event(f"e{i}", NOW - i, "Failed", f"n {i}", ("Pod", "p")) for i in range(250)]}
    async with cluster(Kubernetes(held, page=30)) as (events, _, _):
        assert len(await events.lines(WINDOW)) == 250
    async with cluster(Kubernetes(held, page=30), objects=100) as (events, _, _):
        found = await events.lines(WINDOW)
        assert len(found) == 120
        assert "only 120 events in shop" in found.partial
        assert "not all seen" in (await events.check()).without


async def test_what_may_not_be_read_is_said_and_the_rest_goes_on() -> None:
    server = Kubernetes(
        {"events": [event("e", NOW - 5, "Failed", "x", ("Pod", "p"))]}, forbidden=frozenset({"daemonsets"})
    )
    async with cluster(server) as (events, changes, _):
        found = await events.lines(WINDOW)
        assert len(found) == 1
        assert "daemonsets could not be read" in found.partial
        assert (await events.check()).ok
    async with cluster(Kubernetes({}, forbidden=frozenset({"replicasets"}))) as (_, changes, _):
        with pytest.raises(SourceUnavailable, match="403"):
            await changes.changes(WINDOW)
        health = await changes.check()
    assert not health.ok
    assert health.without


async def test_only_its_namespaces_are_asked_for() -> None:
    server = Kubernetes({})
    async with cluster(server, nodes=True) as sources:
        for source in sources:
            await source.check()
    assert {one.match_info.get("space", "shop") for one in server.asked} == {"shop"}
    assert {one.method for one in server.asked} == {"GET"}
    with pytest.raises(ValueError, match="no namespace"):
        KubernetesSettings(namespaces=("shop/../kube-system",))


async def test_the_token_is_read_again_as_it_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    server = Kubernetes({}, token="first")
    async with cluster(server, token_file=str(file)) as (events, _, _):
        assert (await events.check()).ok
        server.token = "second"
        assert not (await events.check()).ok
        file.write_text("second")
        assert (await events.check()).ok
    with pytest.raises(Misconfigured, match="token_file"):
        async with cluster(server, token_file=str(tmp_path / "none")):
            pass
    with pytest.raises(Misconfigured, match="token_file"):
        async with opened(KubernetesSettings(), Outside()):
            pass


async def test_nothing_but_a_question_to_that_server_is_sent() -> None:
    server, usage = Kubernetes({}), Usage()
    async with served(server.app()) as url, transported("kubernetes", KubernetesSettings(url=url), usage, 5.0) as way:
        for method, address in (("DELETE", f"{url}/api/v1/nodes"), ("GET", "http://127.0.0.1:1/api")):
            with pytest.raises(QueryRejected):
                await Carrier(way).request(method, address)
    assert (server.asked, usage.total.requests) == ([], 0)
