"""How does a source talk HTTP: bounded in time and bytes, to one address, with every failure as a SourceError."""

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import aiohttp
import stamina

from clew.errors import Misconfigured, QueryRejected, SourceError, SourceTimeout, SourceUnavailable
from tools.address import Address
from tools.redact import redacted
from tools.resolver import Resolver
from tools.usage import Usage

BODY_BYTES = 32_000_000
"""Of one answer; more is refused, since no question of ours needs it."""
SAID_BYTES = 2_000
"""Read of a refusal: what is wrong stands at its beginning."""
AT_ONCE = 6
"""Requests that one source gets at the same time."""
TRIES = 3
AGAIN = frozenset({429, 502, 503, 504})
Params = Mapping[str, str | Sequence[str]]


class _BusyError(Exception):
    """The other side is busy, or something between is; worth another try after `wait` seconds (None: it did not say)."""

    def __init__(self, refusal: SourceError, wait: float | None) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal
        self.wait = wait


@dataclass(frozen=True)
class Reply:
    """An answer that was accepted: status below 300, or 304."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Raises ValueError where the body is no JSON."""
        try:
            return json.loads(self.body)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


@dataclass(eq=False)
class Transport:
    """One source's way out. Redirects are not followed; a 429 or 503 is tried again within the time there is."""

    source: str
    url: str
    session: aiohttp.ClientSession
    usage: Usage
    seconds: float
    most: int = BODY_BYTES
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What gets us in; a server that repeats it in a refusal does not make it known."""

    async def get(self, path: str, params: Params | None = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Raises QueryRejected (400, 404, 422), SourceTimeout or SourceUnavailable; the message says what to do."""
        return await self._sent("GET", path, params=_flat(params), headers=headers)

    async def post(
        self,
        path: str,
        *,
        form: Params | None = None,
        json_body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """A question that is too long for an address; read-only all the same. Raises as `get`."""
        sent: dict[str, Any] = {"json": json_body} if json_body is not None else {"data": _flat(form)}
        return await self._sent("POST", path, headers=headers, **sent)

    async def json(self, path: str, params: Params | None = None) -> Any:
        """The parsed body of `get`."""
        reply = await self.get(path, params)
        return self.parsed(reply)

    def parsed(self, reply: Reply) -> Any:
        """The body as JSON; raises SourceUnavailable where it is none."""
        try:
            return reply.json()
        except ValueError as error:
            raise SourceUnavailable(
                self.source, f"{self.source} answered something that is not JSON; is {self.url} the right address?"
            ) from error

    async def _sent(self, method: str, path: str, **sent: Any) -> Reply:
        if _climbs(path):
            raise QueryRejected(self.source, "a name of dots cannot be asked for: it would lead to another address")
        refusals: list[SourceError] = []
        # the library's errors hold the request with its secrets: their words are kept, they are not
        try:
            async with asyncio.timeout(self.seconds), self.gate:
                return await self._tried(method, path, sent, refusals)
        except TimeoutError:
            late = SourceTimeout(self.source, f"no answer within {self.seconds:g} s")
            raise (refusals[-1] if refusals else late) from None
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError, ssl.SSLError):
            raise SourceUnavailable(
                self.source,
                f"the certificate of {self.url} is not trusted; set ca_file to your authority's certificate",
            ) from None
        except aiohttp.ClientConnectionError as error:
            raise SourceUnavailable(
                self.source, f"{self.url} cannot be reached: {self._told(str(error) or type(error).__name__)}"
            ) from None
        except (aiohttp.ClientError, UnicodeError, ValueError) as error:
            raise SourceUnavailable(
                self.source, f"{self.url} broke off its answer: {self._told(str(error) or type(error).__name__)}"
            ) from None

    async def _tried(self, method: str, path: str, sent: dict[str, Any], refusals: list[SourceError]) -> Reply:
        """`refusals` gets those that were worth another try."""
        try:
            async for attempt in stamina.retry_context(on=self._patience, attempts=TRIES, timeout=self.seconds):
                with attempt:
                    self.usage.add(self.source, requests=1)
                    async with self.session.request(method, self.url + path, allow_redirects=False, **sent) as response:
                        return await self._accepted(response, refusals)
        except _BusyError as busy:
            raise busy.refusal from None
        raise AssertionError("a try returns or raises")

    def _patience(self, error: Exception) -> bool | float:
        """Seconds to wait before the next try; False for none."""
        if not isinstance(error, _BusyError):
            return False
        return error.wait is None or (error.wait if error.wait < self.seconds / 2 else False)

    async def _accepted(self, response: aiohttp.ClientResponse, refusals: list[SourceError]) -> Reply:
        if 300 <= response.status < 400 and response.status != 304:
            raise SourceUnavailable(
                self.source, f"{self.url} redirects elsewhere, which is not followed; set the address it redirects to"
            )
        if response.status < 300 or response.status == 304:
            body = await self._body(response)
            self.usage.add(self.source, received=len(body))
            return Reply(response.status, dict(response.headers), body)
        said = await response.content.read(SAID_BYTES)
        self.usage.add(self.source, received=len(said))
        refusal = self._refusal(response.status, said)
        if response.status in AGAIN:
            refusals.append(refusal)
            raise _BusyError(refusal, _wait(response.headers.get("Retry-After")))
        raise refusal

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for chunk in response.content.iter_chunked(1 << 16):
            size += len(chunk)
            if size > self.most:
                response.close()
                raise SourceUnavailable(
                    self.source, f"the answer is larger than {self.most // 1_000_000} MB, so it was not read"
                )
            parts.append(chunk)
        return b"".join(parts)

    def _refusal(self, status: int, body: bytes) -> SourceError:
        said = self._told(body.decode("utf-8", "replace"))
        told = f"{self.source} answered with status {status}" + (f": {said}" if said else "")
        if status in (401, 403):
            return SourceUnavailable(self.source, f"{told}. Check its token or user, and what they may read")
        if status in (400, 404, 405, 413, 414, 422):
            return QueryRejected(self.source, told)
        return SourceUnavailable(self.source, told)

    def _told(self, text: str) -> str:
        """The first words of what the other side said, without secrets."""
        for secret in self.secrets:
            text = text.replace(secret, "[redacted]")
        return " ".join(redacted(text).split())[:200]


