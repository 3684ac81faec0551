"""Does a hypothesis still stand after somebody objected? Looks again; votes lower a word, only evidence keeps it."""

from typing import Any

from agents.board import Board
from agents.citations import checked, lower
from agents.desk import Desk
from agents.investigation import Graph
from agents.judge import conclude
from agents.plan import RECHECK
from agents.speech import clock, within
from agents.state import State
from clew.causal.timeline import relabelled
from clew.feedback import RejectReason, Vote
from clew.hypothesis import Confidence, Hypothesis, Report, Term
from clew.incident import Incident, Window
from clew.memory import Memory
from clew.progress import Progress, RunState, Step, StepState

STEP = 0.5
MOST = 1.0
"""What objections can take off a weight, however many there are."""


def asked(progress: Progress, hypothesis_id: str, title: str) -> Progress:
    """The card with the recheck in its plan, where it outlives a restart."""
    key = RECHECK + hypothesis_id
    steps = tuple(step for step in progress.steps if step.key != key)
    step = Step(key=key, title=f"Look again at: {within(title, 60)}", state=StepState.RUNNING)
    return progress.model_copy(update={"state": RunState.RECHECKING, "steps": (*steps, step)})


def waiting(progress: Progress) -> tuple[str, ...]:
    """The hypotheses whose recheck has not ended."""
    open_ = (StepState.RUNNING, StepState.PENDING)
    return tuple(s.key.removeprefix(RECHECK) for s in progress.steps if s.key.startswith(RECHECK) and s.state in open_)


async def recheck(graph: Graph, desk: Desk, board: Board, progress: Progress) -> None:
    """Looks again with fresh reads, settles every objection that waits, and shows what changed."""
    incident, report = progress.incident, progress.report
    ids = waiting(progress)
    if report is None or not ids:
        await board.revise(incident.id, lambda p: p.model_copy(update={"state": RunState.DONE}))
        return
    fresh = await _again(graph, desk, incident)
    memory = desk.deps.memory
    settled = [await _settled(h, fresh, memory) if h.id in ids else h for h in report.hypotheses]
    kept = {numbered.fact.id for numbered in await memory.recall(incident.id)}
    revised = checked(_ordered(report, settled), kept)
    looked = f"{len(fresh.gaps)} gaps" if fresh.gaps else "every source answered"
    for hypothesis in revised.hypotheses:
        if hypothesis.id in ids and hypothesis.confidence is not Confidence.RULED_OUT:
            await board.hypothesis(incident, hypothesis)
    await board.thread(incident, revised)
    note = f"looked again at {clock(desk.deps.clock.now())}; {looked}"

    def done(standing: Progress) -> Progress | None:
        if standing.state is not RunState.RECHECKING:
            return None
        steps = tuple(
            step.model_copy(update={"state": StepState.DONE, "note": note})
            if step.key.removeprefix(RECHECK) in ids
            else step
            for step in standing.steps
        )
        changed = standing.model_copy(
            update={"steps": steps, "report": revised, "leading": revised.open[0] if revised.open else None}
        )
        state = RunState.RECHECKING if waiting(changed) else RunState.DONE
        return changed.model_copy(update={"state": state})

    await board.revise(incident.id, done)


async def _again(graph: Graph, desk: Desk, incident: Incident) -> Report:
    """A fresh look at everything, up to now: the same sweeps, without a checkpoint and without a model."""
    now = desk.deps.clock.now()
    limit = incident.window.end + desk.deps.limits.lookahead_seconds
    end = max(incident.window.end, min(now, limit))
    window = Window(start=incident.window.start, end=end, reason="looked again after an objection")
    state: State = {
        "incident": incident.model_copy(update={"window": window}),
        "started_at": now,
        "round": desk.deps.limits.rounds - 1,  # one round: this is a second look, not a wider one
    }
    final = await graph.ainvoke(state, context=desk)
    report = final.get("report")
    return report if report is not None else await conclude(state, desk)


async def _settled(hypothesis: Hypothesis, fresh: Report, memory: Memory) -> Hypothesis:
    """The hypothesis after the second look: its word is the lower of before and now, its weight less the objections."""
    ballot = await memory.ballot(hypothesis.id)
    objections = tuple(v for v in ballot.rejects if v.reason is not RejectReason.ALREADY_KNOWN)
    again = next((h for h in fresh.hypotheses if h.id == hypothesis.id), None)
    seen = again.confidence if again is not None else Confidence.POSSIBLE
    word = lower(hypothesis.confidence, seen)
    if again is None and word is not Confidence.RULED_OUT:
        result = "a fresh look no longer brings it up"
    elif word is hypothesis.confidence:
        result = "a fresh look shows the same"
    else:
        result = "a fresh look shows less than before"
    term = Term(name="contradiction", value=-min(MOST, STEP * len(objections)), says=_says(objections))
    why = tuple(t for t in hypothesis.why if t.name != "contradiction" or not t.says.startswith("objection"))
    before = sum(t.value for t in hypothesis.why) - sum(t.value for t in why)
    return hypothesis.model_copy(
        update={
            "confidence": word,
            "weight": hypothesis.weight - before + term.value,
            "why": (*why, term) if objections else why,
            "challenge": _challenge(hypothesis.challenge, ballot.rejects, result),
            "against": (*hypothesis.against, *(again.against if again is not None else ()))[:3],
            **(_tests(again) if again is not None else {}),
        }
    )


def _tests(again: Hypothesis) -> dict[str, Any]:
    """The tests as they come out now: more has been measured since."""
    return {"label": again.label, "trials": again.trials, "effect": again.effect, "forecast": again.forecast}


def _says(objections: tuple[Vote, ...]) -> str:
    return f"objections of {len(objections)} {'person' if len(objections) == 1 else 'people'}, bounded"


def _challenge(before: str, rejects: tuple[Vote, ...], result: str) -> str:
    """How the objection went. Who objected and in which words is on the ballot, which the card shows."""
    earlier = before.split(" After an objection", maxsplit=1)[0]
    reason = rejects[-1].reason.value if rejects and rejects[-1].reason else "rejected"
    return f"{earlier} After an objection ({reason}): {result}.".strip()


def _ordered(report: Report, hypotheses: list[Hypothesis]) -> Report:
    """Open ones by weight, best first; then those ruled out."""
    open_ = [h for h in hypotheses if h.confidence is not Confidence.RULED_OUT]
    out = [h for h in hypotheses if h.confidence is Confidence.RULED_OUT]
    ranked = sorted(open_, key=lambda h: -h.weight)
    told = relabelled(report.timeline, (*ranked, *out)) if report.timeline is not None else None
    return report.model_copy(update={"hypotheses": (*ranked, *out), "revision": report.revision + 1, "timeline": told})
