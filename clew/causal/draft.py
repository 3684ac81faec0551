"""In which words is each explanation put: titles, stories, challenges, what would settle it, and why others were dismissed."""

from collections.abc import Sequence
from dataclasses import dataclass

from clew.causal.blame import callees, depths
from clew.causal.change import named
from clew.causal.ranking import Draft
from clew.causal.remedy import relieve, undo, watched
from clew.causal.say import capital, clock, several, spoken, within
from clew.causal.title import LIMIT, lead, levels, titled
from clew.causal.traffic import surge
from clew.causal.weigh import WEIGHTS, Weighed
from clew.evidence import Change
from clew.hypothesis import Cause, CauseKind, Clue, Confidence, Term
from clew.incident import Symptom
from clew.tables import CallGraph

_SUFFERS = 0.3
"""A caller this far off is said to suffer from what it calls."""
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

    def of(self, service: str | None) -> tuple[Clue, ...]:
        """The service's clues that count, strongest first."""
        mine = [c for c in self.clues if c.service == service and c.service and c.amount > 0.05 and c.channel in _SHOWN]
        return tuple(sorted(mine, key=lambda c: (-WEIGHTS.get(c.channel, 1.0) * c.amount, c.channel, c.says)))

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

    def change(self, ref: str | None) -> Change | None:
        return next((c for c in self.changes if c.ref == ref), None)


_SHOWN = frozenset((*WEIGHTS, "latency", "errors"))


def service_draft(case: Case, service: str) -> Draft:
    """The explanation `this service broke`, as yet without a word of confidence."""
    mine = case.of(service)
    told = lead(mine)
    step, settle = relieve(service, told, case.symptom)
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
    """What is seen of it, and who feels it."""
    said = [f"{capital(told.says)}."] if told else []
    felt = [name for name in case.callers(service) if case.weighed.raw.get(name, 0.0) > _SUFFERS]
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
    step, settle = undo(change, service, case.symptom)
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
                title="More traffic than usual",
                story=f"{capital(traffic.says)}.",
                confidence=Confidence.POSSIBLE,
                weight=round(traffic.amount * 3.0, 6),
                why=(Term(name="traffic", value=round(traffic.amount * 3.0, 6), says=traffic.says),),
                support=(traffic, *(c for c in case.clues if c.channel in ("resource", "latency") and c.amount > 0.15)),
                challenge="Checked whether one service moved more than the rest.",
                settle=f"Shed a tenth of the traffic: if {watched(case.symptom)} falls with it, it was this.",
                next_step=f"Add capacity or limit the rate at the front door, then watch {watched(case.symptom)} for 3 minutes.",
            )
        )
    return out


def _outside_draft(case: Case, clue: Clue, feed: tuple[Clue, ...]) -> Draft:
    caller, name = _caller(case, clue.service), clue.service or ""
    felt = case.of(name)[:1]
    probe = next((f"{spoken(c.detail)} {levels(c)}" for c in felt if levels(c)), "")
    return Draft(
        key=f"external:{name}",
        cause=Cause(kind=CauseKind.EXTERNAL, service=name),
        title=within(f"{name} (outside our services) fails{f': {probe}' if probe else ''}", LIMIT),
        story=f"{capital(clue.says)}.",
        confidence=Confidence.POSSIBLE,
        weight=round(clue.amount * 3.0 + 0.5 * len(feed), 6),
        why=(Term(name="external", value=round(clue.amount * 3.0, 6), says=clue.says),),
        support=(clue, *feed, *case.of(caller)[:3], *felt),
        challenge=_challenge(case, name),
        settle=f"Call {name} from elsewhere, or read its status page: failing there too means it was this.",
        next_step=_without(case, name, caller),
    )


def _without(case: Case, name: str | None, caller: str | None) -> str:
    who = f"{caller} to" if caller else "to"
    return (
        f"Switch {who} a fallback for {name}, or tell its operator; then watch {watched(case.symptom)} for 3 minutes."
    )


def _caller(case: Case, name: str | None) -> str | None:
    named_by = [
        c.service for c in case.clues if c.channel == "new errors" and name and name.lower() in c.detail.lower()
    ]
    return named_by[0] if named_by else None


def dismissed(
    case: Case, best: Draft | None, explained: Sequence[tuple[Draft, str]], keys: set[str]
) -> tuple[Draft, ...]:
    """What was looked at and ruled out, each with its reason; at most six. `keys` are the explanations that stay open."""
    out = [*_flat_traffic(case), *_other_changes(case, keys)]
    at = best.cause.service if best is not None else None
    followers = [draft.cause.service or "" for draft, _ in explained]
    if at is not None and best is not None and best.confidence is Confidence.LIKELY:
        followers += [n for n in case.callers(at) if case.weighed.raw.get(n, 0.0) > _SUFFERS]
    taken = {key.removeprefix("service:") for key in keys}
    for name in list(dict.fromkeys(name for name in followers if name and name not in taken))[:3]:
        out.append(_follower(case, name, at or ""))
    return tuple(out[:6])


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
            else f"it {fit.detail}, which fits nothing that broke"
        )
        cause = Cause(kind=CauseKind.CHANGE, service=fit.service, change=fit.change)
        change = case.change(fit.change)
        title = named(change.what if change else "change", fit.change or "")
        out.append(_ruled_out(f"change:{fit.change}", cause, title, reason, (fit,)))
    return out


def _follower(case: Case, name: str, culprit: str) -> Draft:
    """A service that looks bad because something that it depends on is bad."""
    direct = culprit in callees(case.graph).get(name, ())
    clue = next((c for c in case.of(name) if c.channel in ("latency", "errors")), None)
    return _ruled_out(
        f"service:{name}",
        Cause(kind=CauseKind.SERVICE, service=name),
        name,
        f"explained by {culprit}, which it {'calls' if direct else 'depends on through others'}",
        (clue,) if clue else (),
    )


def _ruled_out(key: str, cause: Cause, title: str, reason: str, against: tuple[Clue, ...]) -> Draft:
    return Draft(
        key=key,
        cause=cause,
        title=within(title, LIMIT),
        confidence=Confidence.RULED_OUT,
        weight=0.0,
        against=against,
        ruled_out=within(reason, 200),
    )


def _challenge(case: Case, service: str | None) -> str:
    """What was tried to break the explanation, and how it went; the label says that it was tried."""
    said: list[str] = []
    traffic = surge(case.clues)
    if traffic is not None:
        said.append("traffic was flat" if traffic.amount == 0 else "traffic rose too")
    below = callees(case.graph).get(service or "", set[str]())
    worst = max(((case.weighed.raw.get(o, 0.0), o) for o in below), default=None)
    if worst is not None:
        off = worst[0] > _SUFFERS
        said.append(f"{worst[1]}, which {service} calls, is off too" if off else f"nothing that {service} calls is off")
    if case.changes and not any(f.amount > case.none.amount for f in case.fits):
        said.append("no change fits")
    return f"{capital('; '.join(said))}." if said else "Nothing was at hand to break it with."
