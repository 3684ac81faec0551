"""What does a cluster's API server answer, in the shapes that the API's reference shows?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

Object = dict[str, Any]
CORE = ("events", "pods", "services", "configmaps", "secrets")
APPS = ("deployments", "replicasets", "statefulsets", "daemonsets", "controllerrevisions")


def stamp(at: float) -> str:
    """As the API writes moments."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def meta(name: str, at: float = 0.0, **more: Any) -> Object:
    """The metadata of an object in the namespace shop."""
    return {"name": name, "namespace": "shop", "uid": f"uid-{name}", "creationTimestamp": stamp(at), **more}


def owned(kind: str, name: str) -> list[Object]:
    return [{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": f"uid-{name}", "controller": True}]


def template(image: str, *, app: str = "web", env: dict[str, str] | None = None, memory: str = "512Mi") -> Object:
    """Pods of one container."""
    container = {
        "name": "main",
        "image": image,
        "env": [{"name": name, "value": value} for name, value in (env or {}).items()],
        "resources": {"limits": {"memory": memory}},
    }
    return {"metadata": {"labels": {"app": app, "pod-template-hash": image[-4:]}}, "spec": {"containers": [container]}}


def deployment(name: str, pods: Object) -> Object:
    return {"metadata": meta(name), "spec": {"replicas": 2, "template": pods}, "status": {}}


def replicaset(of: str, revision: int, at: float, pods: Object, **noted: str) -> Object:
    """One version of a Deployment."""
    notes = {"deployment.kubernetes.io/revision": str(revision), **noted}
    made = meta(f"{of}-{revision:x}a", at, annotations=notes, ownerReferences=owned("Deployment", of))
    return {"metadata": made, "spec": {"replicas": 0, "template": pods}, "status": {}}


def event(name: str, at: float, reason: str, message: str, about: tuple[str, str], **more: Any) -> Object:
    """One event; `about` is kind and name."""
    kind, called = about
    return {
        "metadata": meta(name, at),
        "involvedObject": {"kind": kind, "namespace": "shop", "name": called},
        "reason": reason,
        "message": message,
        "type": "Warning",
        "firstTimestamp": stamp(at),
        "lastTimestamp": stamp(at),
        "count": 1,
        **more,
    }


@dataclass
class Kubernetes:
    """A cluster with one namespace, and what was asked of it."""

    held: Mapping[str, Sequence[Object]]
    page: int = 500
    forbidden: frozenset[str] = frozenset()
    token: str = ""
    asked: list[web.Request] = field(default_factory=list[web.Request])

    def app(self) -> web.Application:
        """The lists that we read."""
        app = web.Application()
        for prefix, kinds in (("/api/v1", CORE), ("/apis/apps/v1", APPS)):
            for kind in kinds:
                app.router.add_get(f"{prefix}/namespaces/{{space}}/{kind}", self._listed)
        scaling = "/apis/autoscaling/v2/namespaces/{space}/horizontalpodautoscalers"
        app.router.add_get(scaling, self._listed)
        app.router.add_get("/api/v1/nodes", self._listed)
        return app

    async def _listed(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        kind = request.path.rpartition("/")[2].replace("horizontalpodautoscalers", "autoscalers")
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return _refused(401, "Unauthorized")
        if kind in self.forbidden or request.match_info.get("space", "shop") != "shop":
            return _refused(403, f'{kind} is forbidden: User "clew" cannot list resource "{kind}"')
        start = int(request.query.get("continue") or 0)
        end = start + min(self.page, int(request.query["limit"]))
        mine = list(self.held.get(kind, ()))
        if "PartialObjectMetadataList" in request.headers["Accept"]:
            mine = [{"metadata": one["metadata"]} for one in mine]
        more = {"continue": str(end), "remainingItemCount": len(mine) - end} if end < len(mine) else {}
        body = {
            "kind": "List",
            "apiVersion": "v1",
            "metadata": {"resourceVersion": "7", **more},
            "items": mine[start:end],
        }
        return web.json_response(body)


def _refused(status: int, message: str) -> web.Response:
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": status}
    return web.json_response(body, status=status)
