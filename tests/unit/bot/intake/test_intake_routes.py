"""Who may tell of alerts, what does each sender's body mean, and what becomes of a body that means nothing?"""

import base64
import hashlib
import hmac
import io
import json
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.intake.incidents import Incidents, Office
from bot.intake.reader import Reader
from bot.intake.routes import BODY_BYTES, add_intake
from bot.intake.settings import AlertSettings
from clew.alert import Alert, Severity
from clew.burst import Burst
from clew.incident import Signal
from clew.testing import DictMemory
from tests.flows.story import Houses, RunningClock

TOKEN = "a token of forty characters, more or less"
PAGER = "a pager's secret of some length"
PEOPLE = "whsec_" + base64.b64encode(b"what incident.io signs with").decode()
EVERY = AlertSettings(token=SecretStr(TOKEN), pagerduty_secret=SecretStr(PAGER), incident_io_secret=SecretStr(PEOPLE))
BEARER = {"Authorization": f"Bearer {TOKEN}"}
NOW = time.time()


@dataclass
class Desk:
    """The routes on a real server, and what they kept."""

    client: aiohttp.ClientSession
    memory: DictMemory

    async def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.client.post(path, data=io.BytesIO(content), headers=headers or {}) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text.startswith("{") else {"text": text}

    async def bursts(self) -> tuple[Burst, ...]:
        return (await self.memory.alert_book([], 0.0)).bursts

    async def only(self) -> Alert:
        """The one alert that is kept."""
        (burst,) = await self.bursts()
        (alert,) = await self.memory.alerts_of(burst.id, 5)
        return alert


Open = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    @asynccontextmanager
    async def open_(settings: AlertSettings = EVERY, **reading: Any) -> AsyncGenerator[Desk]:
        houses = Houses(tmp_path, clock=RunningClock(NOW))
        async with houses.house(sources=()) as house:
            incidents = Incidents(Office(house.memory, house.copilot, house.platform, house.clock, "one"))
            server = web.Application(client_max_size=BODY_BYTES)
            add_intake(server, incidents, settings, Reader(time.time, **reading))
            runner = web.AppRunner(server, access_log=None, shutdown_timeout=1.0)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            try:
                async with (
                    incidents.running(),
                    aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as client,
                ):
                    yield Desk(client, house.memory)
            finally:
                await runner.cleanup()

    return open_


def fired(name: str = "HighErrorRate", **labels: str) -> dict[str, Any]:
    return {
        "status": "firing",
        "labels": {"alertname": name, "severity": "critical", "service": "checkout", "namespace": "shop", **labels},
        "annotations": {"summary": "5 % of requests fail", "runbook_url": "https://runbooks/1"},
        "startsAt": "2026-11-22T18:36:12.345678901Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prom/graph?g0.expr=sum%28rate%28http_errors_total%5B5m%5D%29%29+%3E+0.05&g0.tab=1",
        "fingerprint": hashlib.md5(json.dumps([name, labels]).encode(), usedforsecurity=False).hexdigest()[:16],
    }


def notification(*alerts: Any, **changes: Any) -> dict[str, Any]:
    return {"version": "4", "groupKey": '{}:{alertname="x"}', "receiver": "clew", "alerts": list(alerts), **changes}


def paged(status: str = "triggered", at: float = NOW - 5, kind: str = "incident", **data: Any) -> dict[str, Any]:
    """The documented example, with our times."""
    return {
        "event": {
            "id": "5ac64822-4adc-4fda-ade0-410becf0de4f",
            "event_type": f"incident.{status}",
            "resource_type": "incident",
            "occurred_at": at,
            "agent": {"id": "PLH1HKV", "type": "user_reference"},
            "client": {"name": "PagerDuty"},
            "data": {
                "id": "PGR0VU2",
                "type": kind,
                "html_url": "https://acme.pagerduty.com/incidents/PGR0VU2",
                "number": 2,
                "status": status,
                "created_at": NOW - 60,
                "title": "Checkout latency is high",
                "service": {"summary": "checkout", "type": "service_reference"},
                "priority": {"summary": "P1"},
                "urgency": "high",
                **data,
            },
        }
    }


