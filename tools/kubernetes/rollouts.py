"""What was rolled out, scaled or configured in the cluster?"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from clew.evidence import Change
from tools.kubernetes.cluster import Inventory, Object
from tools.kubernetes.naming import Naming, name, namespace, owner, rows, within, word
from tools.kubernetes.templates import commit, diff, title
from tools.moment import stamped
from tools.redact import redacted

REVISION = "deployment.kubernetes.io/revision"
CAUSE = "kubernetes.io/change-cause"
TITLE_CHARACTERS = 300
ROLLING_SECONDS = 900.0
"""So long after a version appeared scaling is part of its rollout."""
NOT_CONFIG = frozenset({"kube-root-ca.crt", "openshift-service-ca.crt"})
_SCALED = re.compile(r"Scaled (?:up|down) replica set (\S+) to (\d+)(?: from (\d+))?")


def changes(found: Inventory, naming: Naming) -> list[Change]:
    """All that the objects themselves remember, in no order."""
    return [*rollouts(found, naming), *scalings(found, naming), *configured(found, naming)]


def rollouts(found: Inventory, naming: Naming) -> Iterator[Change]:
    """Each version of a workload's pods that came after another that is still kept."""
    versions: dict[tuple[str, str, str], list[tuple[int, Object]]] = {}
    for item in found["replicasets"]:
        number = word(item, "metadata", "annotations", REVISION)
        if number.isdecimal() and owner(item)[0] == "Deployment":
            versions.setdefault((namespace(item), *owner(item)), []).append((int(number), item))
    for item in found["controllerrevisions"]:
        number = item.get("revision")
        if isinstance(number, int) and owner(item)[1]:
            versions.setdefault((namespace(item), *owner(item)), []).append((number, item))
    for (space, kind, called), held in versions.items():
        held.sort(key=lambda one: one[0])
        service = naming.known.get((space, kind, called)) or called
        for (_, before), (number, after) in pairwise(held):
            at = _began(before, after, found)
            if at is not None:
                yield _rollout((kind, called, service, number), before, after, at)


def _rollout(what: tuple[str, str, str, int], before: Object, after: Object, at: float) -> Change:
    kind, called, service, number = what
    old, new = _template(before), _template(after)
    cause = word(after, "metadata", "annotations", CAUSE)
    told = title(old, new)
    return Change(
        ref=f"{kind.lower()}/{called}@{number}",
        what="deploy",
        at=at,
        service=service,
        title=redacted(f"{told}: {cause}" if cause else told)[:TITLE_CHARACTERS],
        files=(f"{kind.lower()}/{called}",),
        diff=diff(f"{kind.lower()}/{called}", old, new),
        commit=commit(new),
        revision_before=commit(old),
    )


def _template(item: Object) -> dict[str, Any]:
    """Of a ReplicaSet, or of a ControllerRevision."""
    return within(item, "spec", "template") or within(item, "data", "spec", "template")


def _began(before: Object, after: Object, found: Inventory) -> float | None:
    """When a version began to be rolled out; one that was taken up again is as old as it ever was, so others tell when."""
    made, earlier = _created(after), _created(before)
    if made is not None and (earlier is None or made >= earlier):
        return made
    scaled = [
        at
        for item in found["events"]
        if (match := _SCALED.search(word(item, "message"))) and match[1] == name(after)
        for at in (stamped(item.get("firstTimestamp")), stamped(item.get("eventTime")))
        if at is not None and at >= (earlier or 0.0)
    ]
    return min(scaled) if scaled else max((at for at, _ in _written(after)), default=None)


