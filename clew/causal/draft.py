"""In which words is each explanation put: titles, stories, challenges, and what would settle it."""

from collections.abc import Sequence
from dataclasses import dataclass

from clew.causal.blame import callees, depths
from clew.causal.change import named
from clew.causal.ranking import Draft
from clew.causal.remedy import relieve, undo, watched
from clew.causal.say import capital, clock, several, spoken, within
from clew.causal.title import LIMIT, lead, levels, titled
from clew.causal.traffic import surge
from clew.causal.weigh import CHANNELS, Weighed
from clew.causal.weights import Weights
from clew.evidence import Change
from clew.hypothesis import Cause, CauseKind, Clue, Confidence, Term
from clew.incident import Symptom
from clew.tables import CallGraph

SUFFERS = 0.3
"""A caller this far off is said to suffer from what it calls."""
_LESS = 0.7
"""A callee less off than this part of its caller hardly explains it."""
_SUPPORT = 6


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
    beyond: tuple[Clue, ...] = ()
    """Outside names that are to blame, strongest first."""

    def of(self, service: str | None) -> tuple[Clue, ...]:
        """The service's clues that count, strongest first."""
        mine = [c for c in self.clues if c.service == service and c.service and c.amount > 0.05 and c.channel in _SHOWN]
        return tuple(sorted(mine, key=lambda c: (-_worth(c) * c.amount, c.channel, c.says)))

    def support(self, service: str | None) -> tuple[Clue, ...]:
        """The same, in the order of telling: what names the trouble, the best of every other channel, then the rest and the symptom."""
        mine = self.of(service)
        first = lead(mine)
        told = {first.channel} if first else set[str]()
        best: list[Clue] = [first] if first else []
        for clue in mine:
            if clue.channel not in told:
                told.add(clue.channel)
                best.append(clue)
        rest = [c for c in mine if c not in best]
        noticed = [c for c in self.clues if c.channel == "symptom" and c.says not in {b.says for b in best}]
        return (*best[:4], *(noticed[:1] if len(mine) > 1 else ()), *best[4:], *rest)[:_SUPPORT]

    def related(self, service: str | None) -> frozenset[str | None]:
        """The service, those it depends on and those that depend on it: their trouble is not a rival explanation."""
        if service is None:
            return frozenset()
        return frozenset((service, *depths(self.graph, service), *self.callers(service)))

    def callers(self, service: str) -> tuple[str, ...]:
        """Those that depend on the service, nearest first."""
        upward = CallGraph(tuple((callee, caller) for caller, callee in self.graph.edges))
        found = depths(upward, service)
        return tuple(sorted((name for name in found if name != service), key=lambda name: (found[name], name)))

    @property
    def watched(self) -> str:
        return watched(self.clues, self.symptom)

    def change(self, ref: str | None) -> Change | None:
        return next((c for c in self.changes if c.ref == ref), None)


_SHOWN = frozenset((*CHANNELS, "latency", "errors"))


def _worth(clue: Clue) -> float:
    return Weights().worth(clue.channel) if clue.channel in CHANNELS else 1.0


def service_draft(case: Case, service: str) -> Draft:
    """The explanation `this service broke`, as yet without a word of confidence."""
    mine = case.of(service)
    told = lead(mine)
    step, settle = relieve(service, told, case.watched)
    return Draft(
        key=f"service:{service}",
        cause=Cause(kind=CauseKind.SERVICE, service=service),
        title=titled(service, told, mine),
        story=_story(case, service, told or next(iter(mine), None)),
        confidence=Confidence.POSSIBLE,
        weight=round(case.weighed.sums[service], 6),
        why=case.weighed.terms[service],
        support=case.support(service),
        challenge=_challenge(case, service),
        settle=settle,
        next_step=step,
    )


def _story(case: Case, service: str, told: Clue | None) -> str:
    """Since when, and who feels it: the title has said what."""
    said = [f"It began at {clock(told.onset)}." if told.onset is not None else f"{told.says}."] if told else []
    felt = [name for name in case.callers(service) if case.weighed.raw.get(name, 0.0) > SUFFERS]
    if felt:
        said.append(f"{several(felt)}, which {'depends' if len(felt) == 1 else 'depend'} on {service}, felt it.")
    return " ".join(said)


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
    step, settle = undo(change, service, case.watched)
    return Draft(
        key=f"change:{change.ref}",
        cause=Cause(kind=CauseKind.CHANGE, service=service, change=change.ref),
        title=within(f"{named(change.what, change.ref)} {fit.detail or 'fits what broke'}", LIMIT),
        story=_live(case, fit, host.support[0] if host and host.support else None),
        confidence=Confidence.POSSIBLE,
        weight=round((host.weight if host else 0.0) + fit.amount, 6),
        why=(*(host.why if host else ()), Term(name="change", value=fit.amount, says=fit.says)),
        support=(fit, *(host.support if host else ())),
        challenge=_challenge(case, service),
        settle=settle,
        next_step=step,
    )


