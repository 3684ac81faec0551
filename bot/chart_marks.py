"""How are moments drawn on a picture: a rule at each, its words above the frame, none touching another."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, NamedTuple

from bot.caption import utc
from bot.slack.text import visible
from clew.evidence import Mark
from clew.incident import Window

Spec = dict[str, Any]

LABEL = 28
TURNED = 8
"""Marks whose words may point either way; more are seldom on one picture, and each doubles the ways to try."""
TIER = 15
PLOT, LETTER = 510.0, 6.4
"""About how wide the plot and one letter of a mark's words are, in points."""
# Okabe and Ito's palette: told apart by people with any colour vision, and by lightness in grey.
BLUE, VERMILION, ORANGE, GREY, INK = "#0072B2", "#D55E00", "#E69F00", "#767676", "#222222"


@dataclass(frozen=True, slots=True)
class Words:
    """A mark's words: where they end or start, and on which height above the frame."""

    at: float
    says: str
    leftward: bool
    tier: int
    color: str = VERMILION


def placed(marks: Sequence[Mark], window: Window, plot: float = PLOT, room: float = 0.0) -> list[Words]:
    """Words on the lowest height on which they touch no other and no rule crosses them, away from the nearer edge where that can be.

    `room` is how many points there are left of the plot.
    """
    flat = _turned(marks, window, plot, room)
    tiers: dict[int, int] = {}
    left = list(range(len(flat)))
    while left:
        # words go above every rule that they reach across: those that reach across fewest are placed first, of these the most waited for
        chosen = min(left, key=lambda i: (*_waiting(flat, left, i), i))
        left.remove(chosen)
        taken = {tier for i, tier in tiers.items() if _touching(flat[chosen], flat[i])}
        lowest = max((tier + 1 for i, tier in tiers.items() if _across(flat[chosen], flat[i])), default=0)
        tiers[chosen] = next(tier for tier in range(lowest, lowest + len(flat)) if tier not in taken)
    return [
        Words(mark.at, it.says, it.leftward, tiers[i]) for i, (mark, it) in enumerate(zip(marks, flat, strict=True))
    ]


def _waiting(flat: Sequence["_Flat"], left: Sequence[int], one: int) -> tuple[int, int]:
    """How many rules the words reach across, and (below 0) how many words reach across the rule."""
    others = [flat[i] for i in left if i != one]
    return sum(_across(flat[one], other) for other in others), -sum(_across(other, flat[one]) for other in others)


def _turned(marks: Sequence[Mark], window: Window, plot: float, room: float) -> list["_Flat"]:
    """Which way each mark's words point: the way in which the fewest reach across each other's rules, or leave the picture."""
    best: tuple[int, list[_Flat]] | None = None
    for ways in product((False, True), repeat=min(len(marks), TURNED)):
        flat = [_flat(mark, window, plot, ways[i] if i < len(ways) else None) for i, mark in enumerate(marks)]
        crossed = sum(_across(a, b) and _across(b, a) for a, b in combinations(flat, 2))
        out = sum(f.start < -room or f.end > plot for f in flat)
        turned = sum(f.leftward != (f.x > plot / 2) for f in flat)
        cost = 1000 * out + 100 * crossed + turned
        if best is None or cost < best[0]:
            best = (cost, flat)
    return best[1] if best else []


class _Flat(NamedTuple):
    """A mark's words before they have a height; points from the left edge of the plot."""

    x: float
    start: float
    end: float
    says: str
    leftward: bool


def _flat(mark: Mark, window: Window, plot: float, leftward: bool | None = None) -> _Flat:
    says = f"{legible(mark.label, LABEL)} {utc(mark.at).removesuffix(' UTC')}"
    x, wide = plot * (mark.at - window.start) / window.seconds, LETTER * len(says)
    if leftward is None:
        leftward = x > plot / 2
    return _Flat(x, x - wide, x, says, True) if leftward else _Flat(x, x, x + wide, says, False)


def _across(one: _Flat, other: _Flat) -> bool:
    """True if the words of one reach across the rule of the other."""
    return one.start <= other.x <= one.end


def _touching(one: _Flat, other: _Flat) -> bool:
    return one.start - LETTER <= other.end and other.start - LETTER <= one.end


def time(field: str = "at") -> Spec:
    return {"field": field, "type": "temporal"}


def ruled(labels: Sequence[Words]) -> list[Spec]:
    """A line at each mark and its words above the frame; a line that has to pass behind words is hidden by their rim."""
    rules, words = list[Spec](), list[Spec]()
    for label in labels:
        data = {"values": [{"at": label.at * 1000, "says": label.says}]}
        height = {"value": -8 - TIER * label.tier}
        rule: Spec = {"type": "rule", "color": label.color, "strokeWidth": 2}
        rules.append({"data": data, "mark": rule, "encoding": {"x": time(), "y": height, "y2": {"value": "height"}}})
        text: Spec = {
            "type": "text",
            "align": "right" if label.leftward else "left",
            "dx": -5 if label.leftward else 5,
            "fontSize": 12,
            "fontWeight": "bold",
        }
        where: Spec = {"x": time(), "y": height, "text": {"field": "says"}}
        words += [
            {"data": data, "mark": mark, "encoding": where} for mark in (rimmed(text), text | {"color": label.color})
        ]
    return rules + words


def rimmed(text: Spec) -> Spec:
    """The same words as a white rim, to be drawn behind them."""
    return {**text, "color": "white", "stroke": "white", "strokeWidth": 4, "strokeJoin": "round"}


def legible(text: str, most: int) -> str:
    """Words that every font has: the few signs of ours are kept, the rest is shown as an escape."""
    return "".join(c if c.isascii() or c in "→·…µ°" or "\u00c0" <= c <= "\u024f" else "?" for c in visible(text, most))
