"""Which numbered fact does a sentence rest on, and how is it cited."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bot.card import Fact, Line, Link, Sources, Span, Strong, When
from bot.slack.ids import Target
from clew.errors import Refused
from clew.hypothesis import Claim
from clew.progress import Numbered

_CLOCK = re.compile(r"\b([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))? UTC\b")
_LABEL = 75
"""Characters of a fact beside its entry in a menu."""
_TORN = re.compile(r"(?:\b(?:at|from|since|to)\s+)?\d\d:\d\d(?::\d\d)?$")
_TEXT = 3_000
_ERA = (1e8, 7e9)
"""Unix seconds that can be an incident's: a broken clock does not move a stated hour to another year."""


def cited(claim: Claim, evidence: Iterable[Numbered]) -> tuple[Numbered, ...]:
    """The claim's facts in order of their numbers; ids that are not among `evidence` are left out."""
    wanted = set(claim.evidence)
    return tuple(sorted((n for n in evidence if n.fact.id in wanted), key=lambda n: n.number))


def demanded(claim: Claim, evidence: Iterable[Numbered], whose: str) -> tuple[Numbered, ...]:
    """Like `cited`, but a claim without a fact that can be opened is refused: raises Refused."""
    facts = cited(claim, evidence)
    if not facts:
        raise Refused(
            f"{whose} is not shown: {claim.text[:80]!r} cites no evidence that can be opened. Cite one or drop the claim."
        )
    return facts


def label(numbered: Numbered) -> Span:
    """`E1`, linked where its source gave an address."""
    word = f"E{numbered.number}"
    return Link(word, numbered.fact.link) if numbered.fact.link else Strong(word)


def labels(facts: tuple[Numbered, ...]) -> Line:
    """`E1 E2`."""
    line: list[Span] = []
    for numbered in facts:
        line += [" ", label(numbered)] if line else [label(numbered)]
    return tuple(line)


def fact(claim: Claim, facts: tuple[Numbered, ...], incident: str, near: float) -> Fact:
    """One line of a hypothesis card: its labels, the kind of the first, the sentence, and what `open` opens."""
    kind = f" {facts[0].fact.label}  "
    opens = Target(incident=incident, evidence=facts[0].number)
    return Fact(line=(*labels(facts), kind, *prose(claim.text, near)), opens=opens)


def sources(facts: Iterable[Numbered], incident: str, most: int = 5) -> Sources | None:
    """The one line that names what a message cites, each to be opened; None if it cites nothing."""
    unique = sorted({n.number: n for n in facts}.values(), key=lambda n: n.number)
    shown = unique[:most]
    if not shown:
        return None
    line: list[Span] = []
    for numbered in shown:
        line += [" · "] if line else []
        line += [label(numbered), f" {numbered.fact.label}"]
    if len(unique) > most:
        line.append(f" · and {len(unique) - most} more")
    items = tuple(
        (f"E{n.number} {n.fact.label}", _brief(n.fact.says), Target(incident=incident, evidence=n.number))
        for n in shown
    )
    return Sources(items=items, line=tuple(line))


def _brief(text: str) -> str:
    """The sentence cut at a word; a time that would lose its UTC goes too."""
    if len(text) <= _LABEL:
        return text
    return _TORN.sub("", text[: _LABEL - 1].rsplit(" ", 1)[0]).rstrip(" ,;:(") + "…"


def prose(text: str, near: float) -> Line:
    """A sentence in which each `18:36 UTC` becomes a moment: the one closest to `near` (Unix seconds). Reads 3,000 characters."""
    text = text if len(text) <= _TEXT else text[:_TEXT] + "…"
    line: list[Span] = []
    end = 0
    for found in _CLOCK.finditer(text):
        moment = _closest(found, near)
        if moment is None:
            continue
        line += [text[end : found.start()], moment] if found.start() > end else [moment]
        end = found.end()
    return (*line, text[end:]) if text[end:] else tuple(line)


def _closest(found: re.Match[str], near: float) -> When | None:
    if not _ERA[0] < near < _ERA[1]:
        return None
    day = datetime.fromtimestamp(near, UTC)
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    at = day.replace(hour=hour, minute=minute, second=second, microsecond=0)
    options = [at + timedelta(days=days) for days in (-1, 0, 1)]
    best = min(options, key=lambda option: abs((option - day).total_seconds()))
    return When(best.timestamp(), seconds=found[3] is not None)
