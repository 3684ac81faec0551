"""What does an alert look like that any program can send? docs/alerts.md shows the schema."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from bot.intake.reader import ALERTS, Reader, Told, Unreadable
from bot.intake.times import Moment
from bot.intake.trouble import said
from clew.alert import Alert, severity_of
from clew.incident import Signal

ORIGIN = "generic"
Text = Annotated[str, Field(max_length=10_000)]


class Given(BaseModel):
    """One alert. `id` says which alerts are the same; what else is sent is not read."""

    id: str = Field(min_length=1, max_length=500)
    status: Literal["firing", "resolved"] = "firing"
    title: Text = Field(min_length=1)
    service: str | None = Field(default=None, max_length=200)
    signal: Signal | None = None
    metric: str | None = Field(default=None, max_length=200)
    severity: str = Field(default="", max_length=50)
    started_at: Moment | None = None
    ended_at: Moment | None = None
    at: Moment | None = None
    group: str = Field(default="", max_length=500)
    labels: Mapping[str, str] = {}
    description: Text = ""
    url: str = Field(default="", max_length=2000)


class Several(BaseModel):
    """More than one in a body."""

    alerts: list[Any] = Field(max_length=ALERTS)


def alerts(payload: Any, reader: Reader) -> tuple[tuple[Alert, ...], tuple[str, ...]]:
    """One alert, a list of them, or `{"alerts": [...]}`, and what was wrong with those that could not be read.

    Raises Unreadable if the body is none of these.
    """
    if isinstance(payload, dict) and "alerts" not in payload:
        payload = [payload]
    try:
        several = Several.model_validate(payload if isinstance(payload, dict) else {"alerts": payload})
    except ValidationError as error:
        raise Unreadable(f"this is neither an alert nor a list of alerts: {said(error)}") from None
    found: list[Alert] = []
    broken: list[str] = []
    for number, one in enumerate(several.alerts):
        try:
            found.append(_alert(Given.model_validate(one), reader))
        except ValidationError as error:
            broken.append(f"alerts.{number}: {said(error)}" if len(several.alerts) > 1 else said(error))
    return tuple(found), tuple(broken)


def _alert(given: Given, reader: Reader) -> Alert:
    now = reader.now()
    ended = _seconds(given.ended_at, now) if given.status == "resolved" else None
    labels = {**given.labels, **({"service": given.service} if given.service else {})}
    stated = {
        **({"signal": given.signal} if given.signal else {}),
        **({"metric": given.metric} if given.metric else {}),
        **({"severity": severity_of(given.severity)} if given.severity else {}),
        **({"link": given.url} if given.url.startswith(("http://", "https://")) else {}),
    }
    return reader.alert(
        Told(
            origin=ORIGIN,
            fingerprint=given.id,
            labels=labels,
            notes={"title": given.title, "description": given.description},
            started_at=_seconds(given.started_at, now),
            ended_at=ended,
            told_at=_seconds(given.at or (given.ended_at if ended is not None else None), now),
            group=given.group,
            given=stated,
        )
    )


def _seconds(at: Moment | None, otherwise: float) -> float:
    return otherwise if at is None else at.timestamp()
