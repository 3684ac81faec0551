"""When did a series change, and when did the incident begin."""

from typing import NamedTuple

from clew.causal.moment import Moment
from clew.incident import Symptom
from clew.tables import Floats, Matrix


class Onset(NamedTuple):
    """A change point. `at` in Unix seconds: the first sample of the new level; `strength` is dimensionless (shift over noise)."""

    at: float
    before: float
    after: float
    strength: float


def onset(times: Floats, values: Floats) -> Onset | None:
    """The strongest change of level, or None."""
    return None


def incident_onset(matrix: Matrix, normal: Matrix, alerted_at: float, symptom: Symptom) -> float | None:
    """The incident's own onset."""
    return None


def moment(matrix: Matrix, normal: Matrix, alerted_at: float, symptom: Symptom) -> Moment:
    """The times that every estimator works with."""
    raise NotImplementedError
