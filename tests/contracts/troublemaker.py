"""What if the other side answers in a way that no manual describes?"""

import asyncio
import socket
import ssl
import subprocess
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

MEGABYTE = 1_000_000
JSON = "application/json"
Write = Callable[[bytes], Awaitable[None]]


class Trouble(StrEnum):
    """How the server behaves, whatever it is asked."""

    DOWN = "down"
    SLOW = "never answers"
    DRIPS = "a byte now and then"
    HANGS_UP = "hangs up without a word"
    NO_HTTP = "speaks no HTTP"
    LONG_HEAD = "a head without end"
    GARBAGE = "bytes that are no text"
    LOGIN_PAGE = "a login page instead of JSON"
    EMPTY = "an empty body"
    NULL = "null"
    OTHER_SHAPE = "JSON of something else"
    NAN = "NaN and Infinity"
    DEEP = "nested a million deep"
    LONG_NUMBER = "a number of a million digits"
    CUT = "JSON that stops in the middle"
    HALF = "half of the body that was announced"
    HUGE = "an answer of 64 MB"
    BOMB = "1 GB of zeros in 1 MB of gzip"
    NO_GZIP = "gzip that is none"
    BUSY = "429"
    BUSY_LONG = "429, try again in an hour"
    AWAY = "503"
    GATEWAY = "502 with a page of HTML"
    UNAUTHORISED = "401 that repeats the token"
    FORBIDDEN = "403"
    GONE = "404"
    BROKEN = "500"
    REDIRECT = "302 to another server"
    MOVED = "308 to another server"
    CERTIFICATE = "a certificate that nobody vouches for"
    PLAIN = "no TLS where TLS was asked for"


class Speech(StrEnum):
    """Which protocol the address promises."""

    HTTP = "http"
    HTTPS = "https"


SPEAKS = {Trouble.CERTIFICATE: Speech.HTTPS, Trouble.PLAIN: Speech.HTTPS}
TAKES_LONG = frozenset((Trouble.SLOW, Trouble.DRIPS, Trouble.BUSY, Trouble.AWAY, Trouble.GATEWAY))
"""Those that end with the time there is, and not before."""


@dataclass
class Troublemaker:
    """A server that is running; `url` is its address, `asked` the heads of what it was asked."""

    url: str = ""
    asked: list[str] = field(default_factory=list[str])
    elsewhere: list[str] = field(default_factory=list[str])
    """The heads of what arrived at the server to which the redirects lead: nothing ever should."""


@asynccontextmanager
async def troublemaker(trouble: Trouble, folder: Path) -> AsyncGenerator[Troublemaker]:
    """A server on a loopback port that behaves like that while open; `folder` gets its certificate."""
    made = Troublemaker()
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(_listening(_told(made.elsewhere), None))
        answer = _ANSWERS.get(trouble, _body(b"{}"))
        if trouble in (Trouble.REDIRECT, Trouble.MOVED):
            code = b"302 Found" if trouble is Trouble.REDIRECT else b"308 Permanent Redirect"
            answer = _status(code, b"", {"Location": f"http://127.0.0.1:{other}/elsewhere"})
        if trouble is Trouble.UNAUTHORISED:
            answer = _repeated(made.asked)
        context = certified(folder) if trouble is Trouble.CERTIFICATE else None
        async with AsyncExitStack() as own:
            port = await own.enter_async_context(_listening(_told(made.asked, answer), context))
            made.url = f"{SPEAKS.get(trouble, Speech.HTTP)}://127.0.0.1:{port}"
            if trouble is Trouble.DOWN:
                await own.aclose()
            yield made


def certified(folder: Path) -> ssl.SSLContext:
    """A server's context with a certificate for 127.0.0.1 that it signed itself; it is in `folder`/certificate.pem."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        [*made.split(), "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
        timeout=60,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def _listening(handler: Handler, context: ssl.SSLContext | None) -> AsyncGenerator[int]:
    """A server on a loopback port; connections that still hang are cut at the end.

    It takes its guests in itself: a server of the streams forgets to close one that knocked while it was closing.
    """
    loop, open_ = asyncio.get_running_loop(), asyncio.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    port = int(listener.getsockname()[1])
    guests: set[asyncio.Task[None]] = set()

    async def door() -> None:
        while True:
            held, _ = await loop.sock_accept(listener)
            if not open_.is_set():
                held.close()
                return
            guest = asyncio.create_task(_served(held, handler, context))
            guests.add(guest)
            guest.add_done_callback(guests.discard)

    open_.set()
    letting_in = asyncio.create_task(door())
    try:
        yield port
    finally:
        open_.clear()
        with closing(socket.create_connection(("127.0.0.1", port), timeout=5)):  # wakes the door, which then shuts
            await letting_in
        listener.close()
        for guest in tuple(guests):
            guest.cancel()
        await asyncio.gather(*guests, return_exceptions=True)
        await asyncio.sleep(0.03)  # sockets are closed in the loop's next turns


async def _served(held: socket.socket, handler: Handler, context: ssl.SSLContext | None) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    writer: asyncio.StreamWriter | None = None
    try:
        held.setblocking(False)
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, held, ssl=context)
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        await handler(reader, writer)
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        pass  # the client had enough
    finally:
        if writer is None:
            held.close()
        else:
            writer.transport.abort()


def _told(heads: list[str], answer: "Answer | None" = None) -> Handler:
    """Notes what was asked, then answers; without an answer it hangs up."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"))
        if answer is None:
            return

        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        await answer(write)
        with suppress(OSError):
            writer.write_eof() if writer.can_write_eof() else writer.close()
            await reader.read()

    return handle


