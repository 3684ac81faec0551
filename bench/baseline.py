"""What do simple and published rankers say about the same metrics?"""

import importlib
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clew.causal.meaning import Meaning, meaning
from clew.evidence import Change
from clew.tables import Floats, Matrix


@dataclass(frozen=True, eq=False)
class Phases:
    """What every ranker gets: gauges of services as they were when nothing was wrong (S, B) and as they are (S, A); NaN is a hole."""

    owners: tuple[str, ...]
    """The service of each row."""
    before: Floats
    after: Floats

    @property
    def usable(self) -> bool:
        return bool(self.owners) and self.before.shape[1] > 0 and self.after.shape[1] > 0


Ranker = Callable[[Phases], tuple[str, ...]]
"""Services, best first; none where a phase is empty."""
ROBUST = "max robust z"
THREE_SIGMA = "3-sigma count"
N_SIGMA = "n-sigma"
BARO = "BARO"
PACKAGE = "baro.root_cause_analysis"
LACKING = "The columns n-sigma and BARO need the package fse-baro, which is not installed: pip install 'clew[bench]'"
_QUARTILES = 1.349
"""The distance between the quartiles is this many standard deviations, for normal noise."""


@dataclass(frozen=True)
class Baselines:
    """The rankers that can run here, by name, and what to say about those that cannot."""

    rankers: Mapping[str, Ranker]
    lacking: str = ""


def baselines(package: str = PACKAGE) -> Baselines:
    """The simple rankers always; the published ones where the bench extra is installed."""
    simple: dict[str, Ranker] = {ROBUST: max_robust_z, THREE_SIGMA: sigma_count}
    try:
        published = importlib.import_module(package)
    except ImportError:
        return Baselines(simple, LACKING)
    return Baselines({**simple, N_SIGMA: _package(published.nsigma), BARO: _package(published.robust_scorer)})


def phases(matrix: Matrix, reference: Matrix, alerted_at: float) -> Phases:
    """Splits the metrics at the alert (Unix seconds); where there is a fault-free reference, that is the normal phase.

    Left out is what cannot speak for a service: the system's own series, and a machine's gauge repeated on each of its tenants.
    """
    rows = [
        row
        for row, key in enumerate(matrix.keys)
        if key.service and meaning(key.metric, key.unit) is not Meaning.NODE and np.isfinite(matrix.values[row]).any()
    ]
    split = int(np.searchsorted(matrix.times, alerted_at, side="left"))
    before = matrix.values[rows][:, :split]
    if len(reference.times):
        known = {key: row for row, key in enumerate(reference.keys)}
        hole = np.full(len(reference.times), np.nan)
        usual = [reference.values[known[key]] if key in known else hole for key in (matrix.keys[row] for row in rows)]
        before = np.array(usual).reshape(len(rows), len(reference.times))
    return Phases(tuple(matrix.keys[row].service for row in rows), before, matrix.values[rows][:, split:])


def max_robust_z(found: Phases) -> tuple[str, ...]:
    """By the largest absolute distance of any metric from its usual median, in quartile spreads; a spread of zero counts as one."""
    if not found.usable:
        return ()
    low, middle, high = (_quiet(np.nanquantile, found.before, q=q) for q in (0.25, 0.5, 0.75))
    spread = np.where(high > low, (high - low) / _QUARTILES, 1.0)
    away = _quiet(np.nanmax, np.abs(found.after - middle[:, None])) / spread
    return _best(found, np.nan_to_num(away, nan=0.0), max)


def sigma_count(found: Phases) -> tuple[str, ...]:
    """By the number of metrics whose mean left the usual mean by more than three standard deviations; a constant one has none."""
    if not found.usable:
        return ()
    deviation = _quiet(np.nanstd, found.before)
    away = np.abs(_quiet(np.nanmean, found.after) - _quiet(np.nanmean, found.before))
    return _best(found, np.where((deviation > 0) & (away > 3.0 * deviation), 1.0, 0.0), sum)


def _quiet(of: Callable[..., Any], values: Floats, **options: float) -> Floats:
    """One number a series; NaN, without a warning, where a phase holds no sample of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return of(values, axis=1, **options)


def _best(found: Phases, scores: Floats, of: Callable[[Iterable[float]], float]) -> tuple[str, ...]:
    held: dict[str, list[float]] = {}
    for owner, score in zip(found.owners, scores, strict=True):
        held.setdefault(owner, []).append(float(score))
    return tuple(sorted(held, key=lambda name: (-of(held[name]), name)))


def _package(scorer: Callable[..., Mapping[str, Any]]) -> Ranker:
    """A scorer of fse-baro on the same phases: forward fill, then zero, as is usual with it; a service stands where its first metric
    stands."""

    def ranked(found: Phases) -> tuple[str, ...]:
        if not found.usable:
            return ()
        pandas: Any = importlib.import_module("pandas")
        values = np.concatenate([found.before, found.after], axis=1)
        times = np.arange(values.shape[1]) - found.before.shape[1]
        frame = pandas.DataFrame({"time": times, **{f"m{row}": line for row, line in enumerate(values)}})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names = scorer(frame.ffill().fillna(0.0), inject_time=0)["ranks"]
        return tuple(dict.fromkeys(found.owners[int(name[1:])] for name in names))

    return ranked


def newest_deploy(changes: Sequence[Change], alerted_at: float) -> tuple[str, ...]:
    """Blames what was deployed last before the alert: commit ids of the deploys, newest first."""
    deployed = [c for c in changes if c.what == "deploy" and c.at <= alerted_at]
    return tuple(dict.fromkeys(c.commit or c.ref for c in sorted(deployed, key=lambda c: -c.at)))
