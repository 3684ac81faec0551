"""Can this Loki tell what an investigation needs?"""

from clew.errors import SourceError
from clew.incident import Window
from clew.ports import Checked, Health
from tools.loki.api import Api
from tools.moment import skew
from tools.phrases import counted

LATELY = 3600.0
BACK = 86_400.0
SKEW_SECONDS = 30.0
WITHOUT = "new error messages could not be looked for"
UNNAMED = "lines cannot be told apart by service"
UNLEVELLED = "errors are told from other lines by their words only"


async def checked(api: Api, name: str) -> Health:
    """Reach and rights, labels, lines of the last hour, how far back, and the clocks. Never raises."""
    try:
        findings, missed = await _findings(api)
    except SourceError as error:
        reach = Checked(what="reach", ok=False, says=str(error))
        return Health(source=name, ok=False, says=str(error), findings=(reach,), without=WITHOUT)
    wrong = [finding for finding in findings if not finding.ok]
    held = {finding.what: finding.ok for finding in findings}
    return Health(
        source=name,
        ok=held.get("lines", False) and held.get("service", False),
        says="; ".join(finding.says for finding in wrong) or "; ".join(finding.says for finding in findings[1:3]),
        findings=findings,
        without="; ".join(missed),
    )


async def _findings(api: Api) -> tuple[tuple[Checked, ...], tuple[str, ...]]:
    now = api.outside.now()
    lately, reading = Window(start=now - LATELY, end=now), api.reading()
    reply = await api.way.get("/loki/api/v1/labels", {"start": f"{now - LATELY:.0f}", "end": f"{now:.0f}"})
    known = await api.known(lately)
    reach = Checked(what="reach", ok=True, says=f"{api.way.url} answers")
    if known is None:
        says = "no line of the last hour may be read; look whether any are shipped to it, and at tenant and only"
        return (reach, Checked(what="lines", ok=False, says=says)), (WITHOUT,)
    many = sum((await api.count(known.base, (), lately, reading)).values())
    level = api.settings.level_label
    levels = [one for (one,) in await api.count(known.base, (level,), lately, reading) if one not in ("", "unknown")]
    old = bool(await api.labels(Window(start=now - BACK - LATELY, end=now - BACK)))
    apart = skew(reply.headers, now)
    findings = (
        reach,
        Checked(what="lines", ok=many > 0, says=f"{counted(many, 'line')} in the last hour"),
        Checked(
            what="service",
            ok=bool(known.service),
            says=f"the service is {known.service}" if known.service else "no label of a service; set service_label",
        ),
        Checked(what="level", ok=bool(levels), says=f"the level is {level}" if levels else f"no level by {level}"),
        Checked(what="retention", ok=old, says="lines of a day ago are there" if old else "nothing of a day ago"),
        Checked(
            what="clock",
            ok=apart is None or abs(apart) <= SKEW_SECONDS,
            says="it tells no time" if apart is None else f"its clock is {abs(apart):.0f} s from ours",
        ),
    )
    missed = (
        *(() if many else (WITHOUT,)),
        *(() if known.service else (UNNAMED,)),
        *(() if levels else (UNLEVELLED,)),
    )
    return findings, missed
