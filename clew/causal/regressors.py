"""What besides its own level may explain a signal: a trend, a season, and peers that the event did not touch."""

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


def terms(stretch: Stretch) -> tuple[tuple[Terms, ...], int]:
    """The sets of terms that may explain the signal, and how many close peers were left out because they moved with the event."""
    found: list[Terms] = []
    trend = _trend(stretch)
    if trend is not None:
        found.append(trend)
    season = _season(stretch)
    if season is not None:
        found.append(season)
    peers, left_out = _peers(stretch)
    if peers is not None:
        found.append(peers)
    return tuple(found), left_out


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


def _peers(stretch: Stretch) -> tuple[Terms | None, int]:
    """The closest peers that stayed as their own past foretells."""
    if not len(stretch.peers) or len(stretch.times) < 10:
        return None, 0
    count = len(stretch.times)
    full = (np.isfinite(stretch.peers).mean(axis=1) > 0.8) & np.isfinite(stretch.peers_later).all(axis=1)
    past, later = stretch.peers[full], stretch.peers_later[full]
    centre = np.nanmean(past, axis=1, keepdims=True) if len(past) else past
    size = np.nanstd(past, axis=1, keepdims=True) if len(past) else past
    alive = size[:, 0] > 1e-9 * np.abs(centre[:, 0]) + 1e-300 if len(past) else np.zeros(0, dtype=bool)
    if not alive.any():
        return None, 0
    past, later = ((side[alive] - centre[alive]) / size[alive] for side in (past, later))
    past = np.where(np.isfinite(past), past, 0.0)
    spread = float(np.std(stretch.values))
    if spread <= 0:
        return None, 0
    near = np.abs(past @ (stretch.values - stretch.values.mean())) / (count * spread)
    order = np.argsort(-near, kind="stable")[:_TRIED]
    order = order[near[order] > 2.0 / np.sqrt(count)]
    if not len(order):
        return None, 0
    moved = _moved(stretch.times, past[order].T, stretch.later, later[order].T)
    kept = order[~moved][: max(1, min(_CHOSEN, count // 12))]
    if not len(kept):
        return None, int(moved.sum())
    return Terms(past[kept].T, later[kept].T, "peers", 0.5), int(moved.sum())


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
