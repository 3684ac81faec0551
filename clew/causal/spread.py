"""How wide is the noise of each row, robustly and with gaps."""

import numpy as np

from clew.tables import Floats

Counts = np.ndarray[tuple[int], np.dtype[np.int64]]


def medians(values: Floats) -> Floats:
    """Row medians without NaN; NaN for a row without samples."""
    count = values.shape[1]
    if count == 0 or np.isnan(values).any():
        return quantiles(values, 0.5)
    # without gaps a selection does, which is cheaper than a sort and finds the same two samples
    part = np.partition(values, count // 2, axis=1)
    upper = part[:, count // 2].astype(np.float64)
    return upper if count % 2 else _between(part[:, : count // 2].max(axis=1).astype(np.float64), upper, 0.5)


def quantiles(values: Floats, share: float) -> Floats:
    """Row quantiles without NaN, linear between samples; NaN for a row without samples."""
    return quantiles_of(np.sort(values, axis=1), np.isfinite(values).sum(axis=1), share)


def quantiles_of(ordered: Floats, count: Counts, share: float) -> Floats:
    """The same of rows that are sorted already (NaN last) and hold `count` samples each."""
    if ordered.shape[1] == 0:
        return np.full(ordered.shape[0], np.nan)
    place = share * np.maximum(count - 1, 0)
    low = place.astype(np.int64)
    high = np.minimum(low + 1, np.maximum(count - 1, 0))
    rows = np.arange(ordered.shape[0])
    a, b = ordered[rows, low].astype(np.float64), ordered[rows, high].astype(np.float64)
    return np.where(count > 0, _between(a, b, place - low), np.nan)


def _between(low: Floats, high: Floats, share: Floats | float) -> Floats:
    return low + (high - low) * share


def spreads(values: Floats) -> Floats:
    """Row scale: 1.4826 times the median absolute deviation, which is the standard deviation for normal noise."""
    return spreads_of(np.sort(values, axis=1), np.isfinite(values).sum(axis=1), medians(values))


def spreads_of(ordered: Floats, count: Counts, level: Floats) -> Floats:
    """The same of rows that are sorted already (NaN last), hold `count` samples each and have the medians `level`."""
    level = level.astype(ordered.dtype)
    full = count == ordered.shape[1]
    if not ordered.shape[1] or not full.all():
        out = 1.4826 * medians(np.abs(ordered - level[:, None]))
        if full.any():
            out[full] = spreads_of(ordered[full], count[full], level[full])
        return out
    half = ordered.shape[1] // 2
    upper = _nearest(ordered, level, half)
    return 1.4826 * (upper if ordered.shape[1] % 2 else _between(_nearest(ordered, level, half - 1), upper, 0.5))


def _nearest(ordered: Floats, level: Floats, rank: int) -> Floats:
    """The distance of the sample that is `rank`-th nearest to the level (from 0). The nearest samples of a sorted row lie side by
    side, so it is the least reach of any rank + 1 neighbours: no second sort.
    """
    below, above = ordered[:, : ordered.shape[1] - rank], ordered[:, rank:]
    return np.maximum(level[:, None] - below, above - level[:, None]).min(axis=1).astype(np.float64)


def noise_of(ordered: Floats, count: Counts, level: Floats) -> Floats:
    """Row noise of sorted rows as for `spreads_of`: the larger of that and of the root mean square about the level.

    A signal that is usually still and now and then peaks has no median deviation at all; its peaks are noise all the same.
    """
    away = np.nan_to_num(ordered - level.astype(ordered.dtype)[:, None], nan=0.0, posinf=0.0, neginf=0.0)
    square = np.sum(np.square(away, dtype=np.float64), axis=1) / np.maximum(count, 1)
    return np.fmax(spreads_of(ordered, count, level), np.sqrt(square))


def extremes(values: Floats) -> tuple[Floats, Floats]:
    """The mean of the worse half of each row's samples (two at least, one if there is one), upward and downward; NaN for an empty row.

    Half of an incident, not its worst sample: the more samples there are, the worse the worst of them is by chance.
    """
    if values.shape[1] == 0:
        nothing = np.full(values.shape[0], np.nan)
        return nothing, nothing
    count = np.isfinite(values).sum(axis=1)
    ordered = np.sort(np.where(np.isfinite(values), values, np.nan), axis=1)
    sums = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(np.nan_to_num(ordered, nan=0.0), axis=1, out=sums[:, 1:])
    rows, half = np.arange(values.shape[0]), np.minimum(count, np.maximum(2, -(-count // 2)))
    some = np.where(half > 0, half, np.nan)
    return (sums[rows, count] - sums[rows, count - half]) / some, sums[rows, half] / some
