"""What is a suspect to the symptom, once its tests are in: short rules, read from top to bottom."""

from dataclasses import dataclass
from enum import StrEnum

from clew.hypothesis import CauseKind, Label, Outcome

PASSED, FAILED, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN


class Role(StrEnum):
    """What a third thing is that moves both the suspect and the symptom."""

    SHARED = "shared"
    """Traffic, or a machine: it calls nobody."""
    CALLED = "called"
    """The first candidate, which the suspect depends on."""
    APART = "apart"
    """The first candidate, which no call joins with the suspect."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the tests of one suspect came to, and where it stands among the others."""

    kind: CauseKind
    order: Outcome
    path: Outcome
    dose: Outcome
    gone: Outcome
    placebo: Outcome
    content: Outcome
    """Of a change: does what it did fit what broke?"""
    experiment: Outcome
    """Did a second arm, or an undoing, speak for it or against it?"""
    own: bool
    """It shows trouble that waiting for somebody else does not produce, or more of it than its callees explain."""
    out: bool
    """It was ruled out: it may still be told what it is, but never a cause."""
    leads: bool
    """It comes first in the ranking, not counting those before it that are no cause."""
    below: bool = False
    """It depends, through calls, on the one that comes first."""
    joined: bool = False
    """A call path in either direction joins it with the one that comes first."""
    third: Role | None = None
    """Its link with the symptom vanishes once this third thing is held."""


def labelled(facts: Facts) -> Label | None:
    """The label, or None where no test could tell anything.

    A third thing that moved both decides first, then direction (a caller of the cause suffers from it, a late one follows it), then
    whether anything joins it with the symptom at all. What is left and shows a response, or trouble of its own, is a cause if it comes
    first or stands apart from what does, and else contributes.
    """
    told = (facts.order, facts.path, facts.dose, facts.gone, facts.placebo, facts.content, facts.experiment)
    if not facts.own and all(outcome is UNKNOWN for outcome in told):
        return None
    if _confounded(facts):
        return Label.CONFOUNDER
    if _follows(facts):
        return Label.SYMPTOM
    if _unjoined(facts):
        return Label.COINCIDENCE
    if facts.out:
        return None
    strong = PASSED in (facts.dose, facts.gone, facts.experiment)
    if facts.leads:
        return Label.CAUSE if strong or facts.own else None
    if strong and not facts.joined and facts.order is PASSED:
        return Label.CAUSE
    near = facts.joined or facts.path is PASSED
    return Label.CONTRIBUTOR if strong or (facts.own and near) else None


def _confounded(facts: Facts) -> bool:
    if facts.experiment is PASSED:
        return False
    return facts.third is Role.SHARED or (facts.third is Role.APART and facts.path is not FAILED)


def _follows(facts: Facts) -> bool:
    if facts.kind is not CauseKind.SERVICE:
        return False
    if facts.third is Role.CALLED or (facts.below and not (facts.own and facts.order is PASSED)):
        return True
    joined = PASSED in (facts.dose, facts.path)
    return facts.order is FAILED and (joined or FAILED not in (facts.dose, facts.path))


def _unjoined(facts: Facts) -> bool:
    """Nothing joins it with the symptom: no path, no response where one could be seen, too late, or it moves like that anyway."""
    if FAILED in (facts.order, facts.content, facts.experiment):
        return True
    if PASSED in (facts.dose, facts.experiment):
        return facts.path is FAILED and facts.placebo is FAILED
    return (
        facts.path is FAILED
        or facts.gone is FAILED
        or facts.dose is FAILED
        or (facts.placebo is FAILED and not facts.own)
    )
