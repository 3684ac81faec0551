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


def extremes(values: Floats) -> tuple[Floats, Floats]:
    """The mean of each row's two highest samples and of its two lowest (one if there is one); NaN for an empty row."""
    if values.shape[1] == 0:
        nothing = np.full(values.shape[0], np.nan)
        return nothing, nothing
    count = np.isfinite(values).sum(axis=1)
    ordered = np.sort(values, axis=1)
    rows = np.arange(values.shape[0])
    pairs = (
        (np.maximum(count - 1, 0), np.maximum(count - 2, 0)),
        (np.zeros_like(count), np.minimum(1, np.maximum(count - 1, 0))),
    )
    high, low = ((ordered[rows, a].astype(np.float64) + ordered[rows, b].astype(np.float64)) / 2 for a, b in pairs)
    return np.where(count > 0, high, np.nan), np.where(count > 0, low, np.nan)
