"""What does an incident.io webhook tell? The incident's state, and the channel in which people speak about it."""

import re
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.intake.reader import Reader, Told, Unreadable
from bot.intake.times import Moment
from bot.intake.trouble import said
from clew.alert import Alert

ORIGIN = "incident.io"
OVER = frozenset({"learning", "closed", "declined", "merged", "canceled", "post-incident"})
CHANNEL = re.compile(r"[CG][A-Z0-9]{5,30}")
HEARD = re.compile(r"public_incident\.incident_(?:created|updated|status_updated)_v2")


class Named(BaseModel):
    """A severity or a timestamp, by its name."""

    name: str = ""


class Status(BaseModel):
    """Where the incident stands."""

    category: str = ""


class Noted(BaseModel):
    """When something was, if somebody noted it down."""

    value: Moment | None = None


class Stamp(BaseModel):
    """One of the moments that people note down."""

    incident_timestamp: Named = Named()
    value: Noted | None = None


class Data(BaseModel):
    """An incident; what else it holds is not read."""

    id: str
    reference: str = ""
    name: str = ""
    summary: str | None = None
    created_at: Moment
    updated_at: Moment | None = None
    permalink: str | None = None
    severity: Named | None = None
    incident_status: Status = Status()
    slack_channel_id: str | None = None
    incident_timestamp_values: tuple[Stamp, ...] = ()


def alerts(payload: Any, reader: Reader) -> tuple[tuple[Alert, ...], tuple[str, ...]]:
    """The incident as an alert; nothing for an event about anything else, or about a private incident. Raises Unreadable."""
    kind = payload.get("event_type") if isinstance(payload, dict) else None
    if not isinstance(kind, str):
        raise Unreadable("this is no incident.io webhook: it has no event_type")
    if HEARD.fullmatch(kind) is None:
        return (), ()
    told: Any = payload.get(kind)
    if isinstance(told, dict) and isinstance(told.get("incident"), dict):  # a change of status wraps what it is about
        told = told["incident"]
    try:
        data = Data.model_validate(told)
    except ValidationError as error:
        raise Unreadable(f"this is no incident.io webhook: {said(error)}") from None
    return (_alert(data, reader),), ()


def _alert(data: Data, reader: Reader) -> Alert:
    at = data.updated_at.timestamp() if data.updated_at is not None else reader.now()
    channel = data.slack_channel_id or ""
    link = data.permalink or ""
    return reader.alert(
        Told(
            origin=ORIGIN,
            fingerprint=data.id,
            labels={"severity": data.severity.name if data.severity is not None else ""},
            notes={"title": data.name or data.reference, "summary_of_people": data.summary or ""},
            started_at=_began(data),
            ended_at=at if data.incident_status.category in OVER else None,
            told_at=at,
            channel=channel if CHANNEL.fullmatch(channel) else "",
            given={"link": link} if link.startswith("https://") else None,
        )
    )


def _began(data: Data) -> float:
    """When the impact began, if somebody noted it down; else when the incident was declared."""
    for stamp in data.incident_timestamp_values:
        if "impact started" in stamp.incident_timestamp.name.lower() and stamp.value and stamp.value.value:
            return min(stamp.value.value, data.created_at).timestamp()
    return data.created_at.timestamp()