def declared(category: str = "live", kind: str = "created", **data: Any) -> dict[str, Any]:
    event = f"public_incident.incident_{kind}_v2"
    incident = {
        "id": "01FDAG4SAP5TYPT98WGR2N7W91",
        "reference": "INC-123",
        "name": "Our database is sad",
        "summary": "Connection pool exhausted",
        "created_at": "2026-11-22T18:36:12Z",
        "updated_at": "2026-11-22T18:37:12Z",
        "permalink": "https://app.incident.io/incidents/123",
        "severity": {"id": "01", "name": "Major", "rank": 2},
        "incident_status": {"id": "02", "name": "Investigating", "category": category},
        "slack_channel_id": "C02AW36C1M5",
        "incident_timestamp_values": [],
        **data,
    }
    return {"event_type": event, event: {"incident": incident} if kind == "status_updated" else incident}


def pager_signed(body: Any, secret: str = PAGER) -> tuple[bytes, dict[str, str]]:
    content = json.dumps(body).encode()
    mac = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    return content, {"X-PagerDuty-Signature": f"v1={'0' * 64},v1={mac}"}


def people_signed(body: Any, at: float | None = None, name: str = "webhook") -> tuple[bytes, dict[str, str]]:
    content, stamp = json.dumps(body).encode(), str(int(time.time() if at is None else at))
    key = base64.b64decode(PEOPLE.removeprefix("whsec_"))
    mac = base64.b64encode(hmac.new(key, f"msg_1.{stamp}.".encode() + content, hashlib.sha256).digest()).decode()
    return content, {f"{name}-id": "msg_1", f"{name}-timestamp": stamp, f"{name}-signature": f"v1,AAAA v1,{mac}"}


# who may


async def test_a_route_without_its_secret_does_not_exist(opened: Open) -> None:
    async with opened(AlertSettings()) as desk:
        for path in ("alertmanager", "alert", "pagerduty", "incident-io"):
            assert (await desk.post(f"/intake/{path}", {}, BEARER))[0] == 404
    async with opened(AlertSettings(token=SecretStr(TOKEN))) as desk:
        assert (await desk.post("/intake/alertmanager", notification(fired()), BEARER))[0] == 200
        assert (await desk.post("/intake/pagerduty", {}, BEARER))[0] == 404


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Token {TOKEN}"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + base64.b64encode(b"clew:wrong").decode()},
        {"Authorization": "Bearer \u00fcber"},
    ],
)
@pytest.mark.parametrize("path", ["/intake/alertmanager", "/intake/alert"])
async def test_nobody_without_the_token(opened: Open, path: str, headers: dict[str, str]) -> None:
    async with opened() as desk:
        status, said = await desk.post(path, notification(fired()), headers)
        assert status == 401
        assert TOKEN not in str(said)
        assert await desk.bursts() == ()


async def test_the_token_as_a_password(opened: Open) -> None:
    async with opened() as desk:
        basic = {"Authorization": "Basic " + base64.b64encode(f"anyone:{TOKEN}".encode()).decode()}
        assert (await desk.post("/intake/alertmanager", notification(fired()), basic))[0] == 200


async def test_a_signature_of_something_else_is_no_signature(opened: Open) -> None:
    async with opened() as desk:
        content, headers = pager_signed(paged())
        assert (await desk.post("/intake/pagerduty", content + b" ", headers))[0] == 401
        assert (await desk.post("/intake/pagerduty", content, {}))[0] == 401
        assert (await desk.post("/intake/pagerduty", content, BEARER))[0] == 401
        assert (await desk.post("/intake/pagerduty", *pager_signed(paged(), "another secret")))[0] == 401
        content, headers = people_signed(declared())
        assert (await desk.post("/intake/incident-io", content + b" ", headers))[0] == 401
        assert (await desk.post("/intake/incident-io", content, {**headers, "webhook-id": "msg_2"}))[0] == 401
        assert (await desk.post("/intake/incident-io", content, {}))[0] == 401
        assert await desk.bursts() == ()


