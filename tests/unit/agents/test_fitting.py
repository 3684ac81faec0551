"""Does an answer stay short, whatever its claims bring?"""

import re

from hypothesis import given
from hypothesis import strategies as st

from agents.answers import fitted
from clew.hypothesis import Claim
from clew.limits import Limits

LIMITS = Limits()
TEXT = st.lists(st.sampled_from(["It began.", "Pool 50 → 5!", "Why?", "3.5 ms", "word", "“a. b. c.”"]), max_size=30)


@given(st.lists(TEXT.map(" ".join), max_size=12))
def test_point_16_five_sentences_and_seven_hundred_characters(texts: list[str]) -> None:
    """Sentences count, not claims; only the first claim always stands, cut to its own length."""
    claims = fitted(tuple(Claim(text=text, evidence=("e",)) for text in texts), LIMITS)
    said = " ".join(claim.text for claim in claims)
    assert len(said) <= LIMITS.answer_characters
    if len(claims) > 1:
        assert len(re.findall(r"[.!?](?=\s|$)", re.sub(r"“[^”]*”", "", said))) <= LIMITS.answer_sentences


def test_claims_of_two_sentences_count_twice() -> None:
    claims = tuple(Claim(text=f"Fact {n}. And more.", evidence=(f"e{n}",)) for n in range(5))
    assert fitted(claims, LIMITS) == claims[:2]


def test_the_first_claim_always_stands() -> None:
    (only,) = fitted((Claim(text="A. B. C. D. E. F. G.", evidence=("e",)), Claim(text="H.", evidence=("e",))), LIMITS)
    assert only.text == "A. B. C. D. E. F. G."
