"""Which questions does the report itself answer, and in which words?"""

from agents.asking import Asking
from agents.speech import clock, counted, within
from agents.views import cites
from clew.evidence import Evidence, Series, Standing
from clew.hypothesis import Claim, Confidence, Hypothesis, Verdict
from clew.progress import StepState

EARLY = (Claim(text="I am still looking; ask again when the first hypothesis is in the thread.", evidence=()),)


async def why(asking: Asking) -> tuple[Claim, ...]:
    """The support of the hypothesis that is meant."""
    found = await asking.about()
    if found is None:
        return await status(asking)
    service = asking.wanted.service
    if service and asking.question.about is None and found.cause.service != service:
        return await why_not(asking)
    if found.confidence is Confidence.RULED_OUT:
        return _out(found)
    first = found.story or found.title
    ids = cites(found.support)
    claims = [Claim(text=f"{found.confidence.value}: {_stop(first)}", evidence=ids)]
    told = first.lower()
    more = [claim for claim in found.support[:3] if claim.text.rstrip(".").lower() not in told]
    claims += [Claim(text=_stop(claim.text), evidence=claim.evidence) for claim in more]
    if found.against:
        claims.append(Claim(text=f"Against it: {_stop(found.against[0].text)}", evidence=found.against[0].evidence))
    elif found.challenge:
        claims.append(Claim(text=_stop(found.challenge), evidence=ids))
    return tuple(claims)


async def sure(asking: Asking) -> tuple[Claim, ...]:
    """The word of confidence, what it rests on, what was tried against it, and what would settle it."""
    found = await asking.about()
    if found is None:
        return await status(asking)
    ids = cites(found.support)
    rests = f"It rests on {counted(len(ids), 'fact')}."
    claims = [Claim(text=f"{found.confidence.value}: {_stop(found.title)} {rests}", evidence=ids)]
    if found.against:
        claims.append(Claim(text=f"Against it: {_stop(found.against[0].text)}", evidence=found.against[0].evidence))
    if found.challenge:
        claims.append(Claim(text=_stop(found.challenge), evidence=ids))
    if found.settle:
        claims.append(Claim(text=f"What would settle it: {_stop(found.settle)}", evidence=ids))
    return tuple(claims)


async def why_not(asking: Asking) -> tuple[Claim, ...]:
    """Why something is not the leading hypothesis: ruled out with its reason, behind, or never brought up."""
    service = asking.wanted.service
    words = [w for w in asking.wanted.subject.lower().split() if len(w) > 3]
    for found in (*asking.ruled_out, *asking.open[1:]):
        text = f"{found.title} {found.cause.service or ''} {found.cause.change or ''}".lower()
        if (service and found.cause.service == service) or any(word in text for word in words):
            return _out(found) if found.confidence is Confidence.RULED_OUT else _behind(asking, found)
    if asking.open and service and asking.open[0].cause.service == service:
        return (
            Claim(text=f"{service} is in fact the leading suspect.", evidence=cites(asking.open[0].support)),
            *await why(asking),
        )
    return _unsuspected(asking, service)


def _out(found: Hypothesis) -> tuple[Claim, ...]:
    ids = cites((*found.against, *found.support))
    reason = _stop(found.ruled_out or "the evidence speaks against it")
    first = Claim(text=f"Ruled out: {_stop(found.title)} {reason[:1].upper()}{reason[1:]}", evidence=ids)
    return (first, *(Claim(text=_stop(c.text), evidence=c.evidence) for c in found.against[:2]))


def _behind(asking: Asking, found: Hypothesis) -> tuple[Claim, ...]:
    first = asking.open[0]
    return (
        Claim(
            text=f"It is still {found.confidence.value.lower()}: {_stop(found.title)}", evidence=cites(found.support)
        ),
        Claim(text=f"{first.confidence.value} and ahead of it: {_stop(first.title)}", evidence=cites(first.support)),
        *(Claim(text=_stop(c.text), evidence=c.evidence) for c in found.against[:1]),
    )


def _unsuspected(asking: Asking, service: str | None) -> tuple[Claim, ...]:
    report = asking.progress.report if asking.progress else None
    if report is None:
        return EARLY
    if service is None:
        return (
            Claim(
                text="I do not know what you mean by that; name a service or a change and I will say why not.",
                evidence=(),
            ),
        )
    own = [n for n in asking.kept if n.fact.payload.service == service and n.fact.standing is Standing.SEEN]
    place = report.ranking.index(service) + 1 if service in report.ranking else None
    where = f" It is number {place} of {len(report.ranking)} suspects." if place else ""
    text = f"Nothing that I saw points at {service} as the cause.{where}"
    lead = asking.open[:1]
    ids = tuple(n.fact.id for n in own[:2]) or cites(c for h in lead for c in h.support)
    better = tuple(Claim(text=f"More fits {_stop(h.title)}", evidence=cites(h.support)) for h in lead)
    return (Claim(text=text, evidence=ids), *better)