@asynccontextmanager
async def transported(
    source: str, address: Address, usage: Usage, seconds: float, headers: Mapping[str, str] | None = None
) -> AsyncGenerator[Transport]:
    """A way to `address` while open. Raises Misconfigured where the authority's file cannot be read."""
    known: dict[str, str] = {"User-Agent": "clew", "Accept": "application/json", **(headers or {})}
    if address.token is not None:
        known["Authorization"] = f"Bearer {address.token.get_secret_value()}"
    if address.username is not None:
        password = address.password.get_secret_value() if address.password is not None else ""
        known["Authorization"] = aiohttp.encode_basic_auth(address.username, password, "utf-8")
    secrets = [known["Authorization"].split(" ", 1)[1]] if "Authorization" in known else []
    if address.password is not None:
        secrets.append(address.password.get_secret_value())
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=max(1.0, seconds / 2))
    async with aiohttp.ClientSession(
        connector=connecting(address.ca_file),
        headers=known,
        timeout=timeout,
        auto_decompress=True,
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        yield Transport(source, address.url, session, usage, seconds, secrets=tuple(filter(None, secrets)))


def connecting(ca_file: str | None) -> aiohttp.TCPConnector:
    """How a source connects: few at once, to trusted certificates, and by no name to where credentials are served. Raises Misconfigured."""
    return aiohttp.TCPConnector(ssl=trusted(ca_file), limit=AT_ONCE, resolver=Resolver())


def trusted(ca_file: str | None) -> ssl.SSLContext | bool:
    """What a certificate is checked against: the system's authorities, or those of one file. Raises Misconfigured."""
    if ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"ca_file {ca_file} cannot be read as certificates: {_short(error)}") from error


def _flat(params: Params | None) -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    for name, value in (params or {}).items():
        out += [(name, value)] if isinstance(value, str) else [(name, each) for each in value]
    return out


def _climbs(path: str) -> bool:
    return any(part in (".", "..") for part in unquote(path.split("?", 1)[0]).replace("\\", "/").split("/"))


def _wait(told: str | None) -> float | None:
    """Seconds to wait; a date or nonsense counts as nothing said."""
    try:
        return max(0.0, float(told or ""))
    except ValueError:
        return None


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
