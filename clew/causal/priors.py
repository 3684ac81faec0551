"""What has feedback taught us: counts in, a bounded log weight out."""

import math

from clew.frozen import Frozen


class Prior(Frozen):
    """How often a cause of this kind in this service was confirmed or rejected here."""

    kind: str
    service: str = ""
    right: int = 0
    wrong: int = 0


class Priors(Frozen):
    """All counts. Empty is a fine start."""

    counts: tuple[Prior, ...] = ()

    def weight(self, kind: str, service: str | None) -> float:
        """Log odds of the counts with one imagined case on each side, within plus or minus 0.5: memory nudges, it never decides."""
        right = sum(p.right for p in self.counts if p.kind == kind and p.service in ("", service or ""))
        wrong = sum(p.wrong for p in self.counts if p.kind == kind and p.service in ("", service or ""))
        return max(-0.5, min(0.5, 0.25 * math.log((right + 1) / (wrong + 1))))
