"""What besides its own level may explain a signal: a trend, a season, and peers that the event did not touch."""

from typing import NamedTuple

import numpy as np

from clew.causal.forecast import Terms
from clew.causal.stretch import Stretch
from clew.causal.whitening import MEMORIES, whitened
from clew.tables import Bools, Floats

_CHOSEN = 3
"""So many peers are regressed on, fewer when the past is short."""
_TRIED = 8
"""So many are asked whether they moved with the event."""
_MOVED = 3.0
"""A peer this many standard errors from what its own past foretells moved with the event."""


class Explained(NamedTuple):
    """The sets of terms that may explain the signal: with the close peers that stayed as usual, and with all close peers."""

    stayed: tuple[Terms, ...]
    every: tuple[Terms, ...]
    moved: int
    """How many close peers moved with the event, ..."""
    close: int
    """... of how many."""


def explained(cut: Stretch) -> Explained:
    """What may explain the signal; everything is chosen on the past, but for the peers that moved with the event."""
    if cut.borrowed:
        return Explained((), (), 0, 0)  # another day's slope and peers say nothing of today's
    own = tuple(found for found in (_trend(cut), _season(cut)) if found is not None)
    full = (np.isfinite(cut.peers).mean(axis=1) > 0.8) & np.isfinite(cut.peers_later).all(axis=1)
    past, later = cut.peers[full], cut.peers_later[full]
    if not len(past) or len(cut.times) < 10:
        return Explained(own, own, 0, 0)
    standard = _standard(past, later)
    near = _nearness(standard[0], cut.values)
    order = np.argsort(-np.abs(near), kind="stable")[:_TRIED]
    order = order[np.abs(near[order]) > 2.0 / np.sqrt(len(cut.times))]
    if not len(order):
        return Explained(own, own, 0, 0)
    moved = _moved(cut.times, standard[0][order].T, cut.later, standard[1][order].T)
    stayed, every = (_peers((past[kept], later[kept]), near[kept]) for kept in (order[~moved], order))
    return Explained((*own, *stayed), (*own, *every), int(moved.sum()), len(order))


def _trend(stretch: Stretch) -> Terms | None:
    if len(stretch.times) < 12:
        return None
    centre, size = float(stretch.times.mean()), float(stretch.times.std())
    past, later = (((times - centre) / size)[:, None] for times in (stretch.times, stretch.later))
    return Terms(past, later, "past", 0.25)


def _season(stretch: Stretch) -> Terms | None:
    """Two waves of the period that the past shows most clearly, of those that it holds at least three times."""
    times, values = stretch.times / stretch.step, stretch.values
    length = float(times[-1] - times[0]) if len(times) else 0.0
    if len(times) < 24 or length < 24:
        return None
    ranks = np.argsort(np.argsort(values)).astype(float)
    slope = np.polyfit(times - times[0], ranks, 1)
    flat = ranks - np.polyval(slope, times - times[0])
    frequencies = np.arange(3.0, length / 4.0, 0.25) / length
    waves = np.exp(-2j * np.pi * np.outer(frequencies, times))
    best = float(frequencies[int(np.argmax(np.abs(waves @ flat)))])
    past, later = (_waves(moments / stretch.step, best) for moments in (stretch.times, stretch.later))
    return Terms(past, later, "past", 0.04)


def _waves(times: Floats, frequency: float) -> Floats:
    turns = 2 * np.pi * frequency * times[:, None] * np.array([1.0, 2.0])
    return np.sqrt(2.0) * np.concatenate((np.sin(turns), np.cos(turns)), axis=1)


def _peers(sides: tuple[Floats, Floats], near: Floats) -> list[Terms]:
    """The peers one by one, and their mean; also in logarithms where they have one. `near` (P,) falls in size."""
    past, later = sides
    if not len(near):
        return []
    standard = _standard(past, later)
    out = [_together(standard, near)]
    if len(near) > 1:
        few = max(1, min(_CHOSEN, past.shape[1] // 12))
        out.append(Terms(standard[0][:few].T, standard[1][:few].T, "peers", 0.25))
    if min(np.nanmin(past), np.nanmin(later)) > 0:
        out.append(_together(_standard(np.log(past), np.log(later)), near))
    return out


def _together(sides: tuple[Floats, Floats], near: Floats) -> Terms:
    """The mean of the peers as one column, each turned so that it goes with the signal."""
    past, later = (np.mean(np.sign(near)[:, None] * side, axis=0)[:, None] for side in sides)
    size = max(float(past.std()), 1e-9)
    return Terms(past / size, later / size, "peers", 0.25)


def _standard(past: Floats, later: Floats) -> tuple[Floats, Floats]:
    """Both sides in standard deviations of the past; what was not measured is the past's mean."""
    centre, size = np.nanmean(past, axis=1, keepdims=True), np.nanstd(past, axis=1, keepdims=True)
    size = np.where(size > 1e-9 * np.abs(centre), size, np.inf)
    past, later = ((side - centre) / size for side in (past, later))
    return np.where(np.isfinite(past), past, 0.0), later


def _nearness(past: Floats, values: Floats) -> Floats:
    """Correlation of each row with the signal over the past."""
    spread = float(np.std(values))
    return past @ (values - values.mean()) / (len(values) * spread) if spread > 0 else np.zeros(len(past))


def _moved(times: Floats, past: Floats, later: Floats, shown: Floats) -> Bools:
    """Per column: whether its mean over `later` lies outside of what its own past foretells; memories are averaged by their weight."""
    seen = whitened(times, np.concatenate((np.ones((len(times), 1)), past), axis=1), later)
    one, rest = seen.innovations[:, :, 0], seen.innovations[:, :, 1:]
    weight = np.sum(one**2, axis=1)
    level = np.einsum("kn,knp->kp", one, rest) / weight[:, None]
    left = np.maximum(np.sum(rest**2, axis=1) - level**2 * weight[:, None], 1e-300)
    free = len(times) - 1
    prior = np.log([memory.prior for memory in MEMORIES])
    score = (prior - seen.weight - 0.5 * np.log(weight))[:, None] - 0.5 * free * np.log(left)
    share = np.exp(score - score.max(axis=0))
    share /= share.sum(axis=0)
    slope = 1.0 - seen.ahead[:, :, 0]
    foretold = (seen.ahead[:, :, 1:] + slope[:, :, None] * level[:, None, :]).mean(axis=1)
    noise = seen.covariance.mean(axis=(1, 2)) + slope.mean(axis=1) ** 2 / weight
    variance = noise[:, None] * left / max(free - 2, 1)
    centre = np.sum(share * foretold, axis=0)
    whole = np.sum(share * (variance + (foretold - centre) ** 2), axis=0)
    far = np.abs(shown.mean(axis=0) - centre) > _MOVED * np.sqrt(whole)
    return far & _unseen(past, shown.mean(axis=0), len(later))


def _unseen(past: Floats, level: Floats, width: int) -> Bools:
    """Whether no stretch of the past had such a mean: a signal with rare peaks is not moved by one more."""
    if len(past) < 2 * width:
        return np.ones(len(level), dtype=bool)
    total = np.cumsum(np.concatenate((np.zeros((1, past.shape[1])), past)), axis=0)
    means = (total[width:] - total[:-width]) / width
    return (level > means.max(axis=0)) | (level < means.min(axis=0))
