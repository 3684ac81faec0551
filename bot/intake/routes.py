"""Which routes take alerts, from whom, and what do they answer?"""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from aiohttp import web

from bot.intake import alertmanager, generic
from bot.intake.incidents import Incidents
from bot.intake.reader import Reader, Unreadable
from bot.intake.settings import AlertSettings
from bot.intake.signatures import Forged, check_token
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
    routes: dict[str, tuple[Check, Read]] = {}
    if settings.token is not None:
        token = settings.token.get_secret_value()

        def bearer(request: web.Request, _: bytes) -> None:
            check_token(request.headers, token)

        routes["/intake/alertmanager"] = (bearer, alertmanager.alerts)
        routes["/intake/alert"] = (bearer, generic.alerts)
    for path, (check, read) in routes.items():
        server.router.add_post(path, partial(_taken, incidents=incidents, reader=reader, check=check, read=read))
    return tuple(routes)


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
