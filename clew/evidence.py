"""What was asked, what came back, and how can anybody ask it again."""

import hashlib
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from clew.frozen import Frozen
from clew.incident import Window


class Standing(StrEnum):
    """A failed query is evidence too: of a gap."""

    SEEN = "seen"
    EMPTY = "empty"
    PARTIAL = "partial"
    UNAVAILABLE = "unavailable"


class Mark(Frozen):
    """A moment drawn on a chart: a deploy, a flag, the alert."""

    at: float
    label: str


class Series(Frozen):
    """One measured quantity over time, thinned to what a chart needs (at most 720 points)."""

    kind: Literal["series"] = "series"
    name: str
    service: str
    unit: str = ""
    times: tuple[float, ...]
    values: tuple[float | None, ...]
    """None where nothing was measured: a gap is drawn as a gap."""
    normal: float | None = None
    """The usual level: drawn dashed."""
    before: float | None = None
    after: float | None = None
    onset: float | None = None
    marks: tuple[Mark, ...] = ()


class Sample(Frozen):
    """One log line as it was written, after redaction."""

    at: float
    text: str
    trace: str = ""


class Lines(Frozen):
    """Log lines of one template: how many, since when, how many were usual."""

    kind: Literal["lines"] = "lines"
    service: str
    severity: str = ""
    template: str
    count: int
    usual: int = 0
    first: float | None = None
    last: float | None = None
    samples: tuple[Sample, ...] = ()


class Change(Frozen):
    """Something that people or machines altered: a commit, a deploy, a flag, a setting."""

    kind: Literal["change"] = "change"
    ref: str
    what: Literal["commit", "deploy", "flag", "config"] = "commit"
    at: float
    service: str | None = None
    author: str | None = None
    title: str = ""
    files: tuple[str, ...] = ()
    diff: str | None = None
    """Unified diff, cut to a budget; None when it could not be read: such a change is never named as a cause."""
    commit: str | None = None
    """For a deploy: the commit that it brought out."""
    revision_before: str | None = None
    told_by: tuple[str, ...] = Field(default=(), exclude_if=lambda names: not names)
    """Names of the sources that told it, the one that knows it best first; empty where one source told everything."""


class Note(Frozen):
    """Anything that is a sentence: a gap, a call-graph fact, the alert's own text."""

    kind: Literal["note"] = "note"
    text: str
    service: str | None = None


Payload = Annotated[Series | Lines | Change | Note, Field(discriminator="kind")]


class Call(Frozen):
    """The method and arguments that produced a fact, so that it can be asked again."""

    method: str
    arguments: tuple[tuple[str, str], ...] = ()


class Evidence(Frozen):
    """One fact with its receipt. Built by `evidence()`, which is the only maker of ids."""

    id: str
    source: str
    call: Call
    query: str
    """The exact text sent, or the file and columns read."""
    window: Window
    payload: Payload
    says: str
    """The fact in one plain sentence, made by code from the payload."""
    link: str | None = None
    standing: Standing = Standing.SEEN
    taken_at: float
    digest: str

    @property
    def label(self) -> str:
        """The kind of fact in one word, for people."""
        return {"series": "metric", "lines": "log", "change": "change", "note": "note"}[self.payload.kind]


class Asked(Frozen):
    """What was asked of a source: everything of an Evidence that is known before the answer."""

    source: str
    call: Call
    query: str
    window: Window


def evidence(
    asked: Asked,
    payload: Series | Lines | Change | Note,
    says: str,
    *,
    taken_at: float,
    standing: Standing = Standing.SEEN,
    link: str | None = None,
) -> Evidence:
    """The fact with its id: a hash over source, call, window and content, so the same fact found twice is one."""
    digest = hashlib.blake2s(payload.model_dump_json().encode(), digest_size=8).hexdigest()
    key = "\x1f".join(
        (
            asked.source,
            asked.call.model_dump_json(),
            asked.query,
            repr(asked.window.start),
            repr(asked.window.end),
            digest,
        )
    )
    return Evidence(
        id=hashlib.blake2s(key.encode(), digest_size=6).hexdigest(),
        source=asked.source,
        call=asked.call,
        query=asked.query,
        window=asked.window,
        payload=payload,
        says=says,
        link=link,
        standing=standing,
        taken_at=taken_at,
        digest=digest,
    )
