"""Which natural experiments did the incident run for us, and what do they say of each change."""

from collections.abc import Sequence
from enum import StrEnum

from clew.causal.ranking import Draft
from clew.evidence import Change
from clew.frozen import Frozen
from clew.hypothesis import Clue, Outcome, Trial
from clew.incident import Symptom
from clew.tables import Matrix

TRIAL = "natural experiment"


class Kind(StrEnum):
    """What made the two arms differ."""

    CANARY = "canary"
    FLAG = "flag"
    ZONE = "zone"
    INSTANCE = "instance"
    REVERSAL = "reversal"


class Ruling(StrEnum):
    """What an experiment says of the change (of the place, where no change stands behind it)."""

    FOR = "for"
    AGAINST = "against"
    UNKNOWN = "can't tell"


class Arm(Frozen):
    """One side of a comparison: levels before and after in the metric's unit, None where it was not measured."""

    name: str
    before: float | None = None
    after: float | None = None
    samples: int = 0
    """Samples after the start."""


class Experiment(Frozen):
    """One comparison. The effect is the difference in differences in the metric's unit (worse is positive); `low` and `high` bound it
    with 90 % coverage under the assumption that the arms would have moved in parallel."""

    kind: Kind
    service: str
    change: str | None = None
    """The change that made the arms; None for a place (a zone, an instance) that no change stands behind."""
    commit: str | None = None
    """For a deploy: the commit that it brought out."""
    metric: str
    unit: str = ""
    treated: Arm
    control: Arm
    start: float
    """Unix seconds from which the arms are compared."""
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    chance: float | None = None
    """The one-sided p-value: how often arms that differ in nothing come out this far apart."""
    ruling: Ruling
    proven: bool = False
    """The symptom came with the change, went with its undoing and came again with its return."""
    says: str


def experiments(
    matrix: Matrix, changes: Sequence[Change], onset: float | None, symptom: Symptom
) -> tuple[Experiment, ...]:
    """Every natural experiment that labels, instances and changes hold, in a fixed order that input order does not touch.

    Pure; bounded in arms and rows; empty where there is nothing to compare. Never raises on short, gappy or constant series: such an
    experiment comes back with the ruling `can't tell` and its reason.
    """
    return ()


def experiment_clues(found: Sequence[Experiment]) -> tuple[Clue, ...]:
    """One clue of channel `experiment` per experiment that ruled: amount 0..1 where it speaks for the change (or for the service, where
    no change stands behind it), amount 0 where it speaks against; `detail` is the ruling (`proven` for a symptom that followed twice).
    """
    return ()


def experiment_trials(draft: Draft, found: Sequence[Experiment]) -> tuple[Trial, ...]:
    """The trial of this candidate: passed, failed or can't tell, by the strongest experiment on it; nothing where none concerns it."""
    return (Trial(name=TRIAL, outcome=Outcome.UNKNOWN, says="no second arm to compare with"),)[:0]
