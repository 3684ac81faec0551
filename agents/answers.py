"""What do we answer to a question: facts looked up now, at most five sentences, each cited."""

import re
from collections.abc import Awaitable, Callable

from pydantic import BaseModel

from agents import lookups, recollections
from agents.asking import Asking
from agents.desk import Desk
from agents.gather import Gather
from agents.prompts import intent_prompt
from agents.questions import Intent, Wanted, examples, wanted
from agents.speech import within
from agents.state import Look
from agents.views import chosen, cites
from agents.wording import reworded
from clew.causal.moment import Moment
from clew.errors import BudgetSpent, MindError
from clew.hypothesis import Claim, Lead
from clew.incident import Incident, incident_id
from clew.limits import Limits
from clew.ports import Telemetry
from clew.progress import Answer, Numbered, Progress
from clew.question import Question

SERVICES = 200
SENTENCE = re.compile(r"[.!?](?=\s|$)")
QUOTED = re.compile(r"“[^”]*”")


class Guess(BaseModel):
    """What a model may say about a question that code did not recognise."""

    intent: Intent = Intent.UNKNOWN
    service: str = ""


Route = Callable[[Asking], Awaitable[tuple[Claim, ...]]]


async def answer(question: Question, incident: Incident, progress: Progress | None, desk: Desk) -> Answer:
    """Looks up what was asked. Never restarts the investigation; gaps are said; an unrecognised question gets a list."""
    kept = await desk.deps.memory.recall(incident.id)
    services = known(incident, progress, kept)
    want = await _recognised(question, services, desk)
    asking = Asking(want, question, incident, progress, kept, _hands(question, incident, desk), services)
    claims = await ROUTES[want.intent](asking)
    claims = (*claims, *(_gap(asking) if want.intent not in (Intent.CHECKED, Intent.HELP, Intent.UNKNOWN) else ()))
    kept = await desk.deps.memory.recall(incident.id)
    claims = fitted(_sound(claims, kept), desk.deps.limits)
    claims = await _worded(claims, desk, services)
    return Answer(
        incident=incident,
        key=question.key,
        asker=question.asker,
        question=within(question.text, 300),
        claims=claims,
        evidence=chosen(kept, cites(claims)),
        private=question.private,
    )


def known(incident: Incident, progress: Progress | None, kept: tuple[Numbered, ...]) -> tuple[str, ...]:
    """Names of services that a question may mean, the likeliest first."""
    ranked = progress.report.ranking if progress and progress.report else ()
    seen = (n.fact.payload.service for n in kept)
    names = (incident.symptom.service, *ranked, *seen)
    return tuple(dict.fromkeys(n for n in names if n))[:SERVICES]


async def _recognised(question: Question, services: tuple[str, ...], desk: Desk) -> Wanted:
    want = wanted(question.text, services)
    mind = desk.deps.mind
    if want.intent is not Intent.UNKNOWN or mind is None:
        return want
    try:
        guess = await mind.draft(intent_prompt(question.text, services), Guess)
    except (MindError, BudgetSpent):
        return want
    service = guess.service if guess.service in services else want.service
    return want.model_copy(update={"intent": guess.intent, "service": service})


def _hands(question: Question, incident: Incident, desk: Desk) -> Gather:
    lead = Lead(
        id=incident_id(incident.id, "question", question.key),
        agent="answers",
        question=within(question.text, 200),
        window=incident.window,
    )
    moment = Moment(window=incident.window, alerted_at=incident.alerted_at)
    return Gather(desk, Look(incident=incident, lead=lead, moment=moment), "answers", frozenset(Telemetry))


def _sound(claims: tuple[Claim, ...], kept: tuple[Numbered, ...]) -> tuple[Claim, ...]:
    """Without citations of anything that is not kept; a claim that loses all of them goes."""
    ids = {numbered.fact.id for numbered in kept}
    checked = ((c, tuple(e for e in c.evidence if e in ids)) for c in claims)
    return tuple(Claim(text=c.text, evidence=found) for c, found in checked if found or not c.evidence)


def fitted(claims: tuple[Claim, ...], limits: Limits) -> tuple[Claim, ...]:
    """As many whole claims, in order, as the limits on sentences and characters allow; the first always stands."""
    out: list[Claim] = []
    left, sentences = limits.answer_characters, limits.answer_sentences
    for claim in claims:
        text = within(claim.text, min(left, 240))
        sentences -= max(1, len(SENTENCE.findall(QUOTED.sub("", text))))
        if out and (left < 20 or sentences < 0):
            break
        out.append(Claim(text=text, evidence=claim.evidence[:4]))
        left -= len(text) + 1
    return tuple(out)


async def _worded(claims: tuple[Claim, ...], desk: Desk, services: tuple[str, ...]) -> tuple[Claim, ...]:
    """The first sentence in a model's words, if there is one and it adds nothing."""
    if desk.deps.mind is None or not claims or not claims[0].evidence:
        return claims
    first = claims[0]
    facts = tuple(claim.text for claim in claims)
    text = await reworded(desk.deps.mind, first.text, facts, services, sentences=1, limit=max(80, len(first.text)))
    return (first.model_copy(update={"text": text}), *claims[1:])


def _gap(asking: Asking) -> tuple[Claim, ...]:
    """One sentence about what could not be seen while answering."""
    gaps = asking.gather.gaps
    if not gaps:
        return ()
    return (Claim(text=f"I could not ask {gaps[0].source}: {gaps[0].reason}.", evidence=()),)


async def _help(asking: Asking) -> tuple[Claim, ...]:
    asked = "; ".join(f"“{e}”" for e in examples(asking.services))
    unknown = asking.wanted.intent is Intent.UNKNOWN
    first = (
        "I did not understand that, and I would rather not guess." if unknown else "I answer from read-only sources."
    )
    return (
        Claim(text=first, evidence=()),
        Claim(text=f"You can ask, for example: {asked}.", evidence=()),
        Claim(
            text="Also: show me a metric of a service, who is affected, when did it start, how sure are you, "
            "what did you check, what can we do.",
            evidence=(),
        ),
    )


ROUTES: dict[Intent, Route] = {
    Intent.CHANGED: lookups.changed,
    Intent.METRIC: lookups.metric,
    Intent.LOGS: lookups.logs,
    Intent.OVER: lookups.over,
    Intent.WHY_NOT: recollections.why_not,
    Intent.WHY: recollections.why,
    Intent.AFFECTED: recollections.affected,
    Intent.WHEN: recollections.when,
    Intent.CHECKED: recollections.checked,
    Intent.STATUS: recollections.status,
    Intent.SURE: recollections.sure,
    Intent.FIX: recollections.fix,
    Intent.HELP: _help,
    Intent.UNKNOWN: _help,
}
