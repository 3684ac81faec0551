"""Which service does a change touch, as its paths tell: by a mapping file, by the folders' names, or by CODEOWNERS?"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import re2
import yaml
from pydantic import BaseModel, Field

from clew.errors import Misconfigured

RULES = 5_000
"""Of a mapping file or a CODEOWNERS file; more are not read."""
DEPTH = 4
"""A folder with a service's name counts among the first so many of a path."""
HARMLESS = re2.compile(
    r"(?i)\.(?:md|rst|txt|adoc|svg|png|jpe?g|gif|ico)$|(?:^|/)(?:docs?|tests?|__tests__|spec|\.github|\.ci)/|"
    r"(?:^|/)(?:CODEOWNERS|LICENSE|CHANGELOG)[^/]*$|_test\.\w+$|\.test\.\w+$|(?:^|/)test_[^/]*$"
)
"""Paths that break no service: they do not count where others do."""
_TEAM = re.compile(r"[-_](?:team|squad|crew|devs?|developers|owners|engineers|eng|oncall|maintainers)$")
_SUFFIX = re.compile(r"(?<=.{3})[-_]?(?:service|svc)$")


class Owning(BaseModel):
    """The part of a change source's settings that says which paths belong to which service."""

    services: tuple[str, ...] = Field(
        default=(), description="Names of services; a folder of such a name holds that service. Empty: any name counts."
    )
    services_file: Path | None = Field(
        default=None, description="YAML file that maps path patterns to services; the last that fits counts."
    )
    layouts: tuple[str, ...] = Field(
        default=("services/*", "apps/*", "cmd/*"), description="Folders whose children are services, by name."
    )
    service_of: Mapping[str, str] = Field(
        default={}, description="Repositories that hold one service each: `owner/name=service`, or the folder's name."
    )
    owners: Mapping[str, str] = Field(
        default={}, description="Owners in CODEOWNERS and their services: `@shop/payments-team=payments`."
    )


@dataclass(frozen=True)
class Rule:
    """Paths that fit `pattern` belong to `owner`; None: to nobody."""

    pattern: str
    owner: str | None
    repository: str = ""
    """Only in this repository; empty: in any."""

    def fits(self, repository: str, path: str) -> bool:
        return self.repository in ("", repository) and _compiled(self.pattern).fullmatch(path) is not None


@dataclass(frozen=True)
class Ownership:
    """Who owns a path. Pure; in order: the mapping file, a repository of one service, folders, CODEOWNERS."""

    rules: tuple[Rule, ...] = ()
    layouts: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    whole: Mapping[str, str] = field(default_factory=dict[str, str])
    owners: Mapping[str, str] = field(default_factory=dict[str, str])
    written: tuple[Rule, ...] = ()
    """What CODEOWNERS says; an owner is a user or a team."""

    def with_codeowners(self, text: str) -> "Ownership":
        """The same with the rules of one repository's CODEOWNERS file."""
        return replace(self, written=codeowners(text))

    def service(self, repository: str, files: Sequence[str]) -> str | None:
        """The one service that these paths touch, texts and tests aside where other files changed; None: nobody's, or several."""
        telling = [path for path in files if not HARMLESS.search(path)] or list(files)
        found = {name for path in telling if (name := self.of(repository, path)) is not None}
        return found.pop() if len(found) == 1 else None

    def of(self, repository: str, path: str) -> str | None:
        """The service of one path."""
        for rule in reversed(self.rules):
            if rule.fits(repository, path):
                return rule.owner
        one = self.whole.get(repository) or self.whole.get(repository.rsplit("/", 1)[-1])
        return one or self._folder(path) or self._written(path) or self._named(repository.rsplit("/", 1)[-1])

    def _folder(self, path: str) -> str | None:
        folders = path.split("/")[:-1]
        for layout in self.layouts:
            parts = layout.strip("/").split("/")
            if len(folders) >= len(parts) and all(p in ("*", f) for p, f in zip(parts, folders, strict=False)):
                name = folders[len(parts) - 1]
                return self._named(name) if self.known else name
        return next((name for folder in folders[:DEPTH] if (name := self._named(folder)) is not None), None)

    def _written(self, path: str) -> str | None:
        rule = next((rule for rule in reversed(self.written) if rule.fits("", path)), None)
        if rule is None or rule.owner is None:
            return None
        given = self.owners.get(rule.owner) or self.owners.get(rule.owner.lstrip("@"))
        return given or self._named(_TEAM.sub("", rule.owner.rsplit("/", 1)[-1].lstrip("@").lower()))

    def _named(self, name: str) -> str | None:
        """The known service of this name, however it is spelt."""
        wanted = _plain(name)
        return next((service for service in self.known if _plain(service) == wanted), None)


def codeowners(text: str) -> tuple[Rule, ...]:
    """The rules of a CODEOWNERS file by their first owner; what cannot be read is left out. Source: GitHub's documented syntax."""
    rules: list[Rule] = []
    for line in text.splitlines()[: RULES * 4]:
        words = line.split("#", 1)[0].split()
        if words and not words[0].startswith("["):
            rules.append(Rule(words[0], words[1] if len(words) > 1 else None))
    return tuple(rules[:RULES])


def ownership(settings: Owning) -> Ownership:
    """What the settings and the mapping file say. Raises Misconfigured where the file cannot be read."""
    rules = _mapped(settings.services_file) if settings.services_file is not None else ()
    return Ownership(rules, settings.layouts, settings.services, settings.service_of, settings.owners)


def _mapped(path: Path) -> tuple[Rule, ...]:
    wanted = "it must hold lines such as `services/checkout/**: checkout`"
    try:
        loaded: Any = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise Misconfigured(f"services_file {path} cannot be read: {str(error).splitlines()[0]}; {wanted}") from None
    if not isinstance(loaded, dict) or not all(isinstance(v, str | None) for v in loaded.values()):
        raise Misconfigured(f"services_file {path} maps something else than paths to names of services; {wanted}")
    if len(loaded) > RULES:
        raise Misconfigured(f"services_file {path} holds more than {RULES:,} lines; use wider patterns")
    return tuple(_rule(str(pattern), service or None) for pattern, service in loaded.items())


def _rule(pattern: str, service: str | None) -> Rule:
    """`owner/name:path` speaks of one repository."""
    repository, _, path = pattern.rpartition(":")
    return Rule(path, service, repository)


@lru_cache(maxsize=RULES)
def _compiled(pattern: str) -> Any:
    """As CODEOWNERS reads it: `/` in front or within anchors it, a folder means all below it, `*` stays within a folder."""
    anchored = "/" in pattern.rstrip("/")
    bare = pattern.strip("/")
    parts = ("(?:.*/)?" if part == "**" else _part(part) for part in bare.split("/"))
    body = "/".join(parts).replace("(?:.*/)?/", "(?:.*/)?")
    below = "" if bare.endswith("/*") else "(?:/.*)?" if not pattern.endswith("/") else "/.*"
    if bare.endswith("**"):
        body, below = body.removesuffix("(?:.*/)?") + ".*", ""
    return re2.compile(("" if anchored else "(?:.*/)?") + body + below)


def _part(part: str) -> str:
    out = ("[^/]*" if c == "*" else "[^/]" if c == "?" else re2.escape(c) for c in part)
    return "".join(out)


def _plain(name: str) -> str:
    return _SUFFIX.sub("", name.lower().replace("_", "-").replace(".", "-"))


def named_files(files: Iterable[str], most: int = 200) -> tuple[str, ...]:
    """Paths as a Change keeps them."""
    return tuple(name[:500] for _, name in zip(range(most), files, strict=False))