async def affected(asking: Asking) -> tuple[Claim, ...]:
    """Who notices something: the services whose own latency or errors moved."""
    progress = asking.progress
    step = next((s for s in progress.steps if s.key == "services"), None) if progress else None
    if step is None or step.state is not StepState.DONE:
        return EARLY
    series = [n.fact for n in asking.kept if isinstance(n.fact.payload, Series)]
    moved = [
        f for f in series if isinstance(f.payload, Series) and f.payload.service and f.payload.service in step.note
    ]
    first = Claim(text=f"Affected: {_stop(step.note)}", evidence=tuple(f.id for f in moved[:4]))
    return (first, *(Claim(text=_stop(f.says), evidence=(f.id,)) for f in moved[:3]))


async def when(asking: Asking) -> tuple[Claim, ...]:
    """The onset, how it lies to the alert, and the series that shows it."""
    report = asking.progress.report if asking.progress else None
    if report is None:
        return EARLY
    alert = asking.incident.alerted_at
    if report.onset is None:
        return (Claim(text=f"I found no clear beginning; the alert came at {clock(alert)}.", evidence=()),)
    onset = report.onset
    facts = sorted(
        (n.fact for n in asking.kept if _onset(n.fact) is not None), key=lambda f: abs((_onset(f) or 0.0) - onset)
    )
    apart = f"{abs(alert - onset):.0f} s {'before' if onset <= alert else 'after'} the alert"
    first = Claim(text=f"It began at {clock(onset)}, {apart}.", evidence=tuple(f.id for f in facts[:1]))
    return (first, *(Claim(text=_stop(f.says), evidence=(f.id,)) for f in facts[:2]))


def _onset(fact: Evidence) -> float | None:
    return fact.payload.onset if isinstance(fact.payload, Series) else None


async def checked(asking: Asking) -> tuple[Claim, ...]:
    """What was looked at, and what could not be."""
    progress = asking.progress
    if progress is None:
        return EARLY
    claims: list[Claim] = []
    for step in progress.steps:
        if step.state is StepState.DONE and step.key not in ("alert", "services"):
            claims.append(Claim(text=f"{step.title}: {_stop(step.note or 'done')}", evidence=_of(asking, step.key)))
    gaps = progress.gaps
    if gaps:
        told = "; ".join(f"{gap.source} ({gap.reason}), so {gap.effect}" for gap in gaps[:2])
        claims = [*claims[:4], Claim(text=f"Could not see: {_stop(told)}", evidence=())]
    else:
        claims = [*claims[:4], Claim(text="Every source that is connected answered.", evidence=())]
    return tuple(claims)


def _of(asking: Asking, key: str) -> tuple[str, ...]:
    kind = {"metrics": "metric", "logs": "log", "changes": "change"}.get(key)
    return tuple(n.fact.id for n in asking.kept if n.fact.label == kind)[:2]


async def status(asking: Asking) -> tuple[Claim, ...]:
    """Where the investigation stands, in up to three sentences."""
    progress = asking.progress
    if progress is None:
        return EARLY
    report = progress.report
    if report is None:
        done = sum(step.state in (StepState.DONE, StepState.FAILED) for step in progress.steps)
        return (
            Claim(
                text=f"{progress.state.value.capitalize()}: {done} of {len(progress.steps)} steps done. {progress.so_far}",
                evidence=(),
            ),
        )
    if report.verdict is Verdict.HEALTHY:
        ids = tuple(n.fact.id for n in asking.kept if isinstance(n.fact.payload, Series))
        return (Claim(text=_stop(report.headline), evidence=ids[:3]),)
    lead = report.open[:1]
    ids = cites(c for h in lead for c in h.support)
    claims = [Claim(text=_stop(report.headline), evidence=ids)]
    claims += [Claim(text=f"{h.confidence.value}: {_stop(h.title)}", evidence=cites(h.support)) for h in report.open]
    if not lead:
        claims.append(Claim(text="Not found: nothing clears the bar so far.", evidence=()))
    return tuple(claims)


async def fix(asking: Asking) -> tuple[Claim, ...]:
    """What a person could do; proposals only."""
    found = await asking.about()
    if found is None or found.confidence is Confidence.RULED_OUT:
        return (Claim(text="I have no cause that I would act on yet.", evidence=()), *(await status(asking))[:2])
    ids = cites(found.support)
    claims = [Claim(text=f"{found.confidence.value}: {_stop(found.title)}", evidence=ids)]
    if found.next_step:
        claims.append(Claim(text=f"You could: {_stop(found.next_step)}", evidence=ids))
    if found.settle:
        claims.append(Claim(text=f"What would settle it: {_stop(found.settle)}", evidence=ids))
    return (*claims, Claim(text="I only propose; a person decides and acts.", evidence=()))


def _stop(text: str) -> str:
    flat = within(text, 220)
    return flat if flat[-1:] in ".!?…" else f"{flat}."