@pytest.mark.parametrize("seconds", [-400.0, 400.0])
async def test_a_signature_of_another_time_is_refused(opened: Open, seconds: float) -> None:
    async with opened() as desk:
        content, headers = people_signed(declared(), time.time() + seconds)
        status, said = await desk.post("/intake/incident-io", content, headers)
        assert status == 401
        assert "clock" in said["error"]
        headers["webhook-timestamp"] = "nan"
        assert (await desk.post("/intake/incident-io", content, headers))[0] == 401


async def test_an_event_that_somebody_kept_for_days_is_refused(opened: Open) -> None:
    async with opened() as desk:
        status, said = await desk.post("/intake/pagerduty", *pager_signed(paged(at=NOW - 3 * 86_400)))
        assert status == 400
        assert "a day old" in said["error"]


# what it means


async def test_what_alertmanager_says(opened: Open) -> None:
    async with opened() as desk:
        status, said = await desk.post("/intake/alertmanager", notification(fired()), BEARER)
        assert (status, said["kept"], len(said["incidents"])) == (200, 1, 1)
        alert = await desk.only()
        assert (alert.title, alert.service) == ("checkout: 5 % of requests fail", "checkout")
        assert (alert.signal, alert.metric, alert.severity) == (Signal.ERRORS, "http_errors_total", Severity.CRITICAL)
        assert abs(alert.started_at - 1_795_372_572.345678) < 0.001
        assert (alert.place, alert.group) == ("namespace=shop", 'clew {}:{alertname="x"}')
        again = await desk.post("/intake/alertmanager", notification(fired()), BEARER)
        assert (again[0], again[1]["kept"]) == (200, 0), "the same again is harmless"
        over = {**fired(), "status": "resolved", "endsAt": "2026-11-22T18:40:00Z"}
        assert (await desk.post("/intake/alertmanager", notification(over), BEARER))[1]["kept"] == 1
        assert not (await desk.only()).firing


async def test_a_thousand_alerts_in_one_body(opened: Open) -> None:
    async with opened() as desk:
        body = notification(*(fired(pod=f"checkout-{i}") for i in range(1000)))
        status, said = await desk.post("/intake/alertmanager", body, BEARER)
        assert (status, said["kept"], len(said["incidents"])) == (200, 1000, 1)


async def test_one_broken_alert_does_not_take_the_others_along(opened: Open) -> None:
    async with opened() as desk:
        body = notification({"labels": {"a": 5}}, fired(), "nonsense", {**fired("Other"), "startsAt": "soon"})
        status, said = await desk.post("/intake/alertmanager", body, BEARER)
        assert (status, said["kept"], len(said["broken"])) == (200, 1, 3)
        assert "alerts.3: startsAt" in said["broken"][2]


async def test_a_sender_without_fingerprints_is_told_apart_by_labels(opened: Open) -> None:
    async with opened() as desk:
        bare = [{k: v for k, v in fired(pod=pod).items() if k != "fingerprint"} for pod in ("a", "b", "a")]
        assert (await desk.post("/intake/alertmanager", notification(*bare), BEARER))[1]["kept"] == 2


async def test_the_settings_say_which_label_is_the_service_and_whose_it_is(opened: Open) -> None:
    def scoped(labels: Any) -> str:
        return "blue" if labels.get("team") == "blue" else ""

    async with opened(service_labels=("owner",), place_labels=("dc",), scoped=scoped) as desk:
        body = notification(fired(owner="cart", dc="eu1", team="blue"))
        await desk.post("/intake/alertmanager", body, BEARER)
        alert = await desk.only()
        assert (alert.service, alert.place, alert.scope) == ("cart", "dc=eu1", "blue")