def scalings(found: Inventory, naming: Naming) -> Iterator[Change]:
    """Numbers of pods that were set by hand: outside of a rollout, and where no autoscaler decides."""
    automatic = {
        (namespace(one), word(one, "spec", "scaleTargetRef", "kind"), word(one, "spec", "scaleTargetRef", "name"))
        for one in found["autoscalers"]
    }
    made = {(namespace(one), name(one)): _created(one) for one in found["replicasets"]}
    newest: dict[tuple[str, str], float] = {}
    for one in found["replicasets"]:
        place = (namespace(one), owner(one)[1])
        newest[place] = max(newest.get(place, 0.0), _created(one) or 0.0)
    for item in found["events"]:
        match = _SCALED.search(word(item, "message"))
        about = within(item, "involvedObject")
        where = (namespace(item), word(about, "kind"), word(about, "name"))
        at = stamped(item.get("lastTimestamp")) or stamped(item.get("eventTime"))
        if not match or at is None or where in automatic or (where[0], match[1]) not in made:
            continue
        if 0 <= at - newest.get((where[0], where[2]), 0.0) < ROLLING_SECONDS:
            continue
        after, before = match[2], match[3]
        yield Change(
            ref=f"deployment/{where[2]}#scaled-{at:.0f}",
            what="config",
            at=at,
            service=naming.known.get(where) or where[2],
            title=f"replicas set to {after}" + (f", from {before}" if before else ""),
            files=(f"deployment/{where[2]}",),
            diff=f"--- a/deployment/{where[2]}\n+++ b/deployment/{where[2]}\n-replicas: {before}\n+replicas: {after}"
            if before
            else None,
        )


def configured(found: Inventory, naming: Naming) -> Iterator[Change]:
    """ConfigMaps and Secrets that were written to; what was in them is not known, so neither can be named as a cause."""
    for kind, called in (("configmaps", "ConfigMap"), ("secrets", "Secret")):
        users = _users(found, naming, called)
        for item in found[kind]:
            if name(item) in NOT_CONFIG or _leads(item):
                continue
            written = _written(item)
            made = _created(item)
            moments = written or ([(made, "")] if made is not None else [])
            for at, manager in moments:
                services = users.get((namespace(item), name(item)), set())
                did = "made" if made is not None and abs(at - made) < 1.0 else "changed"
                yield Change(
                    ref=f"{called.lower()}/{name(item)}#{at:.0f}",
                    what="config",
                    at=at,
                    service=next(iter(services)) if len(services) == 1 else None,
                    author=manager or None,
                    title=f"{called} {name(item)} was {did}; what is in it was not read",
                    files=(f"{called.lower()}/{name(item)}",),
                )


def _leads(item: Object) -> bool:
    """A lock of processes that elect a leader, written every few seconds."""
    return bool(word(item, "metadata", "annotations", "control-plane.alpha.kubernetes.io/leader"))


def _users(found: Inventory, naming: Naming, called: str) -> dict[tuple[str, str], set[str]]:
    """Services by the ConfigMaps, or Secrets, that their pods take variables or files from."""
    out: dict[tuple[str, str], set[str]] = {}
    for kind in ("deployments", "statefulsets", "daemonsets"):
        for item in found[kind]:
            service = naming.workload(item, kind)
            for used in _used(within(item, "spec", "template", "spec"), called):
                out.setdefault((namespace(item), used), set()).add(service)
    return out


def _used(spec: dict[str, Any], called: str) -> Iterator[str]:
    low = "configMap" if called == "ConfigMap" else "secret"
    for volume in rows(spec, "volumes"):
        yield word(volume, low, "name") or word(volume, low, "secretName")
        for source in rows(volume, "projected", "sources"):
            yield word(source, low, "name")
    for container in (*rows(spec, "containers"), *rows(spec, "initContainers")):
        for source in rows(container, "envFrom"):
            yield word(source, f"{low}Ref", "name")
        for variable in rows(container, "env"):
            yield word(variable, "valueFrom", f"{low}KeyRef", "name")


def _written(item: Object) -> list[tuple[float, str]]:
    """When, and by whom, an object's own fields were written last, one entry for each manager."""
    out: dict[float, str] = {}
    for entry in rows(item, "metadata", "managedFields"):
        at = stamped(entry.get("time"))
        if at is not None and not word(entry, "subresource"):
            out[at] = word(entry, "manager")
    return sorted(out.items())


def _created(item: Object) -> float | None:
    return stamped(within(item, "metadata").get("creationTimestamp"))
