"""How wide is the noise of each row, robustly and with gaps."""

import warnings

import numpy as np

from clew.tables import Floats


def medians(values: Floats) -> Floats:
    """Row medians without NaN; NaN for a row without samples."""
    return quantiles(values, 0.5)


def quantiles(values: Floats, share: float) -> Floats:
    """Row quantiles without NaN, linear between samples; NaN for a row without samples."""
    if values.shape[1] == 0:
        return np.full(values.shape[0], np.nan)
    ordered = np.sort(values, axis=1)  # NaN sort to the end
    count = np.isfinite(values).sum(axis=1)
    place = share * np.maximum(count - 1, 0)
    low = place.astype(np.int64)
    high = np.minimum(low + 1, np.maximum(count - 1, 0))
    rows = np.arange(values.shape[0])
    a, b = ordered[rows, low], ordered[rows, high]
    return np.where(count > 0, a + (b - a) * (place - low), np.nan)


def spreads(values: Floats) -> Floats:
    """Row scale: 1.4826 times the median absolute deviation, which is the standard deviation for normal noise."""
    return 1.4826 * medians(np.abs(values - medians(values)[:, None]))


def highest(values: Floats, count: int) -> Floats:
    """The mean of each row's `count` highest samples (fewer if there are fewer); NaN for an empty row."""
    if values.shape[1] == 0:
        return np.full(values.shape[0], np.nan)
    top = -np.sort(-values, axis=1)[:, :count]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmean(top, axis=1)