async def test_what_any_program_can_say(opened: Open) -> None:
    async with opened() as desk:
        body = {
            "id": "disk-42",
            "title": "Disk of db1 is full",
            "service": "db",
            "severity": "P2",
            "signal": "saturation",
            "started_at": NOW - 100,
            "labels": {"host": "db1"},
            "url": "https://monitor/42",
        }
        status, said = await desk.post("/intake/alert", body, BEARER)
        assert (status, said["kept"]) == (200, 1)
        alert = await desk.only()
        assert (alert.service, alert.severity, alert.signal) == ("db", Severity.ERROR, Signal.SATURATION)
        assert (alert.link, alert.labels) == ("https://monitor/42", (("host", "db1"), ("service", "db")))
        assert abs(alert.started_at - (NOW - 100)) < 1
        over = {"id": "disk-42", "title": "Disk of db1 is full", "status": "resolved"}
        assert (await desk.post("/intake/alert", [over], BEARER))[1]["kept"] == 1
        assert not (await desk.only()).firing


async def test_a_bare_alert_needs_an_id_and_a_title(opened: Open) -> None:
    async with opened() as desk:
        assert (await desk.post("/intake/alert", {"id": "1", "title": "x"}, BEARER))[0] == 200
        status, said = await desk.post("/intake/alert", {"title": "x"}, BEARER)
        assert (status, said["error"]) == (400, "id: Field required")
        status, said = await desk.post("/intake/alert", {"id": "1", "title": "x", "status": "off"}, BEARER)
        assert status == 400
        assert "status" in said["error"]


async def test_what_pagerduty_says(opened: Open) -> None:
    async with opened() as desk:
        assert (await desk.post("/intake/pagerduty", *pager_signed(paged())))[1]["kept"] == 1
        alert = await desk.only()
        assert (alert.title, alert.service) == ("Checkout latency is high", "checkout")
        assert (alert.severity, alert.signal) == (Severity.CRITICAL, Signal.LATENCY)
        assert alert.link == "https://acme.pagerduty.com/incidents/PGR0VU2"
        seen = paged("acknowledged", NOW - 4)
        assert (await desk.post("/intake/pagerduty", *pager_signed(seen)))[1]["kept"] == 0
        over = paged("resolved", NOW - 2)
        assert (await desk.post("/intake/pagerduty", *pager_signed(over)))[1]["kept"] == 1
        assert not (await desk.only()).firing
        assert (await desk.post("/intake/pagerduty", *pager_signed(seen)))[1]["kept"] == 0
        assert not (await desk.only()).firing, "an event that comes late changes nothing"


@pytest.mark.parametrize("kind", ["incident_note", "service", "ping"])
async def test_pagerduty_tells_of_other_things_too(opened: Open, kind: str) -> None:
    async with opened() as desk:
        body = {"event": {"event_type": "pagey.ping", "occurred_at": NOW, "data": {"type": kind, "message": "hello"}}}
        assert await desk.post("/intake/pagerduty", *pager_signed(body)) == (
            200,
            {"kept": 0, "incidents": [], "broken": []},
        )


@pytest.mark.parametrize("name", ["webhook", "svix"])
async def test_what_incident_io_says(opened: Open, name: str) -> None:
    async with opened() as desk:
        assert (await desk.post("/intake/incident-io", *people_signed(declared(), name=name)))[1]["kept"] == 1
        alert = await desk.only()
        assert (alert.title, alert.channel) == ("Our database is sad", "C02AW36C1M5")
        assert (alert.severity, alert.signal) == (Severity.ERROR, Signal.SATURATION)
        over = declared("closed", "status_updated", updated_at="2026-11-22T19:00:00Z")
        assert (await desk.post("/intake/incident-io", *people_signed(over, name=name)))[1]["kept"] == 1
        assert not (await desk.only()).firing


async def test_the_impact_that_people_noted_is_the_start(opened: Open) -> None:
    async with opened() as desk:
        stamp = {"incident_timestamp": {"name": "Impact started at"}, "value": {"value": "2026-11-22T18:30:00Z"}}
        await desk.post("/intake/incident-io", *people_signed(declared(incident_timestamp_values=[stamp])))
        assert (await desk.only()).started_at == 1_795_372_200.0


