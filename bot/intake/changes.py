"""Who tells us that something was deployed or switched: POST /intake/changes, kept before it is answered."""

import difflib
import hmac
import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast

import structlog
from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from clew.announcement import Announcement
from clew.errors import StoreError
from clew.evidence import Change
from clew.memory import Memory
from clew.ports import Clock
from tools.diffs import DIFF_CHARACTERS, cut
from tools.redact import redacted

log = structlog.get_logger(__name__)

PATH = "/intake/changes"
AT_ONCE = 500
AHEAD_SECONDS = 86_400.0
"""A change may be dated so far ahead; more is a mistake in its clock or its unit."""
SHOWN_ERRORS = 10
LINES, DEPTH = 500, 6
"""Of a value before or after: lines shown, and how deep a value within values is taken apart."""


def _moment(given: Any) -> Any:
    """Unix seconds from a number or from ISO 8601 with an offset."""
    if isinstance(given, int | float) and not isinstance(given, bool):
        if given > 1e11:
            raise ValueError("looks like milliseconds; give Unix seconds")
        return float(given)
    try:
        at = datetime.fromisoformat(str(given))
    except ValueError:
        raise ValueError("must be Unix seconds or a time such as 2030-01-31T09:30:00Z") from None
    if at.tzinfo is None:
        raise ValueError("has no time zone; end it with Z or an offset such as +02:00")
    return at.astimezone(UTC).timestamp()


