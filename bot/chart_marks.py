"""How are moments drawn on a picture: a rule at each, its words above the frame, none touching another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bot.caption import utc
from bot.slack.text import visible
from clew.evidence import Mark
from clew.incident import Window

Spec = dict[str, Any]

LABEL = 28
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


def placed(marks: Sequence[Mark], window: Window, plot: float = PLOT) -> list[Words]:
    """Words point away from the nearer edge and take the lowest height on which they touch no other and no rule crosses them."""
    flat = [_flat(mark, window, plot) for mark in marks]
    tiers: dict[int, int] = {}
    left = list(range(len(flat)))
    while left:
        # words go above every rule that they reach across, so those that reach across none are placed first
        free = (i for i in left if not any(_across(flat[i], flat[j]) for j in left if j != i))
        chosen = next(free, left[0])
        left.remove(chosen)
        taken = {tier for i, tier in tiers.items() if _touching(flat[chosen], flat[i])}
        lowest = max((tier + 1 for i, tier in tiers.items() if _across(flat[chosen], flat[i])), default=0)
        tiers[chosen] = next(tier for tier in range(lowest, lowest + len(flat)) if tier not in taken)
    return [
        Words(mark.at, it.says, it.leftward, tiers[i]) for i, (mark, it) in enumerate(zip(marks, flat, strict=True))
    ]


class _Flat(NamedTuple):
    """A mark's words before they have a height; points from the left edge of the plot."""

    x: float
    start: float
    end: float
    says: str
    leftward: bool


def _flat(mark: Mark, window: Window, plot: float) -> _Flat:
    says = f"{legible(mark.label, LABEL)} {utc(mark.at).removesuffix(' UTC')}"
    x, wide = plot * (mark.at - window.start) / window.seconds, LETTER * len(says)
    return _Flat(x, x - wide, x, says, True) if x > plot / 2 else _Flat(x, x, x + wide, says, False)


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
