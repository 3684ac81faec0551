"""Several causes are a verdict of their own: two that no path joins, each with evidence to stand alone."""

import pytest

from clew.causal.priors import Priors
from clew.causal.rank import rank
from clew.hypothesis import Clue, Report, Verdict
from clew.incident import Signal, Symptom
from clew.tables import CallGraph

GRAPH = CallGraph((("web", "cart"), ("web", "mail"), ("cart", "stock")))
FELT = Clue(channel="errors", service="web", amount=0.5, says="web fails", detail="errors")


def broken(service: str, amount: float = 0.8, logs: bool = True) -> tuple[Clue, ...]:
    strained = Clue(channel="resource", service=service, amount=amount, says=f"{service} is busy", detail="cpu")
    error = Clue(channel="new errors", service=service, amount=amount, says=f"{service} errs", detail=f"{service} down")
    return (strained, error) if logs else (strained,)


def verdict(*clues: Clue) -> Verdict:
    symptom = Symptom(service="web", signal=Signal.ERRORS)
    return rank((FELT, *clues), GRAPH, Priors(), symptom=symptom, onset=None, changes=()).verdict


def test_two_faults_that_no_path_joins_are_several_causes() -> None:
    assert verdict(*broken("cart"), *broken("mail")) is Verdict.SEVERAL


@pytest.mark.parametrize(
    "other",
    [broken("stock"), broken("mail", logs=False), broken("mail", 0.2), ()],
    ids=["below the first", "one kind of evidence", "much lighter", "nothing"],
)
def test_an_echo_a_doubt_or_a_trifle_is_no_second_cause(other: tuple[Clue, ...]) -> None:
    assert verdict(*broken("cart"), *other) is Verdict.CAUSE


def test_a_report_of_several_causes_blames() -> None:
    made = [Report(incident="i", verdict=each, headline="x").blames for each in Verdict]
    assert dict(zip(Verdict, made, strict=True)) == {
        Verdict.CAUSE: True,
        Verdict.SEVERAL: True,
        Verdict.HEALTHY: False,
        Verdict.NOT_FOUND: False,
    }
