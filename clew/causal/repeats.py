"""What would a signal's next stretch have been, where it mostly repeats one value: errors that are usually 0, gauges that move in steps."""

import numpy as np

from clew.tables import Bools, Floats

_MOSTLY = 0.35
"""From this share of equal samples on, bell curves and logarithms say nothing."""
_DRAWS = 2000
_WIDER = 0.3
"""How far a new excursion may be from those that were seen, as a spread of its logarithm."""


def repeats(values: Floats) -> bool:
    """Whether the signal stays at one value, or where it is, too often for noise."""
    if len(values) < 2:
        return False
    return _share(values) >= _MOSTLY or float(np.mean(np.diff(values) == 0)) >= _MOSTLY


def repeated(values: Floats, count: int) -> Floats:
    """Draws of the next `count` samples, (N, count).

    A signal with a usual value leaves it and comes back (a chain of two states, both chances drawn from what the past leaves open); one
    without a usual value stays where it is or takes a step like those that it took. Deterministic: the seed is fixed.
    """
    rng = np.random.default_rng(7)
    usual = _usual(values)
    away = values != usual
    if not away.any():
        return np.full((_DRAWS, count), usual)
    paths = _visits(values, usual, count, rng) if _comes_back(values) else _steps(values, count, rng)
    return np.maximum(paths, 0.0) if values.min() >= 0 else paths


def chance(values: Floats, shown: Floats) -> float:
    """How likely it is that samples like `shown` leave the value of a constant past, if all samples were in random order."""
    away = int(np.count_nonzero(shown != values[0]))
    whole, out = len(values) + len(shown), 1.0
    for i in range(away):
        out *= (len(shown) - i) / (whole - i)
    return out


def _usual(values: Floats) -> float:
    found, counts = np.unique(values, return_counts=True)
    return float(found[int(np.argmax(counts))])


def _share(values: Floats) -> float:
    return float(np.unique(values, return_counts=True)[1].max() / len(values))


def _comes_back(values: Floats) -> bool:
    """Whether what follows a step has nothing to do with where it started: else the signal wanders."""
    moves = np.abs(np.diff(values))
    moves = moves[moves > 0]
    pairs = np.abs(values[:, None] - values[None, :])
    pairs = pairs[pairs > 0]
    return _share(values) >= _MOSTLY and float(moves.mean()) > 0.6 * float(pairs.mean())


def _visits(values: Floats, usual: float, count: int, rng: np.random.Generator) -> Floats:
    away = values != usual
    leave, stay = _chance(away, False, rng), _chance(away, True, rng)
    excursions = values[away] - usual
    out = np.empty((_DRAWS, count))
    state = np.full(_DRAWS, bool(away[-1]))
    for i in range(count):
        state = rng.random(_DRAWS) < np.where(state, stay, leave)
        far = rng.choice(excursions, _DRAWS) * np.exp(_WIDER * rng.standard_normal(_DRAWS))
        out[:, i] = usual + np.where(state, far, 0.0)
    return out


def _chance(away: Bools, before: bool, rng: np.random.Generator) -> Floats:
    """Draws of the chance to be away next, given where the signal was."""
    following = away[1:][away[:-1] == before]
    overall = (away.sum() + 0.5) / (len(away) + 1.0)
    return rng.beta(following.sum() + overall, (~following).sum() + 1.0 - overall, _DRAWS)


def _steps(values: Floats, count: int, rng: np.random.Generator) -> Floats:
    moves = np.diff(values)
    taken = moves[moves != 0]
    rate = rng.beta(len(taken) + 0.5, len(moves) - len(taken) + 0.5, _DRAWS)
    moved = rng.random((_DRAWS, count)) < rate[:, None]
    size = rng.choice(taken, (_DRAWS, count)) * np.exp(_WIDER * rng.standard_normal((_DRAWS, count)))
    sign = np.sign(rng.random((_DRAWS, count)) - 0.25)  # a step may as well lead back, but what rose tends to rise
    return values[-1] + np.cumsum(np.where(moved, size * sign, 0.0), axis=1)
