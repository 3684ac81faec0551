"""How far does a signal follow another, dose by dose, and what would it be if the other were held at its usual level."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from clew.causal.forecast import Scale, scales
from clew.causal.stretch import Stretch
from clew.causal.whitening import MEMORIES, Whitened, whitened
from clew.tables import Bools, Floats

_DRAWS = 2000
_LOOSE = 1e4
"""The prior variance of a coefficient, in variances of the noise, per standardised column: an incident is many times the noise."""
_ALONE = 0.5
"""How likely it is, before looking, that the driver is all that happened; else something else stepped at the same moment."""
_UNEVEN = 2.0
"""Where what is left over after the event swings so many times as much as before it, no shape fits."""
_ALIKE = 0.1
"""A driver of which a mere step leaves less than this part is one."""
_CALM = 0.2
"""All shapes are a little wrong, so a better fit counts for so much of itself only (a power posterior): shapes that disagree stay in."""
_MISFIT = 1.15
"""No shape is the true one: the draws are spread by so much more, and by how much worse the fit is after the event than before it."""
_ROOM = 1.1
"""A queue is thought to be full at so many times the highest dose seen."""
_SHAPES: tuple[Callable[[Floats], Floats], ...] = (
    lambda x: x,
    np.log1p,
    np.square,
    lambda x: 1.0 / (_ROOM - x / max(float(x.max()), 1e-12)),
)
"""The dose may act as it is, with less and less force (logarithm), with more and more (square), or as a queue
fills; in units of the usual level."""


class Held(NamedTuple):
    """Draws of the signal's mean with the driver held (N,), ascending; how likely it is that the signal follows the driver at all; whether
    a shape was found that fits as well after the event as before it; and whether the driver is more than one step.
    """

    draws: Floats
    follows: float
    fits: bool
    varies: bool


class _Model(NamedTuple):
    score: float
    scale: Scale
    centre: Floats
    root: Floats
    """(k, k): the coefficients' spread, of one degree of noise."""
    shapes: Floats
    """(m, k): how far the dose is from usual in each later sample, zero for what is no dose."""
    free: int
    uneven: float


def held(cut: Stretch, driver: Floats, driver_later: Floats) -> Held:
    """The mean of the signal after the event if the driver (n,), (m,) were at its median of before.

    A regression over the time before and after together, averaged over the noise's memory and scale, the shape of the dose and whether a
    step of unknown cause came at the same moment: where the driver is itself a mere step the two cannot be told apart, and the draws
    say so.
    """
    times, values = np.concatenate((cut.times, cut.later)), np.concatenate((cut.values, cut.shown))
    after = np.arange(len(times)) >= len(cut.times)
    size = max(abs(float(np.median(driver))), float(np.std(driver)), 1e-12)
    doses = [shape(np.maximum(np.concatenate((driver, driver_later)) / size, 0.0)) for shape in _SHAPES]
    gaps = np.stack([dose - float(np.median(dose[~after])) for dose in doses], axis=1)
    gaps = gaps / np.maximum(gaps.std(axis=0), 1e-12)
    of = scales(values)
    moved = np.stack([scale.forth(values) for scale in of], axis=1)
    step = after[:, None] / max(float(after.std()), 1e-12)
    columns = np.concatenate((np.ones((len(times), 1)), step, gaps, moved), axis=1)
    seen = whitened(times, columns, times[-1:] + cut.step)
    models = [
        _model(seen, memory, (choice, prior), (scale, 2 + len(doses) + place), (after, gaps, values))
        for memory in range(len(MEMORIES))
        for place, scale in enumerate(of)
        for choice, prior in _choices(len(doses))
    ]
    scores = np.array([model.score for model in models])
    weight = np.exp(_CALM * (scores - scores.max()))
    weight /= weight.sum()
    counts = np.diff(np.floor(np.concatenate(([0.0], np.cumsum(weight))) * _DRAWS + 0.5).astype(int))
    rng = np.random.default_rng(7)
    draws = [_drawn(model, cut.shown, int(count), rng) for model, count in zip(models, counts, strict=True) if count]
    follows = float(sum(part for model, part in zip(models, weight, strict=True) if model.shapes.any()))
    found, uneven = np.sort(np.concatenate(draws)), float(weight @ [model.uneven for model in models])
    middle = float(np.median(found))
    return Held(
        middle + (found - middle) * _MISFIT * max(1.0, uneven), follows, uneven < _UNEVEN, _varies(doses[0], after)
    )


def _varies(dose: Floats, after: Bools) -> bool:
    """Whether the dose does more than step up or down once: else any step explains as much."""
    left = np.where(after, dose - dose[after].mean(), dose - dose[~after].mean())
    return float(left.std()) > _ALIKE * float(dose.std())


def _choices(doses: int) -> list[tuple[tuple[int, ...], float]]:
    """Which columns are in: a step alone (1), a dose alone (2..), or both; with their prior."""
    rows: list[tuple[tuple[int, ...], float]] = [((1,), 1.0 - _ALONE)]
    for dose in range(doses):
        rows += [((2 + dose,), _ALONE / 2 / doses), ((1, 2 + dose), _ALONE / 2 / doses)]
    return rows


def _model(
    seen: Whitened,
    memory: int,
    chosen: tuple[tuple[int, ...], float],
    scaled: tuple[Scale, int],
    data: tuple[Bools, Floats, Floats],
) -> _Model:
    """One regression in closed form, as in `forecast`."""
    (choice, prior), (scale, place), (after, gaps, values) = chosen, scaled, data
    design, target = seen.innovations[memory][:, [0, *choice]], seen.innovations[memory][:, place]
    precision = design.T @ design + np.diag([0.0, *([1.0 / _LOOSE] * len(choice))])
    centre = np.linalg.solve(precision, design.T @ target)
    free = len(target) - 1
    rest = max(float(target @ target - centre @ precision @ centre), 1e-300)
    score = np.log(MEMORIES[memory].prior * prior) - seen.weight[memory] + scale.stretch(values)
    score -= 0.5 * (np.linalg.slogdet(precision)[1] + len(choice) * np.log(_LOOSE) + free * np.log(rest))
    shapes = np.zeros((int(after.sum()), len(centre)))
    for column, number in enumerate(choice, 1):
        if number > 1:
            shapes[:, column] = gaps[after, number - 2]
    left = target - design @ centre
    uneven = float(left[after].std() / max(float(left[~after].std()), 1e-12))
    root = np.linalg.cholesky(np.linalg.inv(precision) * rest / free)
    return _Model(float(score), scale, centre, root, shapes, free, uneven)


def _drawn(model: _Model, shown: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Means (count,) of the signal without the dose's part, on the model's scale."""
    size = np.sqrt(model.free / rng.chisquare(model.free, count))
    slopes = model.centre + size[:, None] * (rng.standard_normal((count, len(model.centre))) @ model.root.T)
    return model.scale.back(model.scale.forth(shown) - slopes @ model.shapes.T).mean(axis=1)
