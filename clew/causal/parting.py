"""Did one arm part from another at a moment, by more than the two part anyway?"""

import math
from typing import NamedTuple

import numpy as np

from clew.tables import Bools, Floats

LEAST_AFTER = 5
"""Samples that must follow."""
LEAST_BEFORE = 8
"""Samples that must lie before, where nothing else is asked for."""
_ALPHA = 0.01
"""One-sided level of a claim in the scale that shows it better, divided by the number of looks."""
_WEAK = 0.1
"""One-sided level in the other scale."""
_SIDE = 1.6449
"""Standard errors of a normal that leave 5 % beyond: the interval holds 90 %."""
LEAST_FREEDOM = 1.0
"""Below this many effective degrees of freedom nothing can be told."""
_MATERIAL = 0.2
"""An effect below this part of the usual level is not worth blaming anybody for."""
_LONE = 0.1
"""How far two equal pods may lie apart where that could not be measured, as a part of their level."""
_CUT = 0.2
"""Part of the samples cut off at each end: sees rare errors as a median does not, and a burst no more than a median does."""
_THINNED = 240
"""Points that the drift is estimated from at most."""


class Pair(NamedTuple):
    """Two arms on one grid, (T,) each, worse is higher, and the columns that are before and after."""

    treated: Floats
    control: Floats
    before: Bools
    after: Bools


class Parting(NamedTuple):
    """Two arms before and after, in the unit of the values; the effect is how much more the treated one rose."""

    treated: tuple[float, float]
    control: tuple[float, float]
    effect: float
    low: float
    high: float
    chance: float
    """One-sided p-value of the effect, the larger of levels and logarithms."""
    freedom: float
    """Effective degrees of freedom."""
    fresh: bool
    """The treated arm had no past; its level before is the control's."""
    apart: bool
    """At least half of what the treated arm rose is its own, in level and in ratio, beyond noise and past placebos."""
    alike: bool
    """Something rose, and less than half of it can be the difference between the arms."""
    doubt: str
    """Why neither can be said; empty if one is."""


class _Shift(NamedTuple):
    """A difference of trimmed means with what is known of its noise. `chance` is one-sided: as large a rise where there is none."""

    size: float
    error: float
    freedom: float
    chance: float
    placebo: float
    """The largest shift of an equally long stretch within the past; it is noise by construction."""
    drift: float
    """What the trend of the past alone would have added by then."""

    def bounds(self) -> tuple[float, float]:
        """The 90 % interval of `size`, which also allows for the drift of the past having gone on (Rambachan & Roth 2023)."""
        reach = _quantile(self.freedom) * self.error
        return self.size - reach - max(0.0, self.drift), self.size + reach - min(0.0, self.drift)


class _Levels(NamedTuple):
    before: float
    after: float
    usual: float
    """The control before."""
    other: float
    """The control after."""

    @property
    def rise(self) -> float:
        """Of the arm that rose more."""
        return max(self.after - self.before, self.other - self.usual)


def parting(
    pair: Pair, *, floor: float, looks: int = 1, twins: Floats | None = None, least: int = LEAST_BEFORE
) -> Parting | str:
    """Difference in differences of trimmed means between two arms on one grid (Card & Krueger 1994), or why there is none.

    `floor` is the smallest level that counts, in the unit of the arms. The noise is that of the difference between the arms, its
    variance inflated for autocorrelation (Yuen's test, 1974, on effective sample sizes). With `twins` (R, T), the rows of the control, a
    treated arm may lack a past: it is then compared with the control alone, and the twins say how far equal ones lie apart. `least`
    samples make a past. A claim must hold in levels and in logarithms, since parallel trends hold in one scale only (Roth & Sant'Anna
    2023), and must exceed every placebo of the past and the drift of the arms. `looks` is how many arms this one was picked from.
    """
    treated, control, before, after = pair
    both = np.isfinite(treated) & np.isfinite(control)
    past, now = before & both, after & both
    if now.sum() < LEAST_AFTER:
        return f"only {_samples(now)} of both arms after it"
    fresh = twins is not None and past.sum() < LEAST_BEFORE
    if not fresh and past.sum() < least:
        return f"only {_samples(past)} of both arms before it"
    levels = _levels(pair, past, now, fresh)
    offset = max(floor, 0.02 * abs(levels.usual))
    spread = _spread(twins, now, levels.other, offset) if fresh else (0.0, 0.0)
    ends = (np.zeros_like(past) if fresh else past, now)
    plain = _shift(treated - control, ends, spread[0], 0.05 * floor + 0.005 * abs(levels.usual))
    ratio = _shift(_log(treated, offset) - _log(control, offset), ends, spread[1], 0.005)
    own = 0.5 * (levels.after - levels.before)
    alone = 0.5 * abs(levels.other) if fresh else 0.0
    matters = max(_MATERIAL * (abs(levels.usual) + floor), 2.0 * floor, own, alone)
    firm = min(plain.chance, ratio.chance) <= _ALPHA / looks and max(plain.chance, ratio.chance) <= _WEAK
    beyond = firm and _beyond(plain, matters) and _beyond(ratio, math.log1p(_MATERIAL))
    rose = levels.rise > max(_MATERIAL * (abs(levels.usual) + floor), 2.0 * floor)
    alike = not beyond and rose and _shared(plain, ratio, levels, offset)
    return Parting(
        (levels.before, levels.after),
        (levels.usual, levels.other),
        plain.size,
        *_both_scales(plain, ratio, levels.after + offset),
        max(plain.chance, ratio.chance),
        min(plain.freedom, ratio.freedom),
        fresh,
        beyond,
        alike,
        "" if beyond or alike else _doubt(plain, ratio, looks, rose),
    )


