"""Does every sentence rest on evidence that is kept? What does not is left out, and costs certainty."""

from collections.abc import Collection

from clew.hypothesis import Claim, Confidence, Gap, Hypothesis, Report, Verdict

_ORDER = (Confidence.RULED_OUT, Confidence.NOT_FOUND, Confidence.POSSIBLE, Confidence.LIKELY, Confidence.CONFIRMED)


def lower(one: Confidence, other: Confidence) -> Confidence:
    """The less certain of two words."""
    return min(one, other, key=_ORDER.index)


def cited(claims: tuple[Claim, ...], kept: Collection[str]) -> tuple[Claim, ...]:
    """The claims that cite kept evidence, each without citations of anything else."""
    sound = (Claim(text=c.text, evidence=tuple(e for e in c.evidence if e in kept)) for c in claims)
    return tuple(c for c in sound if c.evidence)


def held(hypothesis: Hypothesis, kept: Collection[str]) -> Hypothesis | None:
    """The hypothesis with what it can prove, its word lowered if that is little; None if an open one can prove nothing.

    Confirmed and Likely need two different facts; Possible needs one.
    """
    support, against = cited(hypothesis.support, kept), cited(hypothesis.against, kept)
    facts = {e for claim in support for e in claim.evidence}
    word = hypothesis.confidence
    if word is not Confidence.RULED_OUT:
        if not facts:
            return None
        if len(facts) < 2:
            word = lower(word, Confidence.POSSIBLE)
    return hypothesis.model_copy(update={"support": support, "against": against, "confidence": word})


def checked(report: Report, kept: Collection[str]) -> Report:
    """The report with nothing in it that cannot be looked up; a cause that cannot be proven is no cause."""
    sound = [(h, held(h, kept)) for h in report.hypotheses]
    lost = [h.title for h, checked_ in sound if checked_ is None]
    hypotheses = tuple(checked_ for _, checked_ in sound if checked_ is not None)
    gaps = report.gaps
    if lost:
        gap = Gap(
            source="evidence",
            reason=f"nothing that can be looked up supports: {'; '.join(lost)[:120]}",
            effect="it is not shown as a cause",
        )
        gaps = (*gaps, gap)
    verdict = report.verdict
    if verdict in (Verdict.CAUSE, Verdict.SEVERAL) and all(h.confidence is Confidence.RULED_OUT for h in hypotheses):
        verdict = Verdict.NOT_FOUND
    return report.model_copy(update={"hypotheses": hypotheses, "gaps": gaps, "verdict": verdict})
