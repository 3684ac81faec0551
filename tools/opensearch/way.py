"""How does the client library reach the server: over the one transport that every source uses, under its limits."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from opensearchpy import AsyncOpenSearch
from opensearchpy._async.http_aiohttp import AsyncConnection

from clew.errors import SourceError, SourceUnavailable
from tools.transport import Reply, Transport

_REASON = re.compile(r'"reason"\s*:\s*"((?:[^"\\]|\\.){1,400})')


@dataclass(eq=False)
class SearchTransport(Transport):
    """A transport that carries what the client library made, and tells a lost index from a wrong question."""

    async def carried(self, method: str, path: str, body: bytes | str | None, headers: Mapping[str, str]) -> Reply:
        """Raises as `Transport.get`; an index that is not there is SourceUnavailable."""
        return await self._sent(method, path, data=body, headers=headers)

    def _refusal(self, status: int, body: bytes) -> SourceError:
        said = _reason(body)
        if status == 404:
            told = self._told(said) or "not found"
            return SourceUnavailable(self.source, f"{told}: look whether the index is still there, and its setting")
        return super()._refusal(status, said.encode() or body)


def _reason(body: bytes) -> str:
    """Why a server refused, in its own short words; empty where it did not say it as JSON. The body may have been cut."""
    found = _REASON.search(body.decode("utf-8", "replace"))
    return found.group(1) if found else ""


class Way(AsyncConnection):
    """The client library's connection, whose every request goes over `carrier`."""

    def __init__(self, carrier: SearchTransport, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._carrier = carrier

    async def perform_request(  # noqa: PLR0913, PLR0917 the library's signature
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        timeout: int | float | None = None,  # noqa: ASYNC109 the library's signature; the transport has its own
        ignore: Collection[int] = (),
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Mapping[str, str], str]:
        """Status, headers and text of an answer that was accepted. Raises SourceError, which the library lets through."""
        path = f"{url}?{urlencode(dict(params))}" if params else url
        known = {"Content-Type": "application/json"} if body else {}
        reply = await self._carrier.carried(method, path, body, {**known, **(headers or {})})
        try:
            return reply.status, {"content-type": "application/json"}, reply.body.decode()
        except UnicodeDecodeError as error:
            raise SourceUnavailable(self._carrier.source, "the answer is not text, so it was not read") from error

    async def close(self) -> None:
        """The session belongs to the transport."""


def client(carrier: SearchTransport) -> AsyncOpenSearch:
    """A client that can do nothing but over `carrier`: one address, no retries and no sniffing of its own."""

    def way(**kwargs: Any) -> Way:
        return Way(carrier, **kwargs)

    return AsyncOpenSearch(
        hosts=[carrier.url],
        connection_class=way,
        max_retries=0,
        retry_on_timeout=False,
        sniff_on_start=False,
        sniff_on_connection_fail=False,
    )
