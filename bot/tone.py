"""Does the wording claim more than the evidence does: certainty is for code to state, in five words."""

import re

from clew.hypothesis import Confidence

_NUMBER = r"\d{1,3}(?:[.,]\d+)?\s?(?:%|percent\b|per cent\b)"
_SURE = r"(?:confiden\w*|certain\w*|sure|probab\w*|likel\w*|chance|odds)"
_GRADED = re.compile(
    rf"\(?\b{_NUMBER}\s+{_SURE}\)?|\(?\b{_SURE}(?:\s+(?:of|is|at|level|score))*\s*[:=]?\s*{_NUMBER}\)?", re.IGNORECASE
)
_ROOT = re.compile(r"\b(the\s+)?root\s+cause\s+(is|was|of)\b", re.IGNORECASE)
_TEXT = 4_000


def tempered(text: str, confidence: Confidence) -> str:
    """The text without percentages of certainty and, unless Confirmed, without calling anything the root cause.

    Percentages that measure something ("9.1% of payments failed") stay. Reads at most 4,000 characters.
    """
    said = _GRADED.sub("", text[:_TEXT])
    if confidence is not Confidence.CONFIRMED:
        said = _ROOT.sub(lambda found: f"a possible cause {found.group(2).lower()}", said)
    return re.sub(r"\s{2,}", " ", said).strip()
