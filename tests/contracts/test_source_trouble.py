"""What does every source that asks over HTTP do when the other side misbehaves: never a silence, never a wait, never a secret?"""

import asyncio
import inspect
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from clew.errors import SourceError
from clew.evidence import Evidence, Standing
from clew.ports import ChangeSource, GraphSource, LogSource, MetricSource, Source, TraceSource, queries
from clew.tables import CallGraph, ChangeTable, LogTable, Matrix, Spans
from tests.contracts.content import ALERT, SERVICE, WINDOW
from tests.contracts.troublemaker import Trouble, Troublemaker, troublemaker
from tools import SOURCES, SourceKind
from tools.outside import Outside
from tools.usage import Usage

SECONDS = 0.6
AFTER = 5.0
"""Seconds beyond its time that a read may take on a machine that is busy with other tests."""
TOKEN = "t0k3n-t0k3n"
SETTINGS: dict[str, dict[str, Any]] = {
    "github": {"repositories": ["acme/shop"]},
    "opensearch": {"log_index": "logs-*", "span_index": "spans-*"},
}
"""What a kind needs beside an address and a token."""
TYPED = {"expression": "up"}
"""What is typed for `text`, by the method's name."""
Table = Matrix | LogTable | Spans | ChangeTable | CallGraph
HTTP = [kind for kind in SOURCES if "url" in kind.settings.model_fields]


@dataclass(frozen=True)
class Asked:
    """Sources of one kind, and the server that troubles them."""

    sources: tuple[Source, ...]
    server: Troublemaker
    usage: Usage


@asynccontextmanager
async def troubled(kind: SourceKind, trouble: Trouble, folder: Path) -> AsyncGenerator[Asked]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(troublemaker(trouble, folder))
        usage = Usage()
        settings = kind.settings.model_validate({"url": server.url, "token": TOKEN, **SETTINGS.get(kind.name, {})})
        outside = Outside(seconds=SECONDS, usage=usage, now=lambda: ALERT + 60)
        sources = await stack.enter_async_context(kind.opened(settings, outside))
        yield Asked(sources, server, usage)


def reads(source: Source) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Everything that can be asked of a source, by name."""
    found: dict[str, Callable[[], Awaitable[Any]]] = {}
    if isinstance(source, MetricSource):
        found["matrix"] = lambda: source.matrix(WINDOW)
        found["series_count"] = lambda: source.series_count(WINDOW)
    if isinstance(source, LogSource):
        found["lines"] = lambda: source.lines(WINDOW)
    if isinstance(source, TraceSource):
        found["spans"] = lambda: source.spans(WINDOW)
    if isinstance(source, ChangeSource):
        found["changes"] = lambda: source.changes(WINDOW)
    if isinstance(source, GraphSource):
        found["graph"] = lambda: source.graph(WINDOW)
    for method in queries(source):
        text = TYPED.get(method.__name__, "")
        given = {"service": SERVICE, "metric": "", "text": text, "window": WINDOW}
        arguments = {name: given[name] for name in inspect.signature(method).parameters}
        found[method.__name__] = lambda m=method, a=arguments: m(**a)
    return found


async def outcome(ask: Callable[[], Awaitable[Any]]) -> tuple[Any, float]:
    """The answer or the SourceError, and how long it took. Anything else that is raised is a bug."""
    began = time.monotonic()
    try:
        found = await asyncio.wait_for(ask(), 30)
    except SourceError as error:
        found = error
    return found, time.monotonic() - began


def honest(found: object) -> bool:
    """Whether an answer from a server that answered nothing sensible says that it knows nothing."""
    match found:
        case SourceError():
            return True
        case Matrix() | LogTable() | Spans() | ChangeTable() | CallGraph():
            return bool(found.partial)
        case tuple():
            facts: tuple[Evidence, ...] = found
            return all(f.standing in (Standing.PARTIAL, Standing.UNAVAILABLE) for f in facts) and bool(facts)
        case _:
            return False


@pytest.mark.needs("openssl")
@pytest.mark.parametrize("trouble", list(Trouble))
@pytest.mark.parametrize("kind", HTTP, ids=lambda kind: kind.name)
async def test_trouble_is_told_in_time_and_nothing_leaks(kind: SourceKind, trouble: Trouble, tmp_path: Path) -> None:
    async with troubled(kind, trouble, tmp_path) as asked:
        assert asked.sources
        every = [(source, name, ask) for source in asked.sources for name, ask in reads(source).items()]
        for (source, name, _), (found, seconds) in zip(
            every, await asyncio.gather(*(outcome(ask) for _, _, ask in every)), strict=True
        ):
            assert honest(found), f"{name}: a server that {trouble!r} looks like an answer: {found!r:.300}"
            assert seconds < SECONDS + AFTER, f"{name} took {seconds:.1f} s"
            assert TOKEN not in repr(found)
            if isinstance(found, SourceError):
                assert found.source in {kind.name, source.name}
                assert 5 < len(str(found)) < 600
    assert asked.server.elsewhere == [], "redirects are not followed"


@pytest.mark.needs("openssl")
@pytest.mark.parametrize("trouble", list(Trouble))
@pytest.mark.parametrize("kind", HTTP, ids=lambda kind: kind.name)
async def test_a_check_never_raises_and_says_what_to_do(kind: SourceKind, trouble: Trouble, tmp_path: Path) -> None:
    async with troubled(kind, trouble, tmp_path) as asked:
        began = time.monotonic()
        told = await asyncio.wait_for(asyncio.gather(*(source.check() for source in asked.sources)), 30)
        assert time.monotonic() - began < SECONDS + AFTER
        for source, health in zip(asked.sources, told, strict=True):
            assert (health.ok, health.source) == (False, source.name), health
            assert 5 < len(health.says) < 600
            assert TOKEN not in repr(health)
            assert health.without, "what an investigation misses without it is said"
    assert asked.server.elsewhere == []


@pytest.mark.parametrize("kind", HTTP, ids=lambda kind: kind.name)
async def test_what_is_spent_is_counted(kind: SourceKind, tmp_path: Path) -> None:
    async with troubled(kind, Trouble.BROKEN, tmp_path) as asked:
        for source in asked.sources:
            for ask in reads(source).values():
                await outcome(ask)
        assert asked.usage.total.requests == len(asked.server.asked) > 0


@pytest.mark.parametrize("kind", HTTP, ids=lambda kind: kind.name)
@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "unix:///run/docker.sock", "gopher://127.0.0.1", "127.0.0.1:9090"]
)
def test_only_the_web_is_asked(kind: SourceKind, url: str) -> None:
    with pytest.raises(ValidationError, match="must be an address"):
        kind.settings.model_validate({"url": url, **SETTINGS.get(kind.name, {})})


@pytest.mark.parametrize("kind", HTTP, ids=lambda kind: kind.name)
async def test_opening_asks_nobody(kind: SourceKind, tmp_path: Path) -> None:
    """A source that is down when Clew starts is a gap later, not a reason not to start."""
    async with troubled(kind, Trouble.SLOW, tmp_path) as asked:
        assert asked.sources
        assert asked.server.asked == []
