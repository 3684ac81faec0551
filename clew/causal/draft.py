"""In which words is each explanation put: titles, stories, challenges, what would settle it, and why others were dismissed."""

from collections.abc import Sequence
from dataclasses import dataclass

from clew.causal.blame import callees, depths
from clew.causal.ranking import Draft
from clew.causal.say import clock
from clew.causal.traffic import surge
from clew.causal.weigh import WEIGHTS, Weighed
from clew.evidence import Change
from clew.hypothesis import Cause, CauseKind, Clue, Confidence, Term
from clew.incident import Symptom
from clew.tables import CallGraph

_WHAT = {
    "resource": "{s} is strained: {d}",
    "edge": "the network around {s} is slow",
    "self time": "{s} itself became slow",
    "new errors": "{s} started to fail with a new error",
    "failed spans": "calls fail inside {s}",
    "lost calls": "{s} stopped making some of its calls",
    "gone": "{s} stopped doing part of its work",
    "call graph": "{s} is the deepest service that misbehaves",
}


@dataclass(frozen=True)
class Case:
    """Everything that the wording needs to know about one incident."""

    clues: tuple[Clue, ...]
    graph: CallGraph
    symptom: Symptom
    onset: float | None
    weighed: Weighed
    fits: tuple[Clue, ...]
    none: Clue
    changes: tuple[Change, ...]

    def of(self, service: str | None) -> tuple[Clue, ...]:
        """The service's clues that count, strongest first."""
        mine = [c for c in self.clues if c.service == service and c.service and c.amount > 0.05 and c.channel in _SHOWN]
        return tuple(sorted(mine, key=lambda c: (-WEIGHTS.get(c.channel, 1.0) * c.amount, c.channel, c.says)))

    def related(self, service: str | None) -> frozenset[str | None]:
        """The service, those it depends on and those that depend on it: their trouble is not a rival explanation."""
        if service is None:
            return frozenset()
        upward = CallGraph(tuple((callee, caller) for caller, callee in self.graph.edges))
        return frozenset((service, *depths(self.graph, service), *depths(upward, service)))


_SHOWN = frozenset((*WEIGHTS, "latency", "errors"))


def service_draft(case: Case, service: str) -> Draft:
    """The explanation `this service broke`, as yet without a word of confidence."""
    terms = case.weighed.terms[service]
    support = case.of(service)
    lead = max(terms, key=lambda t: (t.value, t.name)).name if terms else "call graph"
    detail = next((c.detail for c in support if c.channel == lead), "")
    if lead == "call graph" and support:
        detail = support[0].detail
    return Draft(
        key=f"service:{service}",
        cause=Cause(kind=CauseKind.SERVICE, service=service),
        title=_WHAT.get(lead, "{s} misbehaves").format(s=service, d=detail)[:80],
        story=" ".join(f"{_capital(c.says)}." for c in support[:2]),
        confidence=Confidence.POSSIBLE,
        weight=round(case.weighed.sums[service], 6),
        why=terms,
        support=support[:6],
        challenge=_challenge(case, service),
        settle=f"Restart or move one instance of {service} and compare it with the others for 3 minutes.",
        next_step=f"Look at {service}: {support[0].says}." if support else f"Look at {service}.",
    )


def blamed_change(case: Case, services: Sequence[Draft]) -> list[Draft]:
    """The same explanations, where a change beats `none`: it takes the place of the service that it touches."""
    out = list(services)
    better = [fit for fit in case.fits if fit.amount > case.none.amount][:2]
    for place, fit in enumerate(better):
        if place and fit.amount < 0.85 * better[0].amount:
            break
        host = next((d for d in out if d.cause.kind is CauseKind.SERVICE and d.cause.service == fit.service), None)
        if host is None and place == 0:
            host = next((d for d in out if d.cause.kind is CauseKind.SERVICE), None)
        if host is not None:
            out.remove(host)
        out.append(_change_draft(case, fit, host))
    return out


def _change_draft(case: Case, fit: Clue, host: Draft | None) -> Draft:
    change = next(c for c in case.changes if c.ref == fit.change)
    service = fit.service or (host.cause.service if host else None)
    does = fit.detail or "fits what broke"
    settle = f"Undo {change.ref[:10]} and watch {case.symptom.metric or 'the symptom'} for 3 minutes."
    return Draft(
        key=f"change:{change.ref}",
        cause=Cause(kind=CauseKind.CHANGE, service=service, change=change.ref),
        title=f"{change.what} {change.ref[:7]} {does}"[:80],
        story=" ".join(
            (f"{_capital(fit.says)}.", *(f"{_capital(c.says)}." for c in (host.support[:1] if host else ())))
        ),
        confidence=Confidence.POSSIBLE,
        weight=round((host.weight if host else 0.0) + fit.amount, 6),
        why=(*(host.why if host else ()), Term(name="change", value=fit.amount, says=fit.says)),
        support=(fit, *(host.support if host else ())),
        challenge=_challenge(case, service),
        settle=settle,
        next_step=f"Roll back {change.ref[:10]}{f' on {service}' if service else ''}.",
    )


