"""What happens when people vote, object and ask?"""

import pytest

from clew.errors import BudgetSpent, MindError, Refused
from clew.feedback import RejectReason, Vote
from clew.hypothesis import Confidence, Report
from clew.limits import Limits
from clew.progress import Answer, HypothesisView, Progress, RunState
from clew.question import Question
from clew.testing import FakeGraph, FakeLogs, FakeMetrics, FakeTraces, Mood, ScriptedMind
from tests.flows.story import ALERT, House, Houses, sources, without


async def leading(house: House) -> tuple[Progress, Report]:
    progress = await house.copilot.progress(house.incident.id)
    assert progress is not None
    assert progress.report is not None
    return progress, progress.report


def vote(house: House, hypothesis: str, by: str, reason: RejectReason | None = None, *, agree: bool = False) -> Vote:
    return Vote(
        incident=house.incident.id,
        hypothesis=hypothesis,
        by=by,
        agree=agree,
        reason=reason,
        text="pool was 5 before too",
        at=house.clock.now(),
    )


async def test_votes_count_once_per_person_and_never_raise_the_word(houses: Houses) -> None:
    async with houses.house() as house:
        await house.investigated()
        _, report = await leading(house)
        first = report.hypotheses[0]
        for by in ("mia", "lee", "sam", "mia"):
            await house.copilot.vote(vote(house, first.id, by, agree=True))
        card = await house.copilot.hypothesis(house.incident.id, 1)
    assert card is not None
    assert len(card.ballot.agrees) == 3
    assert card.hypothesis.confidence is first.confidence
    assert not card.rechecking


async def test_a_reject_needs_a_reason_and_a_standing_hypothesis(houses: Houses) -> None:
    async with houses.house() as house:
        await house.investigated()
        _, report = await leading(house)
        with pytest.raises(Refused, match="Say why"):
            await house.copilot.vote(vote(house, report.hypotheses[0].id, "lee"))
        with pytest.raises(Refused, match="no longer"):
            await house.copilot.vote(vote(house, "gone", "lee", agree=True))


async def test_an_objection_lowers_the_word_while_a_fresh_look_decides(houses: Houses) -> None:
    async with houses.house() as house:
        await house.investigated()
        _, before = await leading(house)
        first = before.hypotheses[0]
        await house.copilot.vote(vote(house, first.id, "lee", RejectReason.WRONG_CAUSE))
        during = [v for v in house.platform.views if isinstance(v, HypothesisView) and v.rechecking]
        await house.jobs.settled()
        progress, after = await leading(house)
        card = await house.copilot.hypothesis(house.incident.id, 1)
    assert during[0].hypothesis.confidence is Confidence.POSSIBLE
    assert during[0].ballot.rejects[0].text == "pool was 5 before too"
    assert progress.state is RunState.DONE
    again = next(h for h in after.hypotheses if h.id == first.id)
    assert again.confidence is first.confidence
    assert again.weight < first.weight
    assert after.revision == before.revision + 1
    assert "After an objection (wrong cause)" in again.challenge
    assert card is not None
    assert not card.rechecking


async def test_an_objection_that_the_evidence_no_longer_answers_keeps_the_word_low(houses: Houses) -> None:
    async with houses.house() as house:
        await house.investigated()
        _, before = await leading(house)
    quiet = (FakeMetrics(name="metrics"), FakeLogs(name="logs"), FakeTraces(name="traces"), FakeGraph(name="graph"))
    async with houses.house(sources=quiet, owner="two") as house:
        await house.copilot.vote(vote(house, before.hypotheses[0].id, "lee", RejectReason.WRONG_CAUSE))
        await house.jobs.settled()
        progress, after = await leading(house)
    assert progress.state is RunState.DONE
    assert next(h for h in after.hypotheses if h.id == before.hypotheses[0].id).confidence is Confidence.POSSIBLE


