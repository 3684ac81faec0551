"""What is a natural experiment: two arms, the difference between them, and what that says."""

from enum import StrEnum

from clew.causal.say import short
from clew.evidence import Change
from clew.frozen import Frozen


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
    load: float | None = None
    """How many times the usual requests the control got; None where that was not measured."""
    ruling: Ruling
    proven: bool = False
    """The symptom came with the change, went with its undoing and came again with its return."""
    says: str


def named(change: Change) -> str:
    """`deploy 4f2c1a9`, or `deploy-42` where the name says what it is."""
    return short(change.ref) if change.ref.startswith(change.what) else f"{change.what} {short(change.ref)}"
