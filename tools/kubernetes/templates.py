"""What differs between two versions of a workload's pods, as a diff that people and the ranking can read?"""

import difflib
import re
from typing import Any

import yaml

from tools.kubernetes.naming import rows, within, word
from tools.redact import redacted

DIFF_CHARACTERS = 20_000
YAML_CHARACTERS = 200_000
_GENERATED = ("pod-template-hash", "controller-revision-hash", "kubectl.kubernetes.io/restartedAt")
_COMMIT = re.compile(r"(?:[\w.]*-)?g?(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])([0-9a-f]{7,40})")


def diff(path: str, before: dict[str, Any], after: dict[str, Any]) -> str:
    """A unified diff of two pod templates, redacted and cut; empty where nothing of weight differs."""
    old, new = _lines(before), _lines(after)
    told = "\n".join(difflib.unified_diff(old, new, f"a/{path}", f"b/{path}", lineterm="", n=2))
    return redacted(told)[:DIFF_CHARACTERS]


def images(template: dict[str, Any]) -> dict[str, str]:
    """Images by container."""
    return {word(one, "name"): word(one, "image") for one in rows(template, "spec", "containers")}


def title(before: dict[str, Any], after: dict[str, Any]) -> str:
    """`image web:1.2 → web:1.3`, or that it is of another kind."""
    old, new = images(before), images(after)
    moved = [f"{_short(old[name])} → {_short(new[name])}" for name in new if name in old and old[name] != new[name]]
    if moved:
        return "image " + ", ".join(moved[:3])
    if _restarted(before) != _restarted(after):
        return "restarted by hand"
    return "settings of its pods"


def commit(template: dict[str, Any]) -> str | None:
    """The commit that an annotation or an image's tag names in so many words."""
    noted = word(template, "metadata", "annotations", "org.opencontainers.image.revision")
    tags = [image.rpartition("@")[0] or image for image in images(template).values()]
    for text in (noted, *(tag.rpartition("/")[2].partition(":")[2] for tag in tags)):
        if found := _COMMIT.fullmatch(text):
            return found[1]
    return None


def _restarted(template: dict[str, Any]) -> str:
    return word(template, "metadata", "annotations", "kubectl.kubernetes.io/restartedAt")


def _short(image: str) -> str:
    return image.rpartition("/")[2][:80]


def _lines(template: dict[str, Any]) -> list[str]:
    told = {
        "annotations": _without(within(template, "metadata", "annotations")),
        "labels": _without(within(template, "metadata", "labels")),
        "spec": _plain(within(template, "spec")),
    }
    return yaml.safe_dump(told, sort_keys=True, width=500)[:YAML_CHARACTERS].splitlines()


def _without(held: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in held.items() if name not in _GENERATED}


def _plain(value: Any) -> Any:
    """Lists of things with names become mappings, and variables `NAME: value`, so that a line says what it is of."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items() if key != "$patch"}
    if not isinstance(value, list):
        return value
    named = [one for one in value if isinstance(one, dict) and isinstance(one.get("name"), str)]
    if not named or len(named) != len(value):
        return [_plain(one) for one in value]
    return {one["name"]: _valued({k: v for k, v in one.items() if k != "name"}) for one in named}


def _valued(rest: dict[str, Any]) -> Any:
    return rest["value"] if set(rest) == {"value"} else _plain(rest)