@pytest.mark.parametrize(
    "body",
    [
        {"event_type": "private_incident.incident_created_v2", "private_incident.incident_created_v2": {"id": "1"}},
        {"event_type": "public_alert.alert_created_v1", "public_alert.alert_created_v1": {"id": "1"}},
    ],
)
async def test_what_incident_io_keeps_to_itself_is_nothing(opened: Open, body: dict[str, Any]) -> None:
    async with opened() as desk:
        status, said = await desk.post("/intake/incident-io", *people_signed(body))
        assert (status, said["kept"]) == (200, 0)


# what means nothing


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"5",
        b'"text"',
        b"\xff\xfe",
        b"[" * 200_000,
        b"{}",
        b'{"alerts": 5}',
        b'{"alerts": [5]}',
        b'{"alerts": [{"labels": {}, "startsAt": {}}]}',
        b'{"version": "3", "alerts": [{}]}',
        b'{"event_type": 5}',
        b'{"event": {"event_type": "incident.triggered", "occurred_at": 1e999, "data": {"type": "incident"}}}',
    ],
)
async def test_a_broken_body_is_said_and_harms_nothing(opened: Open, body: bytes) -> None:
    async with opened() as desk:
        mac = hmac.new(PAGER.encode(), body, hashlib.sha256).hexdigest()
        key, stamp = base64.b64decode(PEOPLE.removeprefix("whsec_")), str(int(time.time()))
        signed = base64.b64encode(hmac.new(key, f"m.{stamp}.".encode() + body, hashlib.sha256).digest()).decode()
        std = {"webhook-id": "m", "webhook-timestamp": stamp, "webhook-signature": f"v1,{signed}"}
        for path, headers in (
            ("/intake/alertmanager", BEARER),
            ("/intake/alert", BEARER),
            ("/intake/pagerduty", {"X-PagerDuty-Signature": f"v1={mac}"}),
            ("/intake/incident-io", std),
        ):
            status, said = await desk.post(path, body, headers)
            assert status == 400, (path, said)
            assert said["error"]
        assert await desk.bursts() == ()
        assert (await desk.post("/intake/alertmanager", notification(fired()), BEARER))[0] == 200


async def test_bodies_and_lists_are_bounded(opened: Open) -> None:
    async with opened() as desk:
        assert (await desk.post("/intake/alertmanager", b"x" * (BODY_BYTES + 1), BEARER))[0] == 413
        assert (await desk.post("/intake/pagerduty", b"x" * (BODY_BYTES + 1), {}))[0] == 413
        many = {"alerts": [{"id": str(i), "title": "x"} for i in range(5001)]}
        status, said = await desk.post("/intake/alert", many, BEARER)
        assert status == 400
        assert "5000" in said["error"]
        wide = fired(**{f"label{i}": "v" * 1000 for i in range(900)})
        assert (await desk.post("/intake/alertmanager", notification(wide), BEARER))[0] == 200
        assert len((await desk.only()).model_dump_json()) < 20_000


async def test_secrets_and_lines_in_words_do_not_get_in(opened: Open) -> None:
    secret = "xoxb-" + "1" * 12 + "-" + "a" * 24
    async with opened() as desk:
        alert = fired(token=secret)
        alert["annotations"]["summary"] = f"login failed\nwith {secret} <!channel>"
        await desk.post("/intake/alertmanager", notification(alert), BEARER)
        kept = await desk.only()
        assert secret not in kept.model_dump_json()
        assert "\n" not in kept.title


async def test_what_cannot_be_kept_is_not_acknowledged(opened: Open) -> None:
    async with opened() as desk:
        desk.memory.down = "the disk is full"
        status, said = await desk.post("/intake/alertmanager", notification(fired()), BEARER)
        assert status == 500
        assert "send it again" in said["error"]
        desk.memory.down = ""
        assert (await desk.post("/intake/alertmanager", notification(fired()), BEARER))[1]["kept"] == 1


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="16 characters"):
        AlertSettings(token=SecretStr("short"))