Answer = Callable[[Write], Awaitable[None]]


def _status(status: bytes, body: bytes, headers: Mapping[str, str] | None = None, kind: str = JSON) -> Answer:
    told = {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close", **(headers or {})}
    head = b"HTTP/1.1 " + status + b"\r\n" + "".join(f"{k}: {v}\r\n" for k, v in told.items()).encode() + b"\r\n"

    async def answer(write: Write) -> None:
        await write(head + body)

    return answer


def _body(body: bytes, headers: Mapping[str, str] | None = None, kind: str = JSON) -> Answer:
    return _status(b"200 OK", body, headers, kind)


def _raw(data: bytes) -> Answer:
    async def answer(write: Write) -> None:
        await write(data)

    return answer


def _repeated(heads: list[str]) -> Answer:
    """Says back which credentials did not suit it."""

    async def answer(write: Write) -> None:
        mine = [line for line in heads[-1].splitlines() if line.lower().startswith("authorization:")]
        await _status(b"401 Unauthorized", f'{{"message": "not accepted: {" ".join(mine)}"}}'.encode())(write)

    return answer


async def _slow(write: Write) -> None:
    await asyncio.Event().wait()


async def _drips(write: Write) -> None:
    await write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n[")
    while True:
        await asyncio.sleep(0.1)
        await write(b" ")


async def _huge(write: Write) -> None:
    await write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n[")
    for _ in range(64):
        await write(b"1," * (MEGABYTE // 2))
    await write(b"1]")


async def _bomb(write: Write) -> None:
    """After a full flush equal megabytes have equal compressed bytes."""
    packer = zlib.compressobj(9, wbits=31)
    first, more = (packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    await _body(first + 999 * more, {"Content-Encoding": "gzip"})(write)


async def _long_head(write: Write) -> None:
    await write(b"HTTP/1.1 200 OK\r\n")
    for number in range(20_000):
        await write(b"X-%d: %s\r\n" % (number, b"x" * 200))


async def _nothing(write: Write) -> None:
    return


PAGE = b"<!doctype html><title>Sign in</title><form action='/login'><input name=password></form>"
SHAPE = b'{"unexpected": [1, {"a": "b"}], "status": 7, "data": "text", "hits": [], "items": "none"}'
NUMBERS = (
    b'{"status": "success", "data": {"resultType": "matrix", "result": [{"metric": NaN, "values": Infinity}]},'
    b' "hits": {"total": NaN, "hits": [-Infinity]}, "items": NaN, "streams": [NaN]}'
)
_ANSWERS: dict[Trouble, Answer] = {
    Trouble.SLOW: _slow,
    Trouble.DRIPS: _drips,
    Trouble.HANGS_UP: _nothing,
    Trouble.NO_HTTP: _raw(b"220 mail.example ESMTP\r\n"),
    Trouble.LONG_HEAD: _long_head,
    Trouble.GARBAGE: _body(bytes(range(256)) * 40, kind="application/octet-stream"),
    Trouble.LOGIN_PAGE: _body(PAGE, kind="text/html"),
    Trouble.EMPTY: _body(b""),
    Trouble.NULL: _body(b"null"),
    Trouble.OTHER_SHAPE: _body(SHAPE),
    Trouble.NAN: _body(NUMBERS),
    Trouble.DEEP: _body(b"[" * MEGABYTE + b"]" * MEGABYTE),
    Trouble.LONG_NUMBER: _body(b"[" + b"9" * MEGABYTE + b"]"),
    Trouble.CUT: _body(b'{"status": "success", "data": {"resultType": "matrix", "result": [{"met'),
    Trouble.HALF: _raw(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"status":'),
    Trouble.HUGE: _huge,
    Trouble.BOMB: _bomb,
    Trouble.NO_GZIP: _body(b'{"status": "success"}', {"Content-Encoding": "gzip"}),
    Trouble.BUSY: _status(b"429 Too Many Requests", b"slow down", kind="text/plain"),
    Trouble.BUSY_LONG: _status(b"429 Too Many Requests", b"{}", {"Retry-After": "3600"}),
    Trouble.AWAY: _status(b"503 Service Unavailable", b"{}", {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
    Trouble.GATEWAY: _status(b"502 Bad Gateway", PAGE, kind="text/html"),
    Trouble.FORBIDDEN: _status(b"403 Forbidden", b'{"message": "no"}'),
    Trouble.GONE: _status(b"404 Not Found", b'{"error": {"type": "index_not_found_exception"}, "status": 404}'),
    Trouble.BROKEN: _status(b"500 Internal Server Error", b'{"error": "stack trace"}'),
}
