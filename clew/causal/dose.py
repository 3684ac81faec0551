"""How far does a signal follow another, dose by dose, and what would it be if the other were held at its usual level."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from clew.causal.stretch import Stretch
from clew.causal.whitening import MEMORIES, whitened
from clew.tables import Floats

_DRAWS = 2000
_SLACK = 9.0
"""The prior variance of a coefficient, in variances of the noise, per standardised column."""
_ALONE = 0.5
"""How likely it is, before looking, that the driver is all that happened; else something else stepped at the same moment."""
_SHAPES: tuple[Callable[[Floats], Floats], ...] = (lambda x: x, np.log1p, np.square)
"""The dose may act as it is, with less and less force (logarithm) or with more and more (square); in units of the usual level."""


class Held(NamedTuple):
    """Draws of the signal's mean with the driver held (N,), ascending, and how likely it is that the signal follows the driver at all."""

    draws: Floats
    follows: float


def held(cut: Stretch, driver: Floats, driver_later: Floats) -> Held:
    """The mean of the signal after the event if the driver (n,), (m,) were at its median of before.

    A regression over the time before and after together, averaged over the noise's memory, the shape of the dose and whether a step of
    unknown cause came at the same moment: where the driver is itself a mere step the two cannot be told apart, and the draws say so.
    """
    times, values = np.concatenate((cut.times, cut.later)), np.concatenate((cut.values, cut.shown))
    after = np.arange(len(times)) >= len(cut.times)
    usual = float(np.median(driver))
    size = max(abs(usual), float(np.std(driver)), 1e-12)
    doses = [(shape(np.maximum(np.concatenate((driver, driver_later)) / size, 0.0))) for shape in _SHAPES]
    gaps = np.stack([dose - float(np.median(dose[~after])) for dose in doses], axis=1)
    gaps = gaps / np.maximum(gaps.std(axis=0), 1e-12)
    columns = np.concatenate(
        (np.ones((len(times), 1)), after[:, None] / max(after.std(), 1e-12), gaps, values[:, None]), axis=1
    )
    seen = whitened(times, columns, times[-1:] + cut.step)
    rng = np.random.default_rng(7)
    scores: list[float] = []
    shifts: list[Callable[[int], Floats]] = []
    follows: list[bool] = []
    for memory in range(len(MEMORIES)):
        for chosen, prior in _choices(len(doses)):
            score, shift = _fitted(seen.innovations[memory], chosen, gaps[after], rng)
            scores.append(score + np.log(MEMORIES[memory].prior * prior) - seen.weight[memory])
            shifts.append(shift)
            follows.append(max(chosen) > 1)
    weight = np.exp(np.array(scores) - max(scores))
    weight /= weight.sum()
    counts = np.diff(np.floor(np.concatenate(([0.0], np.cumsum(weight))) * _DRAWS + 0.5).astype(int))
    moved = np.concatenate([shift(int(count)) for shift, count in zip(shifts, counts, strict=True)])
    return Held(np.sort(float(cut.shown.mean()) - moved), float(weight[np.array(follows)].sum()))


def _choices(doses: int) -> list[tuple[tuple[int, ...], float]]:
    """Which columns are in: a step alone (1), a dose alone (2..), or both; with their prior."""
    rows: list[tuple[tuple[int, ...], float]] = [((1,), 1.0 - _ALONE)]
    for dose in range(doses):
        rows += [((2 + dose,), _ALONE / 2 / doses), ((1, 2 + dose), _ALONE / 2 / doses)]
    return rows


def _fitted(
    columns: Floats, chosen: tuple[int, ...], gaps: Floats, rng: np.random.Generator
) -> tuple[float, Callable[[int], Floats]]:
    """The log likelihood of one model and a drawer of how much of the mean after the event the dose makes."""
    design, target = columns[:, [0, *chosen]], columns[:, -1]
    shrink = np.diag([0.0, *([1.0 / _SLACK] * len(chosen))])
    precision = design.T @ design + shrink
    centre = np.linalg.solve(precision, design.T @ target)
    free = len(target) - 1
    rest = max(float(target @ target - centre @ precision @ centre), 1e-300)
    score = -0.5 * np.linalg.slogdet(precision)[1] - 0.5 * len(chosen) * np.log(_SLACK) - 0.5 * free * np.log(rest)
    reach = np.zeros(len(centre))
    for place, column in enumerate(chosen):
        if column > 1:
            reach[place + 1] = float(gaps[:, column - 2].mean())
    middle, spread = float(reach @ centre), float(np.sqrt(reach @ np.linalg.solve(precision, reach) * rest / free))

    def drawn(count: int) -> Floats:
        return middle + spread * rng.standard_t(free, count)

    return float(score), drawn
