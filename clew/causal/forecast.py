"""What would a signal's next stretch have been, from its past and its peers: draws of the mean, not one number."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from clew.causal.whitening import MEMORIES, Whitened, whitened
from clew.tables import Floats, Ints

_DRAWS = 2000
_FEW = 0.003
"""A model with a smaller share of the weight is not drawn from."""
_LOOSE = 4.0
"""How many times the noise a term may move the signal, as a variance: wide enough to follow, tight enough not to invent."""

_UNSEEN = 1.0
"""So many samples' worth of heavy-tailed noise is thought to have stayed out of the past by chance (a Dirichlet process's base measure)."""
_BEYOND = 1.5
"""A path may leave the range of the past by this many ranges."""


@dataclass(frozen=True, eq=False)
class Scale:
    """On which scale the noise is even: as it is (power 1), its root (0.5) or its logarithm (0), after adding `offset`."""

    power: float
    offset: float

    def forth(self, values: Floats) -> Floats:
        """The values on this scale."""
        if self.power == 1.0:
            return values
        return np.sqrt(values + self.offset) if self.power else np.log(values + self.offset)

    def back(self, values: Floats) -> Floats:
        """The inverse of `forth`; what falls below the scale's end is its end."""
        if self.power == 1.0:
            return values
        return np.maximum((np.maximum(values, 0.0) ** 2 if self.power else np.exp(values)) - self.offset, 0.0)

    def stretch(self, values: Floats) -> float:
        """The log of how much the scale stretches the space around these values: makes likelihoods on two scales comparable."""
        if self.power == 1.0:
            return 0.0
        return float(np.sum(-np.log(values + self.offset) * (1.0 - self.power))) + (
            len(values) * float(np.log(0.5)) if self.power else 0.0
        )


def scales(values: Floats) -> tuple[Scale, ...]:
    """The scales on which the noise may be even: roots and logarithms only of what is never negative."""
    plain = Scale(1.0, 0.0)
    if values.min() < 0 or values.max() <= 0:
        return (plain,)
    offset = 0.0 if values.min() > 0 else 0.5 * float(values[values > 0].min())
    return plain, Scale(0.5, offset), Scale(0.0, offset)


@dataclass(frozen=True, eq=False)
class Terms:
    """Columns that may explain the signal beside its level: `past` (n, k), `later` (m, k), standardised on the past."""

    past: Floats
    later: Floats
    name: str
    prior: float


@dataclass(frozen=True, eq=False)
class _Model:
    """One memory, scale and set of terms: its posterior, and its share of the weight once all are known."""

    score: float
    scale: Scale
    centre: Floats
    slopes: Floats
    """(m, k): how the later values hang on the coefficients."""
    precision: Floats
    covariance: Floats
    residuals: Floats
    variance: float
    degrees: int
    bounds: tuple[float, float]
    name: str


@dataclass(frozen=True, eq=False)
class Forecast:
    """Draws of the mean and of the median of the later samples, each (N,) and ascending, and the share of weight by the terms' name."""

    draws: Floats
    middles: Floats
    share: dict[str, float]

    def levels(self, coverage: float) -> tuple[float, float, float]:
        """About, low and high of the mean, the interval with this coverage."""
        return float(np.median(self.draws)), *between(self.draws, coverage)


def between(draws: Floats, coverage: float) -> tuple[float, float]:
    """The central interval of draws with this coverage."""
    low, high = np.quantile(draws, ((1 - coverage) / 2, (1 + coverage) / 2))
    return float(low), float(high)


