"""How right is a ranking: places, shares of places, wins, and what chance would reach."""

from collections.abc import Sequence
from math import comb
from typing import NamedTuple

ABSENT = 10_000
"""The place of something that was not named at all."""
DEPTH = 5


class Share(NamedTuple):
    """AC@1, AC@3 and Avg@5, each 0..1."""

    first: float
    third: float
    average: float


NOTHING = Share(0.0, 0.0, 0.0)


class Wins(NamedTuple):
    """Cases in which one ranking puts a right one higher than another does, and the reverse; the rest are ties."""

    won: int
    lost: int


def place(ranking: Sequence[str], right: Sequence[str]) -> int:
    """Where the first right name stands, from 0; ABSENT if none is there."""
    return next((index for index, name in enumerate(ranking) if name in right), ABSENT)


def within(places: Sequence[int], depth: int) -> float:
    """AC@depth: the share of cases with a right name among the first `depth`; 0 of no cases."""
    return sum(found < depth for found in places) / len(places) if places else 0.0


def share(places: Sequence[int]) -> Share:
    """AC@1, AC@3 and Avg@5 (the mean of AC@1 to AC@5)."""
    deep = [within(places, depth) for depth in range(1, DEPTH + 1)]
    return Share(deep[0], deep[2], sum(deep) / DEPTH)


def chance(candidates: int, right: int) -> Share:
    """What a shuffle of `candidates` names, `right` of them right, reaches on average: hypergeometric, no dice."""
    deep = [_hit(candidates, right, depth) for depth in range(1, DEPTH + 1)]
    return Share(deep[0], deep[2], sum(deep) / DEPTH)


def _hit(candidates: int, right: int, depth: int) -> float:
    if candidates <= 0 or right <= 0:
        return 0.0
    return 1.0 - comb(max(0, candidates - right), depth) / comb(candidates, depth) if depth <= candidates else 1.0


def mean(shares: Sequence[Share]) -> Share:
    """The plain mean, of cases or of families; zeros of nothing."""
    if not shares:
        return NOTHING
    return Share(*(sum(column) / len(shares) for column in zip(*shares, strict=True)))


def wins(ours: Sequence[int], theirs: Sequence[int]) -> Wins:
    """Case by case, by place."""
    pairs = list(zip(ours, theirs, strict=True))
    return Wins(sum(a < b for a, b in pairs), sum(a > b for a, b in pairs))
