"""What do the tests say of a hypothesis, and what would have been without it: in one line each, or in full?"""

import re

from bot.card import Line, Span, Strong
from bot.citation import prose
from bot.tone import tempered
from clew.hypothesis import Confidence, Effect, Hypothesis, Outcome, Trial

_REASONS = 4
_LENGTH = 320
_FIGURES = re.compile(r" \([^()]*\)$")
"""Figures at the end of a reason: they stand in the full list."""
_MARK = {Outcome.PASSED: "✓ ", Outcome.FAILED: "✗ ", Outcome.UNKNOWN: "? "}


def trial_notes(told: Hypothesis, near: float) -> tuple[Line, ...]:
    """`Tests  cause: began first, ...; on the path ...` with the failed tests by name, and what would have been otherwise.

    What can't be told is left out here.
    """
    notes: list[Line] = []
    passed = [_reason(t) for t in told.trials if t.outcome is Outcome.PASSED and t.name != "content"]
    failed = [f"{t.name} ({_reason(t)})" for t in told.trials if t.outcome is Outcome.FAILED]
    out = told.confidence is Confidence.RULED_OUT
    if passed or failed or (told.label is not None and not out):
        says = "; ".join(passed[:_REASONS])
        lost = f"Failed: {'; '.join(failed[:_REASONS])}" if failed else ""
        named: Line = (Strong(told.label.value), ": ") if told.label is not None else ("can't tell what it is: ",)
        whole = ". ".join(part for part in (says, lost) if part)
        reasons = _shown(whole or "by its own signs; nothing else could be tested", near)
        notes.append((Strong("Tests"), "  ", *named, *reasons))
    claimed = [effect for effect in (told.effect, told.forecast) if effect is not None and effect.claimed]
    if len(claimed) > 1 and claimed[0].metric == claimed[1].metric and claimed[0].without == claimed[1].without:
        claimed.pop()  # a change undone is a change that was not made
    if claimed:
        notes.append((Strong("What if"), "  ", *_shown(" ".join(effect.says for effect in claimed), near)))
    return tuple(notes)


def trial_lines(told: Hypothesis, near: float) -> tuple[Line, ...]:
    """Every test with its outcome and reason, and what was told, or can't be, of the world without it."""
    if not told.trials:
        return (("No test was made of it.",),)
    label: Span = Strong(told.label.value) if told.label is not None else Strong("nothing clear")
    lines: list[Line] = [("Tests make it: ", label, ". ✓ passed, ✗ failed, ? can't tell.")]
    lines += [(_MARK[t.outcome], Strong(t.name), "  ", *_shown(t.says, near)) for t in told.trials]
    lines += [_effect(name, e, near) for name, e in (("without it", told.effect), ("with a fix", told.forecast)) if e]
    return tuple(lines)


def _effect(name: str, effect: Effect, near: float) -> Line:
    return ("✓ " if effect.claimed else "? ", Strong(name), "  ", *_shown(effect.says, near))


def _reason(trial: Trial) -> str:
    return _FIGURES.sub("", trial.says)


def _shown(text: str, near: float) -> Line:
    told = text if len(text) <= _LENGTH else text[: _LENGTH - 1].rsplit(" ", 1)[0] + "…"
    return prose(tempered(told, Confidence.POSSIBLE), near)
