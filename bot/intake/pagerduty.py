"""What does a PagerDuty v3 webhook tell? The incident's state, whatever kind of event brought it."""

from typing import Any

from pydantic import BaseModel, ValidationError

from bot.intake.reader import Reader, Told, Unreadable
from bot.intake.times import Moment
from bot.intake.trouble import said
from clew.alert import Alert

ORIGIN = "pagerduty"
OLDEST_SECONDS = 86_400.0
"""An event older than that is not heard any more: it was sent again by somebody who kept it."""


class Named(BaseModel):
    """A reference to something, by its name."""

    summary: str = ""


class Data(BaseModel):
    """An incident; what else it holds is not read."""

    id: str
    type: str = ""
    status: str = ""
    title: str = ""
    created_at: Moment
    html_url: str = ""
    service: Named | None = None
    priority: Named | None = None
    urgency: str = ""


class Event(BaseModel):
    """What happened, and to what."""

    event_type: str
    resource_type: str = ""
    occurred_at: Moment
    data: dict[str, Any] = {}


class Delivery(BaseModel):
    """One webhook call."""

    event: Event


def alerts(payload: Any, reader: Reader) -> tuple[tuple[Alert, ...], tuple[str, ...]]:
    """The incident as an alert; nothing for an event about anything else. Raises Unreadable."""
    try:
        event = Delivery.model_validate(payload).event
        if event.data.get("type") != "incident":
            return (), ()
        data = Data.model_validate(event.data)
    except ValidationError as error:
        raise Unreadable(f"this is no PagerDuty v3 webhook: {said(error)}") from None
    at = event.occurred_at.timestamp()
    if reader.now() - at > OLDEST_SECONDS:
        raise Unreadable("the event is more than a day old")
    return (_alert(data, at, reader),), ()


def _alert(data: Data, at: float, reader: Reader) -> Alert:
    severity = data.priority.summary if data.priority is not None and data.priority.summary else data.urgency
    service = data.service.summary if data.service is not None else ""
    return reader.alert(
        Told(
            origin=ORIGIN,
            fingerprint=data.id,
            labels={"severity": severity, **({"service": service} if service else {})},
            notes={"title": data.title},
            started_at=data.created_at.timestamp(),
            ended_at=at if data.status == "resolved" else None,
            told_at=at,
            given={"link": data.html_url} if data.html_url.startswith("https://") else None,
        )
    )
