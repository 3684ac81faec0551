"""What is believed before an incident is looked at: what each kind of clue is worth, and what feedback taught."""

import math

from clew.causal.weights import Weights
from clew.frozen import Frozen


class Prior(Frozen):
    """How often a cause of this kind in this service was confirmed or rejected here."""

    kind: str
    service: str = ""
    right: int = 0
    wrong: int = 0


class Priors(Frozen):
    """All counts (empty is a fine start) and the fitted worth of clues."""

    counts: tuple[Prior, ...] = ()
    weights: Weights = Weights()

    def weight(self, kind: str, service: str | None) -> float:
        """Log odds of the counts with one imagined case on each side, within plus or minus 0.5: memory nudges, it never decides."""
        right = sum(p.right for p in self.counts if p.kind == kind and p.service in ("", service or ""))
        wrong = sum(p.wrong for p in self.counts if p.kind == kind and p.service in ("", service or ""))
        return max(-0.5, min(0.5, 0.25 * math.log((right + 1) / (wrong + 1))))