async def test_many_objections_take_off_a_bounded_weight(houses: Houses) -> None:
    async with houses.house() as house:
        await house.investigated()
        _, before = await leading(house)
        first = before.hypotheses[0]
        for place in range(8):
            await house.copilot.vote(vote(house, first.id, f"person{place}", RejectReason.WRONG_CAUSE))
        await house.jobs.settled()
        _, after = await leading(house)
    again = next(h for h in after.hypotheses if h.id == first.id)
    assert first.weight - again.weight == pytest.approx(1.0)


QUESTIONS = {
    "what changed?": "4f2c1a9",
    "why do you think that?": "pool_size",
    "why not web?": "Ruled out",
    "when did it start?": "18:36",
    "who else is affected?": "checkout",
    "what did you check?": "Every source",
    "status": "Likely",
    "what should we do?": "only propose",
    "help": "You can ask",
    "sing me a song": "did not understand",
    "show the logs of payments": "line",
    "show me the latency of checkout": "series",
    "is it over?": "over",
}


@pytest.mark.parametrize("text", QUESTIONS)
async def test_a_question_is_answered_briefly_and_cited(houses: Houses, text: str) -> None:
    async with houses.house() as house:
        await house.investigated()
        said = await house.copilot.ask(ask(house, text))
        kept = {n.fact.id for n in await houses.memory.recall(house.incident.id)}
        runs = len(house.jobs.submitted)
    whole = " ".join(claim.text for claim in said.claims)
    assert QUESTIONS[text].lower() in whole.lower()
    assert len(said.claims) <= 5
    assert len(whole) <= 700
    assert all(set(claim.evidence) <= kept for claim in said.claims)
    assert {e for claim in said.claims for e in claim.evidence} == {n.fact.id for n in said.evidence}
    assert isinstance(house.platform.views[-1], Answer)
    assert runs == 1


def ask(house: House, text: str) -> Question:
    return Question(incident=house.incident.id, key=f"m-{text}", asker="mia", text=text, at=ALERT + 60)


async def test_a_question_to_a_source_that_hangs_says_so(houses: Houses) -> None:
    slow = without(sources(), "logs", FakeLogs(name="logs", mood=Mood.HANGS))
    async with houses.house(sources=slow, limits=Limits(source_seconds=0.2, rounds=1)) as house:
        await house.investigated()
        said = await house.copilot.ask(ask(house, "show the logs of checkout"))
    assert "could not ask logs" in " ".join(c.text for c in said.claims)


async def test_a_question_about_nothing_is_refused_kindly(houses: Houses) -> None:
    async with houses.house() as house:
        with pytest.raises(Refused, match="Start one first"):
            await house.copilot.ask(ask(house, "what changed?"))


@pytest.mark.parametrize("error", [MindError("down"), BudgetSpent("spent")])
async def test_a_model_that_fails_leaves_the_report_as_it_is_without_one(
    houses: Houses, error: MindError | BudgetSpent
) -> None:
    async with houses.house() as house:
        await house.investigated()
        _, plain = await leading(house)
    other = Houses(houses.folder / "other")
    mind = ScriptedMind(*[error] * 20)
    async with other.house(mind=mind) as house:
        await house.investigated()
        _, minded = await leading(house)
        said = await house.copilot.ask(ask(house, "tell me a joke"))
    assert len(mind.prompts) >= 4
    same = {"seconds": 0.0, "queries": 0, "gaps": ()}
    assert minded.model_copy(update=same) == plain.model_copy(update=same)
    assert {gap.source for gap in minded.gaps} == {"model"}
    assert "did not understand" in said.claims[0].text


async def test_the_health_of_every_source_and_the_store_is_told(houses: Houses) -> None:
    slow = without(sources(), "logs", FakeLogs(name="logs", mood=Mood.FAILS))
    async with houses.house(sources=slow) as house:
        told = {h.source: h.ok for h in await house.copilot.health()}
    assert told == {"store": True, "metrics": True, "logs": False, "traces": True, "changes": True, "graph": True}
