"""What are the fitted weights worth on a family of cases that they were not fitted on?"""

from collections.abc import Mapping, Sequence
from math import log
from typing import NamedTuple

from rich.table import Table

from bench import accuracy
from bench.accuracy import Share
from bench.heard import Heard, each, families, place
from bench.scoreboard import MACRO
from clew.causal.weights import Weights

TODAY = Weights()
_SHARES = ("shifted", "explained", "unreached", "other_signal")
"""Parts of something, 0..1; every other weight is the worth of a channel."""
NEUTRAL = Weights(**{name: 0.5 if name in _SHARES else 1.0 for name in Weights.model_fields})
"""A start that knows nothing: today's weights were chosen by people who had looked at these families."""
STARTS: Mapping[str, Weights] = {"today's": TODAY, "neutral": NEUTRAL}
_STEPS = (0.5, 0.7, 1.4, 2.0)
_ROUNDS = 3
_HELD = 0.004
"""What leaving the start costs, per unit of log: a step has to be worth more than half a case of a small family."""
_LEAST = 1e-3


class Job(NamedTuple):
    """One fit: on every family but `left` (empty: on all), from the start of that name."""

    left: str
    start: str
    held: tuple[Heard, ...]


class Fitted(NamedTuple):
    """What came out of one fit, and how it ranks the family that was left out (of all cases where none was)."""

    left: str
    start: str
    weights: Weights
    shares: Mapping[str, Share]


def shares(held: Sequence[Heard], weights: Weights) -> dict[str, Share]:
    """AC@1, AC@3 and Avg@5 of every family with these weights."""
    found: dict[str, list[int]] = {}
    for one in held:
        found.setdefault(one.family, []).append(place(one, weights))
    return {family: accuracy.share(places) for family, places in sorted(found.items())}


def macro(found: Mapping[str, Share]) -> Share:
    """The mean over the families of the macro mean; over all where those are not all there."""
    names = MACRO if all(name in found for name in MACRO) else tuple(found)
    return accuracy.mean([found[name] for name in names])


def fitted(held: Sequence[Heard], start: Weights) -> Weights:
    """The weights that a coordinate search from `start` ends at: multiplicative steps, one weight at a time, three rounds at most.

    Maximises the mean over families of (AC@1 + AC@3 / 2 + Avg@5) / 2.5, less a small price for every weight's distance from the start.
    """
    base: dict[str, float] = start.model_dump()
    best, most = dict(base), _worth(held, base, base)
    for _ in range(_ROUNDS):
        before = most
        for name in base:
            for step in _STEPS:
                tried = {**best, name: bounded(name, best[name] * step)}
                worth = _worth(held, tried, base) if tried != best else most
                if worth > most + 1e-9:
                    best, most = tried, worth
        if most <= before:
            break
    return Weights(**best)


def bounded(name: str, value: float) -> float:
    """The value, at most 1 where the weight is a part of something."""
    return min(1.0, value) if name in _SHARES else value


def _worth(held: Sequence[Heard], weights: Mapping[str, float], base: Mapping[str, float]) -> float:
    found = accuracy.mean(list(shares(held, Weights(**weights)).values()))
    moved = sum(abs(log((weights[name] + _LEAST) / (base[name] + _LEAST))) for name in base)
    return (found.first + 0.5 * found.third + found.average) / 2.5 - _HELD * moved


def run(job: Job) -> Fitted:
    """Fits on the others and ranks everything with what came out."""
    weights = fitted([one for one in job.held if one.family != job.left], STARTS[job.start])
    return Fitted(job.left, job.start, weights, shares(job.held, weights))


def fits(held: Sequence[Heard], workers: int = 1) -> tuple[Fitted, ...]:
    """Every family left out once from every start, and nothing left out once from every start. Needs two families."""
    whole = tuple(held)
    jobs = [Job(left, start, whole) for left in (*families(one.family for one in whole), "") for start in STARTS]
    return tuple(each(run, jobs, workers))


def left_out_table(held: Sequence[Heard], found: Sequence[Fitted]) -> Table:
    """AC@1 / AC@3 per family: with today's weights, and with those fitted without it; last what fitting on everything would claim."""
    table = Table(
        "family left out",
        "today's",
        *(f"fitted from {start}" for start in STARTS),
        "from neutral on all",
        title="Leaving one family out: today's weights, and those fitted on the others",
        title_justify="left",
    )
    columns: list[Mapping[str, Share]] = [shares(held, TODAY)]
    columns += [
        {one.left: one.shares[one.left] for one in found if one.left and one.start == start} for start in STARTS
    ]
    columns.append(next(one.shares for one in found if not one.left and one.start == "neutral"))
    for family in families(one.family for one in held):
        table.add_row(family, *(_points(column[family]) for column in columns))
    table.add_section()
    means = [macro(column) for column in columns]
    table.add_row("macro", *(_points(mean) for mean in means))
    table.add_row("macro, points lost", "", *(_lost(means[0], mean) for mean in means[1:]))
    return table


def weights_table(found: Sequence[Fitted]) -> Table:
    """Where each fit ended, from today's weights / from neutral ones: what stays alike does not hang on one family."""
    lefts = list(dict.fromkeys(one.left for one in found))
    names = [left or "nothing" for left in lefts]
    table = Table(
        "weight",
        "today's",
        *names,
        title="Fitted weights by what was left out, from today's / from neutral",
        title_justify="left",
    )
    for name in Weights.model_fields:
        cells = (" / ".join(f"{getattr(one.weights, name):.2g}" for one in found if one.left == left) for left in lefts)
        table.add_row(name, f"{getattr(TODAY, name):.2g}", *cells)
    return table


def sensitivity_table(held: Sequence[Heard]) -> Table:
    """The macro AC@1 / AC@3 with each of today's weights halved and doubled (a part of something: at most 1)."""
    table = Table("weight", "today's", "halved", "doubled", title="One weight at a time", title_justify="left")
    base = TODAY.model_dump()
    table.add_row("none", "", _points(macro(shares(held, TODAY))), _points(macro(shares(held, TODAY))))
    for name, value in base.items():
        tried = (Weights(**{**base, name: bounded(name, value * step)}) for step in (0.5, 2.0))
        table.add_row(name, f"{value:.2g}", *(_points(macro(shares(held, weights))) for weights in tried))
    return table


def _points(found: Share) -> str:
    return f"{found.first:.2f} / {found.third:.2f}"


def _lost(base: Share, found: Share) -> str:
    return f"{100 * (base.first - found.first):.1f} / {100 * (base.third - found.third):.1f}"