def outside(case: Case, beyond: Sequence[Clue], traffic: Clue | None) -> list[Draft]:
    """Explanations that lie with nobody's code: a provider, or more traffic."""
    out: list[Draft] = []
    feed = tuple(c for c in case.clues if c.channel == "status feed")[:2]
    for clue in beyond[:1]:
        if clue.amount < 0.3:
            continue
        caller = _caller(case, clue.service)
        out.append(
            Draft(
                key=f"external:{clue.service}",
                cause=Cause(kind=CauseKind.EXTERNAL, service=clue.service),
                title=f"{clue.service}, outside our services, is failing"[:80],
                story=f"{_capital(clue.says)}.",
                confidence=Confidence.POSSIBLE,
                weight=round(clue.amount * 3.0 + 0.5 * len(feed), 6),
                why=(Term(name="external", value=round(clue.amount * 3.0, 6), says=clue.says),),
                support=(clue, *feed, *case.of(caller)[:3]),
                challenge=_challenge(case, clue.service),
                settle=f"Call {clue.service} from elsewhere, or read its status page.",
                next_step=f"Switch to a fallback for {clue.service}, or tell its operator.",
            )
        )
    if traffic is not None and traffic.amount > 0.2:
        out.append(
            Draft(
                key="traffic",
                cause=Cause(kind=CauseKind.TRAFFIC),
                title="More traffic than usual",
                story=f"{_capital(traffic.says)}.",
                confidence=Confidence.POSSIBLE,
                weight=round(traffic.amount * 3.0, 6),
                why=(Term(name="traffic", value=round(traffic.amount * 3.0, 6), says=traffic.says),),
                support=(traffic, *(c for c in case.clues if c.channel in ("resource", "latency") and c.amount > 0.15)),
                challenge="Checked whether one service moved more than the rest.",
                settle="Shed a tenth of the traffic and watch the symptom.",
                next_step="Add capacity, or limit the rate at the front door.",
            )
        )
    return out


def _caller(case: Case, name: str | None) -> str | None:
    named = [c.service for c in case.clues if c.channel == "new errors" and name and name.lower() in c.detail.lower()]
    return named[0] if named else None


def dismissed(case: Case, open_keys: set[str]) -> tuple[Draft, ...]:
    """What was looked at and ruled out, each with its reason; at most five."""
    out = [*_flat_traffic(case), *_other_changes(case, open_keys), *_followers(case, open_keys)]
    return tuple(out[:5])


def _flat_traffic(case: Case) -> list[Draft]:
    clue = surge(case.clues)
    if clue is None or clue.amount > 0:
        return []
    return [_ruled_out("traffic", Cause(kind=CauseKind.TRAFFIC), "A surge of traffic", clue.says, (clue,))]


def _other_changes(case: Case, open_keys: set[str]) -> list[Draft]:
    """Changes close to the onset that are not to blame: too late, or their diff fits nothing."""
    if case.onset is None:
        return []
    out: list[Draft] = []
    for fit in sorted(case.fits, key=lambda f: (abs((f.onset or 0.0) - (case.onset or 0.0)), f.change or "")):
        at = fit.onset or 0.0
        if f"change:{fit.change}" in open_keys or abs(at - case.onset) > 1800 or len(out) == 3:
            continue
        late = at > case.onset + 60.0
        if late and case.symptom.service and fit.service not in (None, case.symptom.service) and out:
            continue
        if not late and fit.amount > case.none.amount:
            continue
        reason = (
            f"it went live at {clock(at)}, after the onset at {clock(case.onset)}"
            if late
            else f"its diff does not fit: it {fit.detail}"
        )
        cause = Cause(kind=CauseKind.CHANGE, service=fit.service, change=fit.change)
        out.append(_ruled_out(f"change:{fit.change}", cause, f"change {(fit.change or '')[:10]}", reason, (fit,)))
    return out


def _followers(case: Case, open_keys: set[str]) -> list[Draft]:
    """Services that look bad because something that they call is bad."""
    below, out = callees(case.graph), list[Draft]()
    for name in sorted(case.weighed.raw, key=lambda n: (-case.weighed.raw[n], n)):
        amount = case.weighed.raw[name]
        worst = max(((case.weighed.raw.get(o, 0.0), o) for o in below.get(name, ())), default=(0.0, ""))
        if amount < 0.3 or worst[0] < 0.8 * amount or f"service:{name}" in open_keys or len(out) == 2:
            continue
        clue = next((c for c in case.of(name) if c.channel in ("latency", "errors")), None)
        support = (clue,) if clue else ()
        out.append(
            _ruled_out(
                f"service:{name}",
                Cause(kind=CauseKind.SERVICE, service=name),
                name,
                f"explained by {worst[1]}, which it calls",
                support,
            )
        )
    return out


def _ruled_out(key: str, cause: Cause, title: str, reason: str, against: tuple[Clue, ...]) -> Draft:
    return Draft(
        key=key,
        cause=cause,
        title=title[:80],
        confidence=Confidence.RULED_OUT,
        weight=0.0,
        against=against,
        ruled_out=f"{reason}"[:200],
    )


def _challenge(case: Case, service: str | None) -> str:
    """What was tried to break the explanation, and how it went."""
    said: list[str] = []
    traffic = surge(case.clues)
    if traffic is not None:
        said.append("traffic was flat" if traffic.amount == 0 else "traffic rose too")
    below = callees(case.graph).get(service or "", set[str]())
    worst = max(((case.weighed.raw.get(o, 0.0), o) for o in below), default=None)
    if worst is not None:
        said.append(f"its callee {worst[1]} is off too" if worst[0] > 0.3 else "nothing that it calls is off")
    if case.changes and not any(f.amount > case.none.amount for f in case.fits):
        said.append("no change fits")
    return f"Tried to break it: {', '.join(said)}." if said else "Nothing was at hand to break it with."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
