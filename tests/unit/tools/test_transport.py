"""Does the one way out stay bounded, quiet about secrets and at its address, whatever the other side does?"""

import asyncio
import itertools
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer
from pydantic import SecretStr, ValidationError

from clew.errors import Misconfigured, QueryRejected, SourceError, SourceTimeout, SourceUnavailable
from tests.contracts.troublemaker import MEGABYTE, TAKES_LONG, Trouble, certified, troublemaker
from tools.resolver import Resolver, forbidden
from tools.transport import TRIES, Address, Transport, connecting, transported
from tools.usage import Usage

SECONDS = 0.7
TOKEN = "t0k3n-t0k3n"
JSON_ALL_THE_SAME = frozenset((Trouble.NULL, Trouble.OTHER_SHAPE, Trouble.NAN))
NO_JSON = frozenset(
    (Trouble.EMPTY, Trouble.GARBAGE, Trouble.LOGIN_PAGE, Trouble.DEEP, Trouble.LONG_NUMBER, Trouble.CUT)
)
"""Answers whose bytes are well; what they say is for the one who asked."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def address(url: str, **more: object) -> Address:
    return Address.model_validate({"url": url, **more})


async def fine(request: web.Request) -> web.StreamResponse:
    return web.json_response("fine")


async def asked(url: str, usage: Usage | None = None, **more: object) -> object:
    """What `json` of a source at that address answers."""
    async with transported("shelf", address(url, **more), usage or Usage(), SECONDS) as transport:
        return await transport.json("/api")


@pytest.mark.needs("openssl")
@pytest.mark.parametrize("trouble", sorted(set(Trouble) - NO_JSON - JSON_ALL_THE_SAME))
async def test_every_trouble_is_a_source_error_in_time(trouble: Trouble, tmp_path: Path) -> None:
    began = time.monotonic()
    async with troublemaker(trouble, tmp_path) as server:
        with pytest.raises(SourceError) as caught:
            await asked(server.url, token=TOKEN)
    assert time.monotonic() - began < SECONDS + (3 if trouble in TAKES_LONG else 20)
    assert caught.value.source == "shelf"
    assert 10 < len(str(caught.value)) < 500
    assert TOKEN not in str(caught.value)
    assert TOKEN not in repr(caught.value.__cause__)
    assert server.elsewhere == [], "redirects are not followed"


@pytest.mark.parametrize("trouble", sorted(NO_JSON))
async def test_what_is_not_json_is_said_to_be_none(trouble: Trouble, tmp_path: Path) -> None:
    async with troublemaker(trouble, tmp_path) as server:
        with pytest.raises(SourceUnavailable, match="not JSON"):
            await asked(server.url)


@pytest.mark.parametrize(("trouble", "kind", "says"), [
    (Trouble.SLOW, SourceTimeout, "no answer within"),
    (Trouble.DRIPS, SourceTimeout, "no answer within"),
    (Trouble.DOWN, SourceUnavailable, "cannot be reached"),
    (Trouble.REDIRECT, SourceUnavailable, "redirects elsewhere"),
    (Trouble.HUGE, SourceUnavailable, "larger than 32 MB"),
    (Trouble.BOMB, SourceUnavailable, "larger than 32 MB"),
    (Trouble.UNAUTHORISED, SourceUnavailable, "Check its token"),
    (Trouble.GONE, QueryRejected, "status 404"),
    (Trouble.HALF, SourceUnavailable, "broke off"),
])  # fmt: skip
async def test_each_says_what_is_wrong(trouble: Trouble, kind: type[SourceError], says: str, tmp_path: Path) -> None:
    async with troublemaker(trouble, tmp_path) as server:
        with pytest.raises(kind, match=says):
            await asked(server.url, token=TOKEN)


@pytest.mark.needs("openssl")
async def test_a_private_authority_is_trusted_when_its_file_is_given(tmp_path: Path) -> None:
    app = web.Application()
    app.router.add_get("/api", fine)
    server = TestServer(app)
    await server.start_server(ssl=certified(tmp_path))
    try:
        url = f"https://127.0.0.1:{server.port}"
        with pytest.raises(SourceUnavailable, match="set ca_file"):
            await asked(url)
        assert await asked(url, ca_file=str(tmp_path / "certificate.pem")) == "fine"
        with pytest.raises(Misconfigured, match="cannot be read"):
            await asked(url, ca_file=str(tmp_path / "no such file"))
    finally:
        await server.close()


async def test_a_bomb_is_never_held_as_a_whole(tmp_path: Path) -> None:
    async with troublemaker(Trouble.BOMB, tmp_path) as server:
        tracemalloc.start()
        try:
            with pytest.raises(SourceUnavailable):
                await asked(server.url)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 120 * MEGABYTE


async def serve(handler: Handler) -> TestServer:
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    server = TestServer(app)
    await server.start_server()
    return server


async def test_a_busy_server_is_asked_again_and_its_word_is_kept() -> None:
    times: list[float] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        times.append(time.monotonic())
        if len(times) < TRIES:
            return web.Response(status=429, headers={"Retry-After": "0.2"})
        return web.json_response("at last")

    server, usage = await serve(handle), Usage()
    try:
        async with transported("shelf", address(str(server.make_url("/"))), usage, 5.0) as transport:
            assert await transport.json("/api") == "at last"
    finally:
        await server.close()
    assert all(later - before >= 0.19 for before, later in itertools.pairwise(times))
    assert (usage.of("shelf").requests, usage.of("shelf").received) == (TRIES, len('"at last"'))


async def test_who_wants_an_hour_is_not_waited_for(tmp_path: Path) -> None:
    async with troublemaker(Trouble.BUSY_LONG, tmp_path) as server:
        usage = Usage()
        with pytest.raises(SourceUnavailable, match="429"):
            await asked(server.url, usage)
    assert usage.of("shelf").requests == 1


async def test_what_gets_us_in_is_sent_and_never_repeated(tmp_path: Path) -> None:
    async with troublemaker(Trouble.UNAUTHORISED, tmp_path) as server:
        with pytest.raises(SourceUnavailable) as caught:
            await asked(server.url, username="clew", password=TOKEN)
        with pytest.raises(SourceUnavailable):
            await asked(server.url, token=TOKEN)
    assert "Authorization: Basic" in server.asked[0]
    assert f"Authorization: Bearer {TOKEN}" in server.asked[1]
    said = str(caught.value)
    assert "Y2xldzp" not in said, "nor in base64"
    assert TOKEN not in said


async def test_cookies_are_neither_kept_nor_sent() -> None:
    seen: list[str] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("Cookie", ""))
        answer = web.json_response({})
        answer.set_cookie("session", "1")
        return answer

    server = await serve(handle)
    try:
        async with transported("shelf", address(str(server.make_url("/"))), Usage(), SECONDS) as transport:
            await transport.json("/a")
            await transport.json("/b")
    finally:
        await server.close()
    assert seen == ["", ""]


@pytest.mark.parametrize(
    "path", ["/api/../admin", "/api/%2e%2e/admin", "/..", "/api/..%2fadmin", "/a/./b", "/a\\..\\b"]
)
async def test_no_name_climbs_out_of_its_place(path: str, tmp_path: Path) -> None:
    async with (
        troublemaker(Trouble.NULL, tmp_path) as server,
        transported("shelf", address(server.url), Usage(), SECONDS) as transport,
    ):
        with pytest.raises(QueryRejected):
            await transport.get(path)
        assert (await transport.get("/api", {"query": "a/../b"})).body == b"null"
    assert len(server.asked) == 1


async def test_few_are_asked_at_once() -> None:
    now, most = 0, 0

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1
        return web.json_response({})

    server = await serve(handle)
    try:
        async with transported("shelf", address(str(server.make_url("/"))), Usage(), 10.0) as transport:
            await asyncio.gather(*(transport.json(f"/{i}") for i in range(30)))
    finally:
        await server.close()
    assert 1 < most <= 6


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "file:///etc/passwd"},
        {"url": "unix:///var/run/docker.sock"},
        {"url": "http+unix://%2Fvar%2Frun%2Fdocker.sock"},
        {"url": "gopher://127.0.0.1:70"},
        {"url": "ftp://files.example"},
        {"url": "localhost:9090"},
        {"url": "http://"},
        {"url": "http://me:secret@host"},
        {"url": "http://host/?next=1"},
        {"url": "http://host/#part"},
        {"url": "http://ho st"},
        {"url": "http://host\r\nX: y"},
        {"url": "http://host:99999"},
        {"url": "http://2852039166"},
        {"url": "http://0xa9.0xfe.43518"},
        {"url": "http://127.1"},
        {"url": "http://[::1"},
        {"url": "http://host", "token": "a", "username": "b"},
        {"url": "http://host", "password": "a"},
        {"url": "http://host", "username": "a:b", "password": "c"},
        {"url": "http://host", "token": "a\r\nX: y"},
        {"url": "http://host", "adress": "x"},
    ],
)
def test_an_address_is_a_plain_one_and_a_way_in_is_one(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        Address.model_validate(wrong)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9090", "https://[::1]:9200/sub", "http://0xide.example", "http://9to5"]
)
def test_what_looks_odd_and_is_right_is_taken(url: str) -> None:
    assert address(url + "/").url == url


def test_a_secret_is_not_in_what_is_printed() -> None:
    assert TOKEN not in repr(Address(url="http://host", token=SecretStr(TOKEN)))


@pytest.mark.parametrize(
    ("host", "no"),
    [
        ("169.254.169.254", True),
        ("169.254.0.1", True),
        ("fe80::1", True),
        ("fe80::1%eth0", True),
        ("::ffff:169.254.169.254", True),
        ("fd00:ec2::254", True),
        ("100.100.100.200", True),
        ("127.0.0.1", False),
        ("10.0.0.7", False),
        ("::1", False),
        ("fd00:ec2::1", False),
        ("93.184.216.34", False),
    ],
)
def test_names_must_not_lead_to_where_credentials_are_served(host: str, no: bool) -> None:
    assert forbidden(host) is no


class Book(AbstractResolver):
    """Names as they are written down."""

    def __init__(self, names: dict[str, list[str]]) -> None:
        self.names = names

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=0)
            for each in self.names[host]
        ]

    async def close(self) -> None:
        self.names = {}


async def test_a_name_of_both_leads_to_the_other_only() -> None:
    resolver = Resolver(Book({"both": ["169.254.169.254", "10.0.0.7"], "bad": ["169.254.169.254"], "none": []}))
    assert [each["host"] for each in await resolver.resolve("both", 80)] == ["10.0.0.7"]
    assert await resolver.resolve("none", 80) == []
    with pytest.raises(OSError, match="link-local"):
        await resolver.resolve("bad", 80)
    await resolver.close()


async def test_a_name_that_leads_to_credentials_is_not_asked() -> None:
    connector = aiohttp.TCPConnector(resolver=Resolver(Book({"prometheus.example": ["169.254.169.254"]})))
    async with aiohttp.ClientSession(connector=connector) as session:
        transport = Transport("shelf", "http://prometheus.example", session, Usage(), SECONDS)
        with pytest.raises(SourceUnavailable, match="link-local"):
            await transport.json("/api")


async def test_every_source_connects_by_the_careful_resolver() -> None:
    connector = connecting(None)
    assert isinstance(connector._resolver, Resolver)  # pyright: ignore[reportPrivateUsage]
    await connector.close()
