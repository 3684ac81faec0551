"""Of what parts are Slack's rules for a JSON shape made?"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playground.slack.installation import Json


@dataclass
class Findings:
    """What is wrong with a payload, in Slack's words; surface is message, modal or home."""

    surface: str
    refused: frozenset[str] = frozenset()
    citable: Callable[[Json], bool] = lambda _: True
    errors: list[str] = field(default_factory=list[str])
    block_ids: set[str] = field(default_factory=set[str])
    action_ids: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    tables: int = 0

    def add(self, message: str, path: str) -> None:
        self.errors.append(f"{message} [json-pointer:{path}]")


Check = Callable[[Any, str, Findings], None]


def string(most: int, least: int = 1) -> Check:
    def check(value: Any, path: str, findings: Findings) -> None:
        if not isinstance(value, str):
            findings.add("must be a valid string", path)
        elif len(value) < least:
            findings.add(f"must be more than {least - 1} characters", path)
        elif len(value) > most:
            findings.add(f"must be less than {most + 1} characters", path)

    return check


def web_address(most: int = 3000) -> Check:
    def check(value: Any, path: str, findings: Findings) -> None:
        string(most)(value, path, findings)
        if isinstance(value, str) and _scheme(value) not in ("http", "https", "mailto", "slack"):
            findings.add("invalid_url", path)

    return check


def _scheme(address: str) -> str:
    try:
        return urlsplit(address).scheme
    except ValueError:
        return ""


def boolean(value: Any, path: str, findings: Findings) -> None:
    if not isinstance(value, bool):
        findings.add("must be a valid boolean", path)


def whole(least: int, most: int) -> Check:
    def check(value: Any, path: str, findings: Findings) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            findings.add("must be a valid integer", path)
        elif not least <= value <= most:
            findings.add(f"must be between {least} and {most}", path)

    return check


def number(value: Any, path: str, findings: Findings) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        findings.add("must be a valid number", path)


def one_of(*allowed: str) -> Check:
    def check(value: Any, path: str, findings: Findings) -> None:
        if value not in allowed:
            findings.add(f"must be one of: {', '.join(allowed)}", path)

    return check


def anything(value: Any, path: str, findings: Findings) -> None:
    """For fields Slack takes as they are."""


def many(item: Check, least: int, most: int) -> Check:
    """An array of least..most items, each checked."""

    def check(value: Any, path: str, findings: Findings) -> None:
        if not isinstance(value, list):
            findings.add("must be an array", path)
            return
        if len(value) < least:
            findings.add(f"no fewer than {least} items allowed", path)
        if len(value) > most:
            findings.add(f"no more than {most} items allowed", path)
        for index, child in enumerate(value):
            item(child, f"{path}/{index}", findings)

    return check


def shape(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these fields and no others; `type` is looked at by whoever chose this shape."""
    known = {"type": anything, **(optional or {}), **required}

    def check(value: Any, path: str, findings: Findings) -> None:
        if not isinstance(value, dict):
            findings.add("must be an object", path)
            return
        for name in required:
            if name not in value:
                findings.add(f"missing required field: {name}", path)
        for name, child in value.items():
            if name not in known:
                findings.add(f"invalid additional property: {name}", path)
            else:
                known[name](child, f"{path}/{name}", findings)

    return check


def of_type(table: Mapping[str, Check], allowed: Collection[str] | None = None) -> Check:
    """An object whose `type` names its shape in the table (only those in allowed, if given)."""

    def check(value: Any, path: str, findings: Findings) -> None:
        if not isinstance(value, dict):
            findings.add("must be an object", path)
            return
        kind = value.get("type")
        if kind is None:
            findings.add("missing required field: type", path)
        elif (
            not isinstance(kind, str)
            or kind not in table
            or kind in findings.refused
            or (allowed is not None and kind not in allowed)
        ):
            findings.add(f"unsupported type: {kind}", f"{path}/type")
        else:
            table[kind](value, path, findings)

    return check


def text(most: int, *kinds: str, least: int = 1) -> Check:
    """A text object of one of these kinds (plain_text alone by default)."""
    kinds = kinds or ("plain_text",)
    inner = shape({"text": string(most, least)}, {"emoji": boolean, "verbatim": boolean})

    def check(value: Any, path: str, findings: Findings) -> None:
        if isinstance(value, dict) and value.get("type") not in kinds:
            findings.add(f"must be one of: {', '.join(kinds)}", f"{path}/type")
        inner(value, path, findings)

    return check


def either(*checks: Check) -> Check:
    """The first check that finds nothing wins; else the findings of the last one stand."""

    def check(value: Any, path: str, findings: Findings) -> None:
        start = len(findings.errors)
        for candidate in checks:
            del findings.errors[start:]
            candidate(value, path, findings)
            if len(findings.errors) == start:
                return

    return check