class Told(BaseModel):
    """One change as a sender writes it; docs/change-feed.md is its manual."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: str = Field(min_length=1, max_length=200)
    kind: Literal["deploy", "flag", "config", "commit"]
    time: Annotated[float, BeforeValidator(_moment)] = Field(ge=0)
    service: str | None = Field(default=None, max_length=200)
    title: str = Field(default="", max_length=2_000)
    author: str | None = Field(default=None, max_length=200)
    version: str = Field(default="", max_length=200)
    commit: str | None = Field(default=None, max_length=100, pattern=r"^[0-9a-fA-F]{7,64}$")
    previous: str | None = Field(default=None, max_length=100)
    files: tuple[Annotated[str, Field(max_length=500)], ...] = Field(default=(), max_length=200)
    diff: str | None = Field(default=None, max_length=500_000)
    key: str = Field(default="", max_length=300)
    before: Any = None
    after: Any = None
    environment: str = Field(default="", max_length=100)
    url: str = Field(default="", max_length=2_000, pattern=r"^$|^https?://[^\s<>\"]+$")

    @model_validator(mode="after")
    def _told(self) -> "Told":
        if self.kind == "commit" and self.commit is None:
            raise ValueError("a commit needs `commit`, its full id")
        return self

    def announcement(self) -> Announcement:
        """As it is kept: redacted and within bounds."""
        title = redacted(self.title)[:500]
        if self.version and self.version not in title:
            title = f"{title} {redacted(self.version)}".strip()
        diff = self.diff if self.diff is not None else self._difference()
        change = Change(
            ref=(self.commit or self.id).lower() if self.kind == "commit" else self.id,
            what=self.kind,
            at=self.time,
            service=self.service or None,
            author=redacted(self.author)[:200] if self.author else None,
            title=title,
            files=self.files,
            diff=cut(diff, DIFF_CHARACTERS) if diff else None,
            commit=self.commit.lower() if self.commit and self.kind != "commit" else None,
            revision_before=self.previous,
        )
        return Announcement(id=self.id, change=change, environment=self.environment, url=self.url)

    def _difference(self) -> str | None:
        """What was before and what is now, as a diff: a flag or a setting has no other."""
        if "before" not in self.model_fields_set and "after" not in self.model_fields_set:
            return None
        name = self.key or self.id
        old = _lines(name, self.before) if "before" in self.model_fields_set else []
        new = _lines(name, self.after) if "after" in self.model_fields_set else []
        lines = difflib.unified_diff(old, new, f"a/{name}", f"b/{name}", n=2, lineterm="")
        return "\n".join(lines) or None


def add_change_feed(server: web.Application, memory: Memory, token: str, clock: Clock) -> None:
    """Adds the one route; only a sender that knows `token` is heard. The server bounds the body."""

    async def told(request: web.Request) -> web.Response:
        if not _known(request.headers.get("Authorization", ""), token):
            headers = {"WWW-Authenticate": "Bearer"}
            return _refused(401, "send the token of CLEW_FEED__TOKEN as `Authorization: Bearer ...`", headers=headers)
        try:
            changes = read(await request.read(), clock.now())
        except web.HTTPRequestEntityTooLarge:
            return _refused(413, "the body is too large; send fewer changes at once, or shorter diffs")
        except _BodyError as error:
            return _refused(error.status, *error.told)
        try:
            new, altered = await memory.announce(changes)
        except StoreError as error:
            log.warning("announced changes were not kept", error=str(error))
            return _refused(503, "nothing was kept, since the store did not answer; send it again")
        unchanged = len({one.id for one in changes}) - new - altered
        return web.json_response({"kept": new, "updated": altered, "unchanged": unchanged})

    server.router.add_post(PATH, told)


class _BodyError(Exception):
    """What is wrong with a body, for its sender."""

    def __init__(self, status: int, *told: str) -> None:
        super().__init__(*told)
        self.status = status
        self.told = told


def read(body: bytes, now: float) -> tuple[Announcement, ...]:
    """The changes in one body: one object, a list, or `{"changes": [...]}`. All of them are good, or none is taken."""
    try:
        given: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise _BodyError(400, "the body is not JSON in UTF-8") from None
    if isinstance(given, dict) and set(cast(dict[str, Any], given)) == {"changes"}:
        given = given["changes"]
    several: list[Any] = cast(list[Any], given) if isinstance(given, list) else [given]
    if not several:
        raise _BodyError(422, "there is no change in the body")
    if len(several) > AT_ONCE:
        raise _BodyError(422, f"{len(several):,} changes at once are more than {AT_ONCE}; send them in parts")
    changes: list[Announcement] = []
    wrong: list[str] = []
    for number, one in enumerate(several):
        try:
            told = Told.model_validate(one)
            if told.time > now + AHEAD_SECONDS:
                wrong.append(f"changes[{number}].time: is more than a day ahead")
            changes.append(told.announcement())
        except ValidationError as error:
            wrong += [f"changes[{number}]{_complaint(e)}" for e in error.errors(include_input=False, include_url=False)]
    if wrong:
        more = [f"and {len(wrong) - SHOWN_ERRORS} more"] if len(wrong) > SHOWN_ERRORS else []
        raise _BodyError(422, *wrong[:SHOWN_ERRORS], *more)
    return tuple(changes)


def _complaint(error: Any) -> str:
    where = "".join(f".{part}" for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{where}: there is no such field; there are {', '.join(Told.model_fields)}"
    return f"{where}: {error['msg'].removeprefix('Value error, ')}"


def _lines(name: str, value: Any, depth: int = 0) -> list[str]:
    """A value as lines, one a part."""
    if isinstance(value, dict) and depth < DEPTH:
        parts = cast(dict[str, Any], value)
        keys = sorted(parts)[:LINES]
        return [line for key in keys for line in _lines(f"{name}.{key}", parts[key], depth + 1)][:LINES]
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    first, *rest = text.splitlines()[:LINES] or [""]
    return [f"{name}: {first}", *rest]


def _known(header: str, token: str) -> bool:
    scheme, _, given = header.partition(" ")
    same = hmac.compare_digest(given.strip().encode("utf-8", "replace"), token.encode())
    return scheme.lower() == "bearer" and same


def _refused(status: int, *why: str, headers: dict[str, str] | None = None) -> web.Response:
    log.warning("announced changes were refused", status=status, why=why[:3])
    return web.json_response({"error": "; ".join(why), "wrong": list(why)}, status=status, headers=headers)
