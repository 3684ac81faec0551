"""Does leaving a family out find the weights that the others teach, and does the table show what that costs?"""

from bench.fit import NEUTRAL, TODAY, bounded, fits, fitted, left_out_table, macro, sensitivity_table, shares
from bench.heard import Heard, place
from bench.truth import Truth
from clew.causal.weights import Weights
from clew.hypothesis import Clue
from clew.incident import Symptom
from clew.tables import CallGraph


def heard(family: str, right: str, **amounts: float) -> Heard:
    """A case without calls: `a` shows a strained resource, `b` new errors."""
    clues = tuple(
        Clue(channel=channel.replace("_", " "), service=service, amount=amounts[channel], says="seen")
        for channel, service in (("resource", "a"), ("new_errors", "b"))
    )
    return Heard(family, right, Truth(services=(right,)), clues, CallGraph(), Symptom(), None)


def teaching(family: str) -> tuple[Heard, ...]:
    """Cases that only a resource worth more than an error ranks well."""
    return tuple(heard(family, "a", resource=0.5, new_errors=0.5 + step) for step in (0.05, 0.1, 0.15))


def test_a_place_follows_the_weights() -> None:
    case = heard("x", "a", resource=0.5, new_errors=0.5)
    assert place(case, Weights(resource=1.0, new_errors=2.0)) == 1
    assert place(case, Weights(resource=2.0, new_errors=1.0)) == 0


def test_the_search_learns_what_the_cases_teach() -> None:
    cases = teaching("x")
    found = fitted(cases, NEUTRAL)
    assert [place(case, NEUTRAL) for case in cases] == [1, 1, 1]
    assert [place(case, found) for case in cases] == [0, 0, 0]
    assert found.resource / found.new_errors > 1.0
    assert found.edge == NEUTRAL.edge, "what no case speaks of stays where it was"


def test_what_is_right_already_is_left_alone() -> None:
    assert fitted((heard("x", "b", resource=0.2, new_errors=0.9),), TODAY) == TODAY


def test_a_left_out_family_that_is_otherwise_loses() -> None:
    against = tuple(heard("y", "b", resource=0.5, new_errors=0.5 + step) for step in (0.05, 0.1, 0.15))
    held = (*teaching("x"), *against)
    found = {(one.left, one.start): one for one in fits(held)}
    assert set(found) == {(left, start) for left in ("x", "y", "") for start in ("today's", "neutral")}
    assert found["y", "neutral"].shares["y"].first == 0.0, "fitted on cases that teach the opposite"
    assert found["y", "neutral"].shares["x"].first == 1.0
    assert found["x", "neutral"].shares["y"].first == 1.0
    table = left_out_table(held, list(found.values()))
    columns = [list(column.cells) for column in table.columns]
    assert columns[0] == ["x", "y", "macro", "macro, points lost"]
    assert columns[3][:2] == ["0.00 / 1.00", "0.00 / 1.00"]


def test_a_share_never_exceeds_one_and_one_weight_moves_at_a_time() -> None:
    assert bounded("shifted", 1.2) == 1.0
    assert bounded("edge", 4.0) == 4.0
    table = sensitivity_table(teaching("x"))
    rows = {str(name): cells for name, *cells in zip(*(column.cells for column in table.columns), strict=True)}
    assert rows["none"][1] == "0.00 / 1.00"
    assert rows["resource"][2] == "1.00 / 1.00"
    assert rows["new_errors"][1] == "1.00 / 1.00"
    assert rows["edge"][1] == rows["edge"][2] == "0.00 / 1.00"


def test_the_macro_is_over_its_three_families_where_they_are_there() -> None:
    held = [
        heard(family, right, resource=0.2, new_errors=0.9)
        for family, right in (
            ("nezha-trainticket", "b"),
            ("nezha-onlineboutique", "b"),
            ("petshop", "a"),
            ("other", "a"),
        )
    ]
    assert abs(macro(shares(held, TODAY)).first - 2 / 3) < 1e-9
    assert macro(shares(held[2:], TODAY)).first == 0.0
