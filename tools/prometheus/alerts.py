"""Which alerting rules fired, about whom and when, and which traces stand for what was measured?"""

from collections.abc import Mapping, Sequence
from typing import Any

from clew.errors import SourceError
from clew.evidence import Asked, Evidence, Note, evidence
from tools.phrases import clock, lasting, nothing, rest, span
from tools.prometheus.api import Api, Line, number, said
from tools.prometheus.catalogue import Catalogue, Naming
from tools.prometheus.grid import Grid, grid
from tools.prometheus.rows import clean
from tools.prometheus.selector import Matcher, one_of, selector
from tools.prometheus.server import Server

ALERTS = 12
EXEMPLARS = 10
STATES = "ALERTS"
"""The series that Prometheus itself writes for every alert."""


async def fired(question: Asked, service: str, server: Server) -> tuple[Evidence, ...]:
    """Alerts of `service` (empty: any) that fired in the window, with their rules; at most 12. Raises SourceError."""
    api, naming = server.api, server.discovery.naming
    now, window = server.outside.now(), question.window
    query = selector(STATES, (Matcher("alertstate", "=", "firing"), *server.discovery.scope))
    sent = question.model_copy(update={"query": query})
    on = grid(window, server.settings.model_copy(update={"history_seconds": 0.0}), 1.0, now)
    if on is None:
        return (nothing(sent, f"Nothing is known yet of {span(window)}.", now, service),)
    answer = await api.range(query, on.start, on.end, on.step)
    lines = [line for line in answer.lines if _about(line, service, naming)]
    if not lines:
        whom = f" of {service}" if service else ""
        return (nothing(sent, f"No alert{whom} fired in {span(window)}.", now, service),)
    rules = await _rules(api)
    lines.sort(key=lambda line: (line.pairs[0][0] if line.pairs else 0.0, sorted(line.labels.items())))
    shown = lines if len(lines) <= ALERTS else lines[: ALERTS - 1]
    facts = [_fact(line, rules, sent, on, naming, now) for line in shown]
    if len(shown) < len(lines):
        facts.append(rest(sent, f"{len(shown)} of {len(lines)} alerts shown; name a service to see the others.", now))
    return tuple(facts)


def _about(line: Line, service: str, naming: Naming) -> bool:
    return not service or service.lower() in {line.labels.get(label, "").lower() for label in naming.services}


async def _rules(api: Api) -> Mapping[str, str]:
    """Expressions by alert; none where the server does not list its rules."""
    try:
        listed = await api.rules()
    except SourceError:
        return {}
    return {str(rule.get("name", "")): said(rule.get("query")) for rule in listed if rule.get("query")}


def _fact(  # noqa: PLR0917 all that one sentence is made of
    line: Line, rules: Mapping[str, str], question: Asked, on: Grid, naming: Naming, now: float
) -> Evidence:
    name = clean(line.labels.get("alertname", "an alert"))
    service = next((clean(line.labels[label]) for label in naming.services if label in line.labels), "")
    first, last = line.pairs[0][0], line.pairs[-1][0]
    until = "and still fires" if last >= on.end - on.step else f"until {clock(last)}"
    severity = line.labels.get("severity", "")
    kind = f" ({clean(severity)})" if severity else ""
    text = f"Alert {name}{kind}{f' of {service}' if service else ''} fired from {clock(first)} {until} UTC"
    text += f"; its rule is {rules[name]}." if name in rules else "."
    return evidence(question, Note(text=text, service=service or None), text, taken_at=now)


async def exemplary(question: Asked, service: str, server: Server, catalogue: Catalogue) -> tuple[Evidence, ...]:
    """Traces of the longest observations of `service`, at most 10. Raises SourceError."""
    now, window = server.outside.now(), question.window
    query = _observed(catalogue, service)
    sent = question.model_copy(update={"query": query or question.query})
    found = (
        await server.api.exemplars(query, window.start, min(window.end, now)) if query and window.start < now else ()
    )
    told = [(number(str(one.get("value"))), one) for series in found for one in _listed(series.get("exemplars"))]
    told = [(value, one) for value, one in told if value == value and isinstance(one.get("labels"), dict)]  # noqa: PLR0124
    told.sort(key=lambda pair: (-pair[0], str(pair[1].get("timestamp"))))
    facts: dict[str, Evidence] = {}
    for value, one in told[:EXEMPLARS]:
        trace = next(
            (clean(str(v)) for k, v in one["labels"].items() if str(k).lower().replace("_", "") == "traceid"), ""
        )
        at = number(str(one.get("timestamp")))
        if trace and at == at:  # noqa: PLR0124
            text = f"{service} took {lasting(value)} at {clock(at)} UTC in trace {trace}."
            fact = evidence(sent, Note(text=text, service=service or None), text, taken_at=now)
            facts.setdefault(fact.id, fact)
    if not facts:
        return (
            nothing(
                sent,
                f"No trace is noted beside what {service or 'any service'} measured in {span(window)}.",
                now,
                service,
            ),
        )
    return tuple(facts.values())


def _observed(catalogue: Catalogue, service: str) -> str:
    """A selector of the buckets of one service's durations."""
    mine = [r for r in catalogue.reaches if r.ask.name.endswith("_bucket") and r.place.service and not r.ask.tag]
    if not mine or service.lower() not in {name.lower() for name in catalogue.services}:
        return ""
    name = next(name for name in catalogue.services if name.lower() == service.lower())
    label = mine[0].place.service
    names = [reach.ask.name for reach in mine if reach.place.service == label]
    return selector("", (one_of("__name__", names), Matcher(label, "=", name)))


def _listed(found: Any) -> Sequence[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
