"""Is a Prometheus fit to be asked during an incident, and what would be missed if not?"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

from clew.errors import SourceError
from clew.ports import Checked, Health
from tools.phrases import amount, counted
from tools.prometheus.api import Api, number
from tools.prometheus.catalogue import Catalogue
from tools.prometheus.server import Server
from tools.prometheus.settings import PrometheusSettings

LOOKBACK = 3600.0
"""Seconds before the alert that an investigation reads first."""
SKEW = 5.0
"""Clocks further apart than this put causes after their effects, seconds."""


@dataclass(frozen=True)
class _Found:
    """A finding, and what is missed if it is not well."""

    checked: Checked
    without: str


async def checked(name: str, server: Server, *, calls: bool) -> Health:
    """What was looked at, each with what to do; `calls`: as a source of the call graph. Never raises SourceError."""
    api, settings, outside, discovery = server.api, server.settings, server.outside, server.discovery
    now = outside.now()
    try:
        async with asyncio.timeout(outside.seconds):
            catalogue = await discovery.catalogue(now - LOOKBACK - settings.history_seconds, now)
            version = await _or_nothing(api.version())
            found = [
                *(_called(catalogue) if calls else _labelled(catalogue, settings)),
                *await asyncio.gather(_clock(api, now), _kept(server, now)),
            ]
    except SourceError as error:
        reach = Checked(what="reach", ok=False, says=str(error))
        return Health(source=name, ok=False, says=str(error), findings=(reach,), without=_missed(calls=calls))
    except TimeoutError:
        late = f"no answer within {outside.seconds:g} s"
        reach = Checked(what="reach", ok=False, says=late)
        return Health(source=name, ok=False, says=late, findings=(reach,), without=_missed(calls=calls))
    reach = Checked(what="reach", ok=True, says=f"{settings.url} answers" + (f", version {version}" if version else ""))
    findings = (reach, *(one.checked for one in found))
    without = "; ".join(dict.fromkeys(one.without for one in found if not one.checked.ok))
    ok = found[0].checked.ok
    told = next((one.says for one in findings if not one.ok), found[0].checked.says)
    return Health(source=name, ok=ok, says=told, findings=findings, without=without)


def _missed(*, calls: bool) -> str:
    return "who calls whom is not known from metrics" if calls else "levels and the moment of the change are not known"


def _labelled(catalogue: Catalogue, settings: PrometheusSettings) -> tuple[_Found, ...]:
    """Whether there are metrics, and whether they say whose they are."""
    count, asked = len([name for name in catalogue.services if name]), len(catalogue.reaches)
    scoped = f" within {', '.join(f'{k}={v}' for k, v in settings.matchers.items())}" if settings.matchers else ""
    if not asked:
        says = f"no metric that can be read{scoped}; is it scraped, and is the scope right?"
        return (_Found(Checked(what="metrics", ok=False, says=says), _missed(calls=False)),)
    says = (
        f"{counted(catalogue.stored, 'series') if catalogue.stored == 1 else f'{catalogue.stored:,} series'}{scoped}, "
    )
    says += f"{counted(asked, 'question')} about {counted(count, 'service')}"
    metrics = _Found(
        Checked(what="metrics", ok=True, says=f"{says}, a sample every {amount(catalogue.interval)} s"), ""
    )
    owned = sorted({reach.place.service for reach in catalogue.reaches if reach.place.service})
    orphans = sorted({reach.ask.family for reach in catalogue.reaches if not reach.place.service})
    label = Checked(what="service label", ok=True, says=f"services are named by {', '.join(owned)}")
    if not owned:
        told = "no metric has a label that names its service; relabel, or set service_labels"
        label = Checked(what="service label", ok=False, says=told)
    elif orphans:
        more = f" and {len(orphans) - 3} more" if len(orphans) > 3 else ""
        label = label.model_copy(
            update={"says": f"{label.says}; none on {', '.join(orphans[:3])}{more}: the whole system's"}
        )
    return metrics, _Found(label, "no level can be laid to one service")


def _called(catalogue: Catalogue) -> tuple[_Found, ...]:
    names = [one.name for one in catalogue.calls]
    says = f"{', '.join(names[:3])} tell who calls whom" if names else "no metric has a label for whom a service calls"
    # a call graph can come from traces as well, so a server without one is well
    return (_Found(Checked(what="calls", ok=True, says=says), ""),)


async def _clock(api: Api, now: float) -> _Found:
    """The server's clock beside ours; asked without a time, so that it takes its own."""
    answer = await api.clock()
    apart = abs(answer - now)
    ok = apart <= SKEW
    says = "as ours" if ok else f"its clock is {amount(apart)} s from ours; set both by NTP"
    return _Found(Checked(what="clock", ok=ok, says=says), "onsets from metrics and from logs cannot be compared")


async def _kept(server: Server, now: float) -> _Found:
    back = LOOKBACK + server.settings.history_seconds
    answer = await server.api.instant(f"count({server.discovery.everything})", now - back)
    held = number(answer.lines[0].pairs[0][1]) if answer.lines else 0.0
    ok = held > 0
    hours = f"{amount(back / 3600)} h"
    says = (
        f"samples of {hours} ago are there"
        if ok
        else f"nothing is kept from {hours} ago, as far as a first look reaches"
    )
    return _Found(Checked(what="retention", ok=ok, says=says), "what is usual is hardly known")


async def _or_nothing(asking: Awaitable[str]) -> str:
    """Some servers have no such page, and some do not show it."""
    try:
        return await asking
    except SourceError:
        return ""