def _levels(pair: Pair, past: Bools, now: Bools, fresh: bool) -> _Levels:
    """Levels of both arms; a treated arm without a past is taken to have been like the control."""
    calm = np.isfinite(pair.control) & pair.before if fresh else past
    other = _center(pair.control[now])
    usual = _center(pair.control[calm]) if calm.any() else other
    before = usual if fresh else _center(pair.treated[past])
    return _Levels(before, _center(pair.treated[now]), usual, other)


def _spread(twins: Floats | None, now: Bools, level: float, offset: float) -> tuple[float, float]:
    """How far rows of one arm lie apart, in levels and in logarithms."""
    seen = () if twins is None else tuple(row[now & np.isfinite(row)] for row in twins)
    rows = np.array([_center(row) for row in seen if len(row) >= LEAST_AFTER])
    if len(rows) < 3:
        return _LONE * abs(level), _LONE
    return max(_scale(rows), 0.02 * abs(level)), max(_scale(_log(rows, offset)), 0.02)


def _log(values: Floats, offset: float) -> Floats:
    return np.log(np.maximum(values, 0.0) + offset)


def _shift(apart: Floats, ends: tuple[Bools, Bools], spread: float, least: float) -> _Shift:
    """After less before with its error; an arm without a past began at 0, give or take `spread`."""
    past, now = ends
    late, early = apart[now], apart[past]
    center = _center(early) if len(early) else 0.0
    rest_early, rest_late = early - center, late - _center(late)
    long = len(early) >= 2 * LEAST_BEFORE
    rho = _memory(rest_early) if long else _memory(np.concatenate((rest_early, rest_late)))
    inflation = (1.0 + rho) / (1.0 - rho)
    sigma = max(_noise(early), least)
    error_late = max(_noise(late), sigma) * math.sqrt(inflation / len(late))
    error = math.hypot(error_late, sigma * math.sqrt(inflation / len(early)) if len(early) else spread)
    freedom = max(0.5, (len(early) + len(late) if len(early) else 2 * len(late)) / inflation - 2.0)
    size = _center(late) - center
    return _Shift(
        size,
        error,
        freedom,
        _chance(size / error, freedom),
        _placebo(early, len(late), center),
        _drift(early, len(late)),
    )


def _center(values: Floats) -> float:
    """The mean without the ends."""
    cut = int(_CUT * len(values))
    return float(np.mean(np.sort(values)[cut : len(values) - cut]))


def _noise(values: Floats) -> float:
    """The standard error of `_center` times the root of the number of samples (Yuen 1974): ends drawn in, not cut off."""
    count = len(values)
    if count < 4:
        return 0.0
    cut = int(_CUT * count)
    ordered = np.sort(values)
    drawn = np.clip(ordered, ordered[cut], ordered[count - cut - 1])
    kept = count - 2 * cut
    return float(np.std(drawn, ddof=1)) * math.sqrt(count * (count - 1) / (kept * (kept - 1)))


