"""Can this Jaeger tell what an investigation needs?"""

from clew.errors import SourceError
from clew.ports import Checked, Health
from tools.jaeger.api import Api
from tools.jaeger.shapes import LIKE, Traces
from tools.moment import skew
from tools.phrases import counted
from tools.shape import shaped

LATELY = 3600.0
SKEW_SECONDS = 30.0
ASKED = 5


async def checked(api: Api, name: str, without: str) -> Health:
    """Reach and rights, services, traces of the last hour, and how far the clocks are apart. Never raises."""
    try:
        services = await api.services()
        now = api.outside.now()
        recent = await _recent(api, services, now)
    except SourceError as error:
        reach = Checked(what="reach", ok=False, says=str(error))
        return Health(source=name, ok=False, says=str(error), findings=(reach,), without=without)
    findings = (
        Checked(what="reach", ok=True, says=f"{api.way.url} answers"),
        Checked(
            what="services",
            ok=bool(services),
            says=f"{counted(len(services), 'service')} known"
            if services
            else "it knows no service; look whether spans are sent to it, and at the setting services",
        ),
        *recent,
    )
    wrong = [finding for finding in findings if not finding.ok]
    return Health(
        source=name,
        ok=bool(services),
        says="; ".join(finding.says for finding in wrong)
        or f"{counted(len(services), 'service')}, traces within an hour",
        findings=findings,
        without=without if wrong else "",
    )


async def _recent(api: Api, services: tuple[str, ...], now: float) -> tuple[Checked, ...]:
    """Whether there is a trace of the last hour, asked of a few services, and the clock."""
    clock: tuple[Checked, ...] = ()
    asked = {"start": f"{(now - LATELY) * 1e6:.0f}", "end": f"{now * 1e6:.0f}", "limit": "1"}
    for service in services[:ASKED]:
        reply = await api.way.get("/api/traces", {"service": service, **asked})
        found = await shaped(api.way.source, Traces, reply.body, LIKE)
        clock = (_clock(skew(reply.headers, now)),)
        if found.data:
            return (Checked(what="retention", ok=True, says="it has traces of the last hour"), *clock)
    says = "no trace of the last hour; look whether spans still arrive, and how long they are kept"
    return (Checked(what="retention", ok=False, says=says), *clock) if services else ()


def _clock(apart: float | None) -> Checked:
    says = "it tells no time" if apart is None else f"its clock is {abs(apart):.0f} s from ours"
    return Checked(what="clock", ok=apart is None or abs(apart) <= SKEW_SECONDS, says=says)
