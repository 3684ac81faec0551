"""Does a checkpoint give back what it was given, and nothing that it was not allowed to?"""

from pathlib import Path

import pytest

from agents.checkpoints import classes, opened, serializer, thread
from agents.state import Look, Receipt, State, Topology, Triaged, current, latest
from clew.causal.moment import Moment
from clew.causal.ranking import Draft, Ranking
from clew.evidence import Change, Mark
from clew.feedback import Vote
from clew.hypothesis import Cause, CauseKind, Clue, Confidence, Finding, Gap, Term, Verdict
from clew.incident import Window
from clew.progress import Answer

WINDOW = Window(start=1.0, end=2.0, reason="r")
TRIAGED = Triaged(
    moment=Moment(onset=1.5, window=WINDOW, alerted_at=1.6),
    topology=Topology(edges=(("a", "b"),), services=("a", "b")),
    affected=("a",),
    marks=(Mark(at=1.0, label="deploy"),),
)
CLUE = Clue(channel="resource", service="a", amount=1.0, says="s", evidence="e")
FINDING = Finding(
    lead="l",
    agent="metrics",
    summary="s",
    clues=(CLUE,),
    changes=(Change(ref="c", at=1.0, diff="+x"),),
    gaps=(Gap(source="s", reason="r", effect="e"),),
)
RANKING = Ranking(
    verdict=Verdict.CAUSE,
    headline="h",
    drafts=(
        Draft(
            key="k",
            cause=Cause(kind=CauseKind.CHANGE, change="c"),
            title="t",
            confidence=Confidence.LIKELY,
            weight=1.0,
            why=(Term(name="n", value=1.0, says="s"),),
            support=(CLUE,),
        ),
    ),
)
RECEIPT = Receipt(agent="a", source="s", method="m", window=WINDOW)


@pytest.mark.parametrize("value", [TRIAGED, FINDING, RANKING, RECEIPT, [FINDING, FINDING]])
def test_frozen_values_come_back_equal_and_as_the_same_classes(value: object) -> None:
    again = serializer().loads_typed(serializer().dumps_typed(value))
    assert again == value
    assert type(again) is type(value)


def test_edges_survive_as_pairs() -> None:
    again = serializer().loads_typed(serializer().dumps_typed(TRIAGED))
    assert again.topology.graph.edges == (("a", "b"),)
    assert again.topology.callers("b") == ("a",)


def test_a_class_that_no_state_holds_does_not_come_back() -> None:
    assert Answer not in classes(State, Look)
    stranger = Vote(incident="i", hypothesis="h", by="mia", agree=True, at=1.0)
    assert not isinstance(serializer().loads_typed(serializer().dumps_typed(stranger)), Vote)


def test_the_thread_carries_the_schema() -> None:
    assert thread("abc")["configurable"]["thread_id"].endswith(":abc")  # type: ignore[typeddict-item]


async def test_a_checkpoint_file_makes_its_folder(tmp_path: Path) -> None:
    async with opened(tmp_path / "deep" / "checkpoints.db"):
        pass
    assert (tmp_path / "deep" / "checkpoints.db").exists()


def test_the_same_lead_answered_twice_counts_once_and_the_newest_sight_counts() -> None:
    newer = FINDING.model_copy(update={"summary": "again"})
    assert latest([FINDING], [newer]) == [newer]
    blind = FINDING.model_copy(update={"lead": "l2", "round": 1, "clues": (), "changes": ()})
    assert current({"findings": [FINDING, blind]}) == (FINDING,)  # type: ignore[typeddict-item]