def _scale(values: Floats) -> float:
    """The robust standard deviation; the width of the tails where more than half the samples are equal."""
    if len(values) < 2:
        return 0.0
    low, first, third, high = np.quantile(values, (0.05, 0.25, 0.75, 0.95))
    return max(float(third - first) / 1.349, float(high - low) / 3.29 if first == third else 0.0)


def _memory(residuals: Floats) -> float:
    """Lag-one autocorrelation, tails drawn in, corrected for the bias of short series (Kendall 1954), 0..0.95."""
    count = len(residuals)
    if count < 4:
        return 0.5
    bound = 3.0 * _scale(residuals)
    drawn = np.clip(residuals, -bound, bound)
    drawn = drawn - drawn.mean()
    whole = float(drawn @ drawn)
    rho = float(drawn[1:] @ drawn[:-1]) / whole if whole > 0 else 0.0
    return min(0.95, max(0.0, rho + (1.0 + 3.0 * rho) / count))


def _placebo(early: Floats, length: int, center: float) -> float:
    """The largest shift of a stretch within the past, against the rest of it."""
    length = min(length, len(early) // 2)
    if length < 3:
        return 0.0
    windows = np.lib.stride_tricks.sliding_window_view(early, length)
    cut = int(_CUT * length)
    middles = np.sort(windows, axis=1)[:, cut : length - cut].mean(axis=1)
    return float(np.max(np.abs(middles - center)))


def _drift(early: Floats, length: int) -> float:
    """What the trend of the past (Theil 1950, Sen 1968) adds from its middle to the middle of what follows."""
    if len(early) < LEAST_BEFORE:
        return 0.0
    step = max(1, math.ceil(len(early) / _THINNED))
    places, values = np.arange(len(early), dtype=np.float64)[::step], early[::step]
    one, other = np.triu_indices(len(values), 1)
    slope = float(np.median((values[other] - values[one]) / (places[other] - places[one])))
    return slope * (len(early) + length) / 2.0


def _beyond(shift: _Shift, matters: float) -> bool:
    return shift.size > max(matters, shift.placebo, 2.0 * shift.drift) and shift.freedom >= LEAST_FREEDOM


def _shared(plain: _Shift, ratio: _Shift, levels: _Levels, offset: float) -> bool:
    """True if most of the rise is in both arms, in levels or in ratio."""
    logs = _Levels(*(math.log(max(level, 0.0) + offset) for level in levels))
    return any(
        shift.bounds()[1] < 0.5 * rise and shift.freedom >= LEAST_FREEDOM
        for shift, rise in ((plain, levels.rise), (ratio, logs.rise))
    )


def _both_scales(plain: _Shift, ratio: _Shift, after: float) -> tuple[float, float]:
    """The interval of the effect in levels, wide enough for what the logarithms make of it: nobody knows which of the two is parallel."""
    other = -after * math.expm1(-ratio.size)
    low, high = plain.bounds()
    return low + min(0.0, other - plain.size), high + max(0.0, other - plain.size)


def _doubt(plain: _Shift, ratio: _Shift, looks: int, rose: bool) -> str:
    if min(plain.freedom, ratio.freedom) < LEAST_FREEDOM:
        return "each sample repeats the one before, so there are too few that count"
    if not rose:
        return "neither arm got worse"
    if plain.size <= 2.0 * plain.drift or ratio.size <= 2.0 * ratio.drift:
        return "the arms were already drifting apart"
    if plain.size <= plain.placebo or ratio.size <= ratio.placebo:
        return "the arms have parted as far before, when nothing happened"
    if min(plain.chance, ratio.chance) <= _ALPHA / looks:
        return "the arms part in level or in ratio, not in both"
    return "the difference between the arms is within its noise"


def _chance(t: float, freedom: float) -> float:
    """One-sided p-value of Student's t, by Wallace's transformation to a normal (1959)."""
    z = (8.0 * freedom + 1.0) / (8.0 * freedom + 3.0) * math.sqrt(freedom * math.log1p(t * t / freedom))
    return 0.5 * math.erfc(math.copysign(z, t) / math.sqrt(2.0))


def _quantile(freedom: float) -> float:
    """The t with 5 % beyond it: the same transformation backwards."""
    z = _SIDE * (8.0 * freedom + 3.0) / (8.0 * freedom + 1.0)
    return math.sqrt(freedom * math.expm1(min(z * z / freedom, 50.0)))


def _samples(there: Bools) -> str:
    count = int(there.sum())
    return f"{count} sample{'' if count == 1 else 's'}"
