"""Which routes take alerts, from whom, and what do they answer?"""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from aiohttp import web

from bot.intake import alertmanager, generic, incident_io, pagerduty
from bot.intake.incidents import Incidents
from bot.intake.reader import Reader, Unreadable
from bot.intake.settings import AlertSettings
from bot.intake.signatures import Forged, check_pagerduty, check_standard, check_token
from clew.alert import Alert
from clew.errors import StoreError

log = structlog.get_logger(__name__)

BODY_BYTES = 2_000_000
BODY_SECONDS = 20.0
Read = Callable[[Any, Reader], tuple[tuple[Alert, ...], tuple[str, ...]]]
Check = Callable[[web.Request, bytes], None]
"""Raises Forged if a request is not from whom it must be."""


def add_intake(
    server: web.Application, incidents: Incidents, settings: AlertSettings, reader: Reader
) -> tuple[str, ...]:
    """Adds the routes whose secrets are set, and returns their paths. The server needs `client_max_size` of `BODY_BYTES`."""
    token, pager, people = (
        secret.get_secret_value() if secret is not None else ""
        for secret in (settings.token, settings.pagerduty_secret, settings.incident_io_secret)
    )

    def bearer(request: web.Request, _: bytes) -> None:
        check_token(request.headers, token)

    def paged(request: web.Request, body: bytes) -> None:
        check_pagerduty(request.headers, body, pager)

    def declared(request: web.Request, body: bytes) -> None:
        check_standard(request.headers, body, people, reader.now())

    every: tuple[tuple[str, str, Check, Read], ...] = (
        ("/intake/alertmanager", token, bearer, alertmanager.alerts),
        ("/intake/alert", token, bearer, generic.alerts),
        ("/intake/pagerduty", pager, paged, pagerduty.alerts),
        ("/intake/incident-io", people, declared, incident_io.alerts),
    )
    open_ones = tuple(route for route in every if route[1])
    for path, _, check, read in open_ones:
        server.router.add_post(path, partial(_taken, incidents=incidents, reader=reader, check=check, read=read))
    return tuple(path for path, *_ in open_ones)


async def _taken(
    request: web.Request, *, incidents: Incidents, reader: Reader, check: Check, read: Read
) -> web.Response:
    """Checks, reads, keeps, answers: 200 only for what is kept."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await request.read()
        check(request, body)
        found, broken = read(_json(body), reader)
        told = await incidents.hear(found)
    except TimeoutError:
        return _refused(request, 408, f"the body did not come within {BODY_SECONDS:.0f} s")
    except web.HTTPRequestEntityTooLarge:
        return _refused(
            request, 413, f"more than {BODY_BYTES:,} bytes; send fewer alerts at once (Alertmanager: max_alerts)"
        )
    except Forged as error:
        return _refused(request, 401, str(error))
    except Unreadable as error:
        return _refused(request, 400, str(error))
    except StoreError as error:
        return _refused(request, 500, f"not kept, send it again: {error}")
    if broken and not found:
        return _refused(request, 400, "; ".join(broken[:3]))
    for words in broken[:10]:
        log.warning("an alert could not be read", path=request.path, why=words)
    return web.json_response(
        {"kept": len(told.kept), "incidents": [burst.id for burst in told.bursts], "broken": list(broken[:10])}
    )


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("the body is not JSON") from None


def _refused(request: web.Request, status: int, why: str) -> web.Response:
    log.warning("alerts were refused", path=request.path, status=status, why=why)
    return web.json_response({"error": why}, status=status)
