"""What does the arithmetic hand back: suspects in order, each with its sum and the clues it rests on."""

from clew.frozen import Frozen
from clew.hypothesis import Cause, Clue, Confidence, Effect, Label, Term, Trial, Verdict


class Draft(Frozen):
    """A hypothesis before it has evidence numbers: the judge turns `support` and `against` into claims that cite."""

    key: str
    """Stable for the same cause in the same incident: `service:payments`, `change:4f2c1a`, `traffic`, `external:paygate`, `none`."""
    cause: Cause
    title: str
    story: str = ""
    confidence: Confidence
    weight: float
    why: tuple[Term, ...] = ()
    support: tuple[Clue, ...] = ()
    """Strongest first; each carries the evidence id that its specialist gave it, if any."""
    against: tuple[Clue, ...] = ()
    challenge: str = ""
    settle: str = ""
    next_step: str = ""
    ruled_out: str = ""
    label: Label | None = None
    trials: tuple[Trial, ...] = ()
    effect: Effect | None = None
    forecast: Effect | None = None
    odds: float | None = None


class Ranking(Frozen):
    """The answer of one round."""

    verdict: Verdict
    headline: str
    onset: float | None = None
    services: tuple[str, ...] = ()
    """Best first; every service that was seen anywhere."""
    changes: tuple[str, ...] = ()
    """Change refs and `none`, best first."""
    drafts: tuple[Draft, ...] = ()
    """Open ones best first, then those ruled out."""
    healthy: bool = False
    enough: bool = False
    """True if another round with a wider window is unlikely to help."""
