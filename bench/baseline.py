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

Ranker = Callable[[Matrix, float], tuple[str, ...]]
"""(metrics, alert in Unix seconds) -> services, best first. The normal phase is what lies before the alert."""
ROBUST = "max robust z"
THREE_SIGMA = "3-sigma count"
N_SIGMA = "n-sigma"
BARO = "BARO"
LACKING = "The columns n-sigma and BARO need the package fse-baro, which is not installed: pip install 'clew[bench]'"
_SPREAD = 1.4826
"""A median absolute deviation times this is a standard deviation, for normal noise."""


@dataclass(frozen=True)
class Baselines:
    """The rankers that can run here, by name, and what to say about those that cannot."""

    rankers: Mapping[str, Ranker]
    lacking: str = ""


def baselines() -> Baselines:
    """The simple rankers always; the published ones where the bench extra is installed."""
    simple: dict[str, Ranker] = {ROBUST: max_robust_z, THREE_SIGMA: sigma_count}
    try:
        package = importlib.import_module("baro.root_cause_analysis")
    except ImportError:
        return Baselines(simple, LACKING)
    return Baselines({**simple, N_SIGMA: _package(package.nsigma), BARO: _package(package.robust_scorer)})


def gauges(matrix: Matrix) -> Matrix:
    """The series that can speak for a service: neither the system's own, nor a machine's gauge repeated on each of its tenants."""
    rows = [
        row
        for row, key in enumerate(matrix.keys)
        if key.service and meaning(key.metric, key.unit) is not Meaning.NODE and np.isfinite(matrix.values[row]).any()
    ]
    return Matrix(matrix.times, tuple(matrix.keys[row] for row in rows), matrix.values[rows])


def max_robust_z(matrix: Matrix, alerted_at: float) -> tuple[str, ...]:
    """By the largest absolute distance of any metric from its earlier median, in robust spreads."""
    found = gauges(matrix)
    before, after = _phases(found, alerted_at)
    if not before.shape[1] or not after.shape[1]:
        return ()
    middle = _quiet(np.nanmedian, before)
    spread = _SPREAD * _quiet(np.nanmedian, np.abs(before - middle[:, None]))
    away = _quiet(np.nanmax, np.abs(after - middle[:, None])) / (spread + 1e-9)
    return _best(found, np.nan_to_num(away, nan=0.0), max)


def sigma_count(matrix: Matrix, alerted_at: float) -> tuple[str, ...]:
    """By the number of metrics whose mean left the earlier mean by more than three standard deviations."""
    found = gauges(matrix)
    before, after = _phases(found, alerted_at)
    if not before.shape[1] or not after.shape[1]:
        return ()
    moved = np.abs(_quiet(np.nanmean, after) - _quiet(np.nanmean, before)) > 3.0 * _quiet(np.nanstd, before)
    return _best(found, moved.astype(np.float64), sum)


def _phases(matrix: Matrix, alerted_at: float) -> tuple[Floats, Floats]:
    split = int(np.searchsorted(matrix.times, alerted_at, side="left"))
    return matrix.values[:, :split], matrix.values[:, split:]


def _quiet(of: Callable[..., Any], values: Floats) -> Floats:
    """One number a series; NaN, without a warning, where a phase holds no sample of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return of(values, axis=1)


def _best(matrix: Matrix, scores: Floats, of: Callable[[Iterable[float]], float]) -> tuple[str, ...]:
    held: dict[str, list[float]] = {}
    for key, score in zip(matrix.keys, scores, strict=True):
        held.setdefault(key.service, []).append(float(score))
    return tuple(sorted(held, key=lambda name: (-of(held[name]), name)))


def _package(scorer: Callable[..., Mapping[str, Any]]) -> Ranker:
    """A scorer of fse-baro on the same table: forward fill, then zero, as the package's own examples do; a service stands where its
    first metric stands."""

    def ranked(matrix: Matrix, alerted_at: float) -> tuple[str, ...]:
        pandas: Any = importlib.import_module("pandas")
        found = gauges(matrix)
        before, after = _phases(found, alerted_at)
        if not before.shape[1] or not after.shape[1]:
            return ()
        columns = {f"m{row}": values for row, values in enumerate(found.values)}
        frame = pandas.DataFrame({"time": found.times, **columns}).ffill().fillna(0.0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names = scorer(frame, inject_time=alerted_at)["ranks"]
        return tuple(dict.fromkeys(found.keys[int(name[1:])].service for name in names))

    return ranked


def newest_deploy(changes: Sequence[Change], alerted_at: float) -> tuple[str, ...]:
    """Blames what was deployed last before the alert: commit ids of the deploys, newest first."""
    deployed = [c for c in changes if c.what == "deploy" and c.at <= alerted_at]
    return tuple(dict.fromkeys(c.commit or c.ref for c in sorted(deployed, key=lambda c: -c.at)))
