"""May a model's sentence stand for ours? Only if it says nothing that we did not."""

import re
from collections.abc import Iterable

from pydantic import BaseModel, Field

from agents.prompts import wording_prompt
from clew.errors import BudgetSpent, MindError
from clew.ports import Mind

STORY = 320
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NAME = re.compile(r"[^\W\d_]*[\w]*(?:[-_/.:][\w]+)+|\b(?=\w*\d)(?=\w*[^\W\d])\w+\b|\b[a-z]+[A-Z]\w*\b")
_MARKUP = re.compile(
    r"[<>@#*_`~|\[\]{}\\]|://|\bwww\.|[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
_CERTAIN = re.compile(
    r"\b(?:confirm\w*|certain\w*|definite\w*|prove[nsd]?|undoubted\w*|guarantee\w*|root cause)\b", re.IGNORECASE
)
_SENTENCE = re.compile(r"[.!?](?:\s|$)")


class Wording(BaseModel):
    """What a model may hand back: one text."""

    text: str = Field(max_length=2000)


def sound(text: str, facts: Iterable[str], services: Iterable[str], *, limit: int, sentences: int) -> bool:
    """True if every number, name and service in `text` occurs in `facts`, and it has no markup, link, mention or claim of proof."""
    said = " ".join(facts)
    low = said.lower()
    if not text.strip() or len(text) > limit or len(_SENTENCE.findall(text + " ")) > sentences + 1:
        return False
    plain = _without_names(text, said)
    if _MARKUP.search(plain):
        return False
    if any(word.lower() not in low for word in _CERTAIN.findall(text)):
        return False
    if any(number not in set(_NUMBER.findall(said)) for number in _NUMBER.findall(text)):
        return False
    if any(name.lower() not in low for name in _NAME.findall(text)):
        return False
    return all(_holds(low, service) for service in services if _holds(text.lower(), service))


def _holds(text: str, word: str) -> bool:
    return bool(word) and re.search(rf"(?<![\w-]){re.escape(word.lower())}(?![\w-])", text) is not None


def _without_names(text: str, said: str) -> str:
    """The text without names that the facts hold too: `pool_size` is not markup."""
    return _NAME.sub(lambda found: "" if found.group() in said else found.group(), text)


async def reworded(
    mind: Mind | None,
    draft: str,
    facts: tuple[str, ...],
    services: Iterable[str],
    *,
    sentences: int,
    limit: int = STORY,
) -> str:
    """The model's wording of `draft` if it is sound, else `draft`."""
    if mind is None or not draft:
        return draft
    try:
        said = await mind.draft(wording_prompt(facts, draft, sentences), Wording)
    except (MindError, BudgetSpent):
        return draft
    text = " ".join(said.text.split())
    return text if sound(text, (*facts, draft), services, limit=limit, sentences=sentences) else draft