def forecast(times: Floats, values: Floats, later: Floats, terms: Sequence[Terms], scales: Sequence[Scale]) -> Forecast:
    """Averages every combination of memory, scale and terms by how well it foretold the past (Bayesian model averaging).

    `times` (n,) ascend and end before `later` (m,). Each combination is a linear regression with a free level and shrunken coefficients
    (normal-inverse-gamma posterior, closed form); the later noise is drawn from the model's own innovations, not from a bell curve.
    Deterministic: the seed is fixed.
    """
    extra = np.concatenate([term.past for term in terms], axis=1) if terms else np.empty((len(times), 0))
    moved = np.stack([scale.forth(values) for scale in scales], axis=1)
    columns = np.concatenate((np.ones((len(times), 1)), extra, moved), axis=1)
    seen = whitened(times, columns, later)
    places = _places(terms)
    models = [
        _model(seen, memory, (terms[t], places[t]) if t >= 0 else None, (scale, len(extra[0]) + 1 + s), values)
        for memory in range(len(MEMORIES))
        for s, scale in enumerate(scales)
        for t in range(-1, len(terms))
    ]
    scores = np.array([model.score for model in models])
    weight = np.exp(scores - scores.max())
    weight /= weight.sum()
    weight[weight < _FEW] = 0.0
    weight /= weight.sum()
    rng = np.random.default_rng(7)
    counts = np.diff(np.floor(np.concatenate(([0.0], np.cumsum(weight))) * _DRAWS + 0.5).astype(int))
    draws = [_drawn(model, int(count), rng) for model, count in zip(models, counts, strict=True) if count]
    share: dict[str, float] = {}
    for model, part in zip(models, weight, strict=True):
        share[model.name] = share.get(model.name, 0.0) + float(part)
    paths = np.concatenate(draws)
    return Forecast(np.sort(paths.mean(axis=1)), np.sort(np.median(paths, axis=1)), share)


def _places(terms: Sequence[Terms]) -> list[Ints]:
    ends = np.cumsum([1, *(term.past.shape[1] for term in terms)])
    return [np.arange(a, b, dtype=np.int32) for a, b in pairwise(ends)]


def _model(
    seen: Whitened, memory: int, term: tuple[Terms, Ints] | None, scaled: tuple[Scale, int], values: Floats
) -> _Model:
    scale, place = scaled
    chosen = np.concatenate(([0], term[1])).astype(np.int32) if term else np.array([0], dtype=np.int32)
    design, target = seen.innovations[memory][:, chosen], seen.innovations[memory][:, place]
    shrink = np.diag([0.0, *([1.0 / _LOOSE] * (len(chosen) - 1))])
    precision = design.T @ design + shrink
    centre = np.linalg.solve(precision, design.T @ target)
    rest = float(target @ target - centre @ precision @ centre)
    degrees = len(values) - 1
    rest = max(rest, 1e-300)
    later = np.ones((seen.ahead.shape[1], len(chosen)))
    if term:
        later[:, 1:] = term[0].later
    slopes = later - seen.ahead[memory][:, chosen]
    prior = term[0].prior if term else 1.0
    score = (
        np.log(MEMORIES[memory].prior * prior)
        - seen.weight[memory]
        - 0.5 * np.linalg.slogdet(precision)[1]
        - 0.5 * (len(chosen) - 1) * np.log(_LOOSE)
        - 0.5 * degrees * np.log(rest)
        + scale.stretch(values)
    )
    return _Model(
        float(score), scale, seen.ahead[memory][:, place] + slopes @ centre, slopes, precision, seen.covariance[memory],
        target - design @ centre, rest / degrees, degrees, _bounds(scale.forth(values)), term[0].name if term else "past",
    )  # fmt: skip


def _bounds(values: Floats) -> tuple[float, float]:
    """How far a path may go: no model is believed where the signal never came near, and a logarithm runs away fast."""
    low, high = float(values.min()), float(values.max())
    return low - _BEYOND * (high - low), high + _BEYOND * (high - low)


def _drawn(model: _Model, count: int, rng: np.random.Generator) -> Floats:
    """`count` later paths (count, m): the noise's size, the coefficients and the innovations are all drawn."""
    size = np.sqrt(model.variance * model.degrees / rng.chisquare(model.degrees, count))
    root = np.linalg.cholesky(np.linalg.inv(model.precision))
    bend = rng.standard_normal((count, len(root))) @ root.T @ model.slopes.T
    steps = len(model.centre)
    own = model.residuals - model.residuals.mean()
    own = own / max(float(np.sqrt(np.mean(own**2))), 1e-300)
    noise = own[rng.integers(0, len(own), (count, steps))]
    unseen = rng.random((count, steps)) < _UNSEEN / (_UNSEEN + len(own))
    noise = np.where(unseen, rng.standard_t(3, (count, steps)), noise)
    cover = np.linalg.cholesky(model.covariance + 1e-12 * np.eye(steps))
    paths = model.centre + size[:, None] * (bend + noise @ cover.T)
    paths = np.clip(paths, *model.bounds)
    return model.scale.back(paths)
