"""Does what the world tried out raise, cut or prove a change, and leave every other as it was?"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.causal import tested as outside
from clew.causal.priors import Priors
from clew.causal.rank import rank
from clew.causal.ranking import Ranking
from clew.evidence import Change
from clew.hypothesis import Clue, Confidence
from clew.incident import Signal, Symptom
from clew.tables import CallGraph

POOL = "@@ pay/settings.yaml @@\n-  pool: 50\n+  pool: 5"
COMMIT = Change(ref="c0ffee1", at=900.0, title="Lower the pool", diff=POOL)
DEPLOY = Change(ref="d42", what="deploy", at=940.0, service="pay", title="deploy pay", commit="c0ffee1")
OTHER = Change(ref="ab12cd3", at=930.0, service="cart", title="Tidy", diff="@@ cart/a.py @@\n+x = 1")
CHANGES = (COMMIT, DEPLOY, OTHER)


def fit(change: str, amount: float) -> Clue:
    return Clue(channel="change", change=change, amount=amount, says=f"commit {change} cut the pool")


def ruling(change: str | None, amount: float, detail: str = "for", says: str = "v42 fared worse") -> Clue:
    return Clue(channel="experiment", service="pay", change=change, amount=amount, says=says, detail=detail)


def amounts(*clues: Clue) -> dict[str | None, float]:
    return {
        found.change: found.amount
        for found in outside.tested((fit("c0ffee1", 1.0), fit("ab12cd3", 0.8)), clues, CHANGES)
    }


def test_a_ruling_for_a_change_raises_it_and_is_told() -> None:
    assert amounts(ruling("ab12cd3", 0.8)) == {"ab12cd3": 2.0, "c0ffee1": 1.0}
    first = outside.tested((fit("c0ffee1", 1.0), fit("ab12cd3", 0.8)), (ruling("ab12cd3", 0.8),), CHANGES)[0]
    assert (first.change, first.says) == ("ab12cd3", "commit ab12cd3 cut the pool; v42 fared worse")


def test_a_ruling_against_a_change_leaves_a_quarter_and_another_comes_first() -> None:
    against = ruling("c0ffee1", 0.0, "against", "both got worse alike")
    assert amounts(against) == {"ab12cd3": 0.8, "c0ffee1": 0.25}
    found = outside.tested((fit("c0ffee1", 1.0), fit("ab12cd3", 0.8)), (against,), CHANGES)
    assert [clue.change for clue in found] == ["ab12cd3", "c0ffee1"]
    assert found[1].says.endswith("; both got worse alike")


def test_what_is_said_of_a_deploy_is_meant_of_its_commit() -> None:
    assert amounts(ruling("d42", 0.8)) == {"c0ffee1": 2.2, "ab12cd3": 0.8}


def test_where_rulings_differ_the_one_for_it_counts() -> None:
    for order in ((0.0, 0.5), (0.5, 0.0)):
        clues = [ruling("c0ffee1", amount, "for" if amount else "against") for amount in order]
        assert amounts(*clues)["c0ffee1"] == pytest.approx(1.75)


@pytest.mark.parametrize(
    "nothing",
    [
        ruling(None, 0.8),
        ruling("0000000", 0.8),
        ruling("c0ffee1", 0.8).model_copy(update={"channel": "change"}),
    ],
    ids=["of no change", "of an unknown change", "no experiment"],
)
def test_what_tried_no_change_out_alters_none(nothing: Clue) -> None:
    fits = (fit("c0ffee1", 1.0), fit("ab12cd3", 0.8))
    assert outside.tested(fits, (nothing,), CHANGES) == fits
    assert not outside.proven("c0ffee1", (nothing.model_copy(update={"detail": "proven"}),), CHANGES)


def test_the_sentence_stays_short_however_much_was_said() -> None:
    (only,) = outside.tested((fit("c0ffee1", 1.0),), (ruling("c0ffee1", 0.8, says="it fared worse " * 60),), CHANGES)
    assert len(only.says) <= 240


def test_only_a_symptom_that_followed_twice_proves() -> None:
    assert outside.proven("c0ffee1", (ruling("d42", 1.0, "proven"),), CHANGES)
    assert not outside.proven("c0ffee1", (ruling("d42", 1.0, "for"),), CHANGES)
    assert not outside.proven("ab12cd3", (ruling("d42", 1.0, "proven"),), CHANGES)
    assert not outside.proven(None, (ruling("d42", 1.0, "proven"),), CHANGES)


def ranked(*rulings: Clue) -> Ranking:
    seen = Clue(channel="resource", service="pay", amount=0.9, onset=1000.0, says="pay pool 5 → 50", detail="pool")
    return rank(
        (seen, *rulings),
        CallGraph((("web", "pay"), ("web", "cart"))),
        Priors(),
        symptom=Symptom(service="pay", signal=Signal.LATENCY),
        onset=1000.0,
        changes=CHANGES,
    )


def test_a_ruling_decides_which_change_is_named_and_a_proof_confirms_it() -> None:
    plain, lifted = ranked(), ranked(ruling("ab12cd3", 1.0), ruling("d42", 0.0, "against"))
    assert plain.changes[0] == "c0ffee1"
    assert plain.drafts[0].confidence is not Confidence.CONFIRMED
    assert lifted.changes[0] == "ab12cd3"
    shown = ranked(ruling("d42", 1.0, "proven"))
    assert (shown.drafts[0].cause.change, shown.drafts[0].confidence) == ("c0ffee1", Confidence.CONFIRMED)


@given(first=st.floats(0, 2), second=st.floats(0, 2), worth=st.floats(0, 1), seed=st.booleans())
@settings(max_examples=50, deadline=None)
def test_a_ruling_for_never_lowers_and_one_against_never_raises(
    first: float, second: float, worth: float, seed: bool
) -> None:
    fits = (fit("c0ffee1", first), fit("ab12cd3", second))
    found = {
        c.change: c.amount for c in outside.tested(fits[:: -1 if seed else 1], (ruling("c0ffee1", worth),), CHANGES)
    }
    assert found["ab12cd3"] == second
    assert found["c0ffee1"] >= first - 1e-6 if worth > 0 else found["c0ffee1"] <= first + 1e-6
