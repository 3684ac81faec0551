"""Who is tried and against what: one incident's symptom, and one candidate's own signals."""

from dataclasses import dataclass

from clew.causal.departure import Departure
from clew.causal.ranking import Draft
from clew.causal.ruling import Experiment
from clew.causal.scene import Scene, Signal


@dataclass(frozen=True, eq=False)
class Court:
    """What all candidates are tried against."""

    scene: Scene
    symptom: Signal | None
    """What the alert speaks of; None where it was not measured."""
    felt: float | None
    """When the symptom began, Unix seconds: by its own series, else by all series together."""
    over: float | None
    """When it was over; None while it lasts."""
    leader: Draft | None
    """The first open candidate that its tests leave a cause."""
    thirds: tuple[Signal, ...]
    """What could move both: traffic and shared machines that moved, and no later than the symptom."""
    experiments: tuple[Experiment, ...] = ()
    """Arms that differ in nothing but a change or a place."""


@dataclass(frozen=True, eq=False)
class Witness:
    """One candidate's own signals and what they did."""

    draft: Draft
    signals: tuple[Signal, ...]
    moved: tuple[tuple[Signal, Departure], ...]
    """Those that left their usual range, and how."""

    @property
    def began(self) -> float | None:
        return min((course.began for _, course in self.moved), default=None)