def _live(case: Case, fit: Clue, told: Clue | None) -> str:
    """When the change went live, and what followed."""
    at, onset = fit.onset, case.onset
    when = f"It went live at {clock(at)}" if at is not None else "It went live"
    if at is not None and onset is not None:
        gap = abs(onset - at)
        distance = f"{gap / 60:.0f} min" if gap >= 90 else f"{gap:.0f} s"
        when += f", {distance} {'before' if at <= onset else 'after'} the onset"
    return f"{when}; then: {told.says}." if told else f"{when}."


def outside(case: Case, beyond: Sequence[Clue], traffic: Clue | None) -> list[Draft]:
    """Explanations that lie with nobody's code: a provider, or more traffic."""
    out: list[Draft] = []
    feed = tuple(c for c in case.clues if c.channel == "status feed")[:2]
    for clue in beyond[:1]:
        if clue.amount < 0.3:
            continue
        out.append(_outside_draft(case, clue, feed))
    if traffic is not None and traffic.amount > 0.2:
        out.append(
            Draft(
                key="traffic",
                cause=Cause(kind=CauseKind.TRAFFIC),
                title=within(f"more traffic than usual: {traffic.says.split(' from ')[0]}", LIMIT),
                story=f"{capital(traffic.says)}.",
                confidence=Confidence.POSSIBLE,
                weight=round(traffic.amount * 3.0, 6),
                why=(Term(name="traffic", value=round(traffic.amount * 3.0, 6), says=traffic.says),),
                support=(traffic, *(c for c in case.clues if c.channel in ("resource", "latency") and c.amount > 0.15)),
                challenge="Checked whether one service moved more than the rest.",
                settle=f"Shed a tenth of the traffic: if {case.watched} falls with it, it was this.",
                next_step=f"Add capacity or limit the rate at the front door, then watch {case.watched} for 3 minutes.",
            )
        )
    return out


def _outside_draft(case: Case, clue: Clue, feed: tuple[Clue, ...]) -> Draft:
    caller, name = _caller(case, clue.service), clue.service or ""
    felt = case.of(name)[:1]
    heard = (Term(name="status feed", value=0.5 * len(feed), says=feed[0].says),) if feed else ()
    probe = next((f"{spoken(c.detail)} {levels(c)}" for c in felt if levels(c)), "")
    return Draft(
        key=f"external:{name}",
        cause=Cause(kind=CauseKind.EXTERNAL, service=name),
        title=within(f"{name} (outside our services) fails{f': {probe}' if probe else ''}", LIMIT),
        story=f"{clue.says}.",
        confidence=Confidence.POSSIBLE,
        weight=round(clue.amount * 3.0 + 0.5 * len(feed), 6),
        why=(Term(name="external", value=round(clue.amount * 3.0, 6), says=clue.says), *heard),
        support=(clue, *feed, *case.of(caller)[:3], *felt),
        challenge=_challenge(case, name),
        settle=f"Call {name} from elsewhere, or read its status page: failing there too means it was this.",
        next_step=_without(case, name, caller),
    )


def _without(case: Case, name: str | None, caller: str | None) -> str:
    who = f"{caller} to" if caller else "to"
    return f"Switch {who} a fallback for {name}, or tell its operator; then watch {case.watched} for 3 minutes."


def _caller(case: Case, name: str | None) -> str | None:
    named_by = [
        c.service for c in case.clues if c.channel == "new errors" and name and name.lower() in c.detail.lower()
    ]
    return named_by[0] if named_by else None


def _challenge(case: Case, service: str | None) -> str:
    """What was tried to break the explanation, and how it went; the label says that it was tried."""
    said: list[str] = []
    traffic = surge(case.clues)
    if traffic is not None:
        said.append("traffic was flat" if traffic.amount == 0 else "traffic rose too")
    below = callees(case.graph).get(service or "", set[str]())
    raw, alerting = case.weighed.raw, case.symptom.service
    off = sorted(o for o in below if raw.get(o, 0.0) > SUFFERS or o == alerting)
    if off:
        less = alerting not in off and max(raw.get(o, 0.0) for o in off) < _LESS * raw.get(service or "", 0.0)
        said.append(f"{several(off)} below it {'is' if len(off) == 1 else 'are'} off too{', but less' if less else ''}")
    elif below:
        said.append(f"nothing that {service} calls is off")
    if case.changes and not any(f.amount > case.none.amount for f in case.fits):
        said.append("no change fits")
    return f"{capital('; '.join(said))}." if said else "Nothing was at hand to break it with."
