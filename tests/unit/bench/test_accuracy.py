"""Are the scores what a hand would count?"""

import random
from itertools import combinations

import pytest

from bench.accuracy import ABSENT, NOTHING, Share, Wins, chance, mean, place, share, wins, within


def test_a_place_is_that_of_the_first_right_name() -> None:
    assert place(("a", "b", "c"), ("c", "b")) == 1
    assert place(("a", "b"), ("z",)) == ABSENT
    assert place((), ("a",)) == ABSENT


def test_shares_are_counted_by_hand() -> None:
    # first, second, fourth, absent: hits within 1..5 are 1, 2, 2, 3, 3 of 4
    found = share([0, 1, 3, ABSENT])
    assert (found.first, found.third) == (0.25, 0.5)
    assert found.average == pytest.approx((1 + 2 + 2 + 3 + 3) / 4 / 5)
    assert within([0, 1, 3, ABSENT], 4) == 0.75
    assert share([]) == NOTHING


def test_the_mean_takes_each_family_once() -> None:
    assert mean([Share(1.0, 1.0, 1.0), Share(0.0, 0.5, 0.25)]) == Share(0.5, 0.75, 0.625)
    assert mean([]) == NOTHING


@pytest.mark.parametrize(("candidates", "right"), [(1, 1), (2, 1), (7, 2), (12, 3)])
def test_chance_agrees_with_counting_every_draw(candidates: int, right: int) -> None:
    def counted(depth: int) -> float:
        draws = list(combinations(range(candidates), min(depth, candidates)))
        return sum(any(name < right for name in draw) for draw in draws) / len(draws)

    found = chance(candidates, right)
    assert found.first == pytest.approx(counted(1))
    assert found.third == pytest.approx(counted(3))
    assert found.average == pytest.approx(sum(counted(depth) for depth in range(1, 6)) / 5)


def test_nobody_finds_by_chance_what_is_not_among_the_candidates() -> None:
    assert chance(9, 0) == NOTHING
    assert chance(0, 0) == NOTHING


def test_wins_count_cases_and_leave_out_ties() -> None:
    assert wins([0, 0, 5, ABSENT, 2], [3, 0, 1, ABSENT, ABSENT]) == Wins(2, 1)


def test_scores_do_not_depend_on_the_order_of_cases() -> None:
    places = [random.Random(7).randrange(8) for _ in range(40)]
    assert share(places) == share(sorted(places))
