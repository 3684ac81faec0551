"""What does Alertmanager's webhook (version 4) tell? Grafana's webhook contact point sends the same shape."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from bot.intake.reader import ALERTS, Reader, Told, Unreadable
from bot.intake.times import Moment
from bot.intake.trouble import said
from clew.alert import Alert

ORIGIN = "alertmanager"


class Fired(BaseModel):
    """One alert of a notification; what else it holds is not read."""

    status: str = "firing"
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = {}
    startsAt: Moment  # noqa: N815 the sender's own names
    endsAt: Moment | None = None  # noqa: N815
    generatorURL: str = ""  # noqa: N815
    fingerprint: str = ""


class Notification(BaseModel):
    """The envelope; its alerts are read one by one, so that a broken one does not take the others along."""

    version: str = "4"
    groupKey: str = ""  # noqa: N815
    receiver: str = ""
    alerts: list[Any] = Field(max_length=ALERTS)


def alerts(payload: Any, reader: Reader) -> tuple[tuple[Alert, ...], tuple[str, ...]]:
    """The alerts, and what was wrong with those that could not be read. Raises Unreadable if the body is no notification."""
    try:
        told = Notification.model_validate(payload)
    except ValidationError as error:
        raise Unreadable(f"this is no Alertmanager notification: {said(error)}") from None
    if told.version != "4":
        raise Unreadable(f"version {told.version[:20]!r} of the notification is not known; this route reads version 4")
    found: list[Alert] = []
    broken: list[str] = []
    for number, one in enumerate(told.alerts):
        try:
            found.append(_alert(Fired.model_validate(one), told, reader))
        except ValidationError as error:
            broken.append(f"alerts.{number}: {said(error)}")
    return tuple(found), tuple(broken)


def _alert(fired: Fired, told: Notification, reader: Reader) -> Alert:
    now, over = reader.now(), fired.status == "resolved"
    ended = fired.endsAt.timestamp() if fired.endsAt is not None else now
    return reader.alert(
        Told(
            origin=ORIGIN,
            # some kin of Alertmanager send no fingerprint: the labels are what it is made of
            fingerprint=fired.fingerprint or _fingerprint(fired.labels),
            labels=fired.labels,
            notes=fired.annotations,
            started_at=fired.startsAt.timestamp(),
            ended_at=ended if over else None,
            told_at=now,
            group=f"{told.receiver} {told.groupKey}" if told.groupKey else "",
            link=fired.generatorURL,
        )
    )


def _fingerprint(labels: Mapping[str, str]) -> str:
    return hashlib.blake2s(json.dumps(sorted(labels.items())).encode(), digest_size=12).hexdigest()
