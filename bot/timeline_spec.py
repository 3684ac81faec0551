"""Which Vega-Lite picture shows the onsets on the call graph: data in, a specification out, nothing drawn yet."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from bot.caption import utc
from bot.chart_marks import BLUE, GREY, INK, LETTER, ORANGE, VERMILION, Spec, legible, placed, rimmed, ruled, time
from bot.chart_spec import PADDING, config
from bot.timeline import standing, title, undated, window
from clew.evidence import Mark
from clew.hypothesis import Began, Label, Timeline
from clew.incident import Window

WIDTH, HEIGHT = 500, 240
"""Points: narrower than a chart, for it is all words, and words are read in a thread."""
ROW = 21
"""Points that one service needs at least."""
HEAD = 120
"""Points above and below the rows: title, marks and axis."""
NAME = 24
"""Characters of a service's name."""
TITLE = 54
BOLD = 7.2
"""Points that one letter of a name takes at most."""
INDENT = 10
"""Points that each call takes a name to the right."""
DEEPEST = 3
FINE = 360.0
"""Seconds up to which the axis counts seconds."""
PURPLE = "#AA4499"
_SIZE = (60.0, 190.0)


class _Look(NamedTuple):
    """How a service's mark looks; the word beside it says the same."""

    color: str
    shape: str


_LOOKS = {
    Label.CAUSE: _Look(VERMILION, "circle"),
    Label.CONTRIBUTOR: _Look(ORANGE, "square"),
    Label.CONFOUNDER: _Look(PURPLE, "diamond"),
    Label.SYMPTOM: _Look(BLUE, "triangle-down"),
    Label.COINCIDENCE: _Look(GREY, "cross"),
}


class _Frame(NamedTuple):
    """Where things go: the window, and the width of the names and of the plot in points."""

    window: Window
    names: float
    plot: float


def timeline_spec(timeline: Timeline) -> Spec:
    """The picture of a timeline: a row per service, callers above what they call, a mark at each first sign, a line along each call
    between two signs, a rule at each change, at the onset and at the alert. UTC on the axis.
    """
    span = window(timeline)
    names = _gutter(timeline.rows)
    frame = _Frame(span, names, WIDTH - names - 2 * PADDING)
    layers = [
        *_shade(timeline, frame),
        _lanes(timeline),
        *_calls(timeline, frame),
        *_rules(timeline, frame),
        *_signs(timeline, frame),
        *_names(timeline, frame),
    ]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": WIDTH,
        "height": max(HEIGHT, HEAD + ROW * len(timeline.rows)),
        "padding": PADDING,
        "autosize": {"type": "fit", "contains": "padding"},
        "background": "white",
        "title": {
            "text": legible(title(timeline, TITLE), TITLE),
            "subtitle": legible(_subtitle(timeline, span), 100),
            "anchor": "start",
            "offset": 12,
        },
        "layer": [_scaled(layer, timeline, span) for layer in layers],
        "config": config(),
    }


def _gutter(rows: tuple[Began, ...]) -> float:
    """How wide the names are, in points."""
    return min(190.0, 8.0 + max(BOLD * len(_name(r)) + _indent(r, rows) for r in rows))


def _name(row: Began) -> str:
    """The name, cut in its middle: names of one family differ at the end."""
    name = legible(row.service, 200)
    return name if len(name) <= NAME else f"{name[: NAME // 2]}…{name[-(NAME - NAME // 2 - 1) :]}"


def _indent(row: Began, rows: tuple[Began, ...]) -> float:
    top = min((r.depth for r in rows if r.depth is not None), default=0)
    return INDENT * min(DEEPEST, (row.depth or 0) - top) if row.depth is not None else 0.0


def _subtitle(timeline: Timeline, span: Window) -> str:
    day = datetime.fromtimestamp(span.start, UTC).strftime("%Y-%m-%d")
    when = f"{day} {utc(span.start, seconds=False).removesuffix(' UTC')} to {utc(span.end, seconds=False)}"
    return f"{when} · callers above what they call"


def _scaled(layer: Spec, timeline: Timeline, span: Window) -> Spec:
    x: Spec = {
        "scale": {"type": "utc", "domain": [span.start * 1000, span.end * 1000]},
        "axis": {
            "format": "%H:%M" if span.seconds > FINE else "%H:%M:%S",
            "title": None,
            "tickCount": 6,
            "grid": False,
        },
    }
    y: Spec = {"scale": {"domain": [len(timeline.rows) - 0.5, -0.6], "nice": False, "zero": False}, "axis": None}
    encoding = dict(layer["encoding"])
    for channel, extra in (("x", x), ("y", y)):
        if channel in encoding and "value" not in encoding[channel]:
            encoding[channel] = {**encoding[channel], **extra}
    return {**layer, "encoding": encoding}


def _row(field: str = "row") -> Spec:
    return {"field": field, "type": "quantitative"}


def _shade(timeline: Timeline, frame: _Frame) -> list[Spec]:
    if timeline.onset is None:
        return []
    rows = [{"from": timeline.onset * 1000, "to": frame.window.end * 1000}]
    return [
        {
            "data": {"values": rows},
            "mark": {"type": "rect", "color": ORANGE, "opacity": 0.12},
            "encoding": {"x": time("from"), "x2": {"field": "to"}},
        }
    ]


def _lanes(timeline: Timeline) -> Spec:
    return {
        "data": {"values": [{"row": place} for place in range(len(timeline.rows))]},
        "mark": {"type": "rule", "color": "#E4E4E4", "strokeWidth": 1},
        "encoding": {"y": _row()},
    }


def _calls(timeline: Timeline, frame: _Frame) -> list[Spec]:
    """A line along each call between two first signs, bent around the rows that it passes."""
    place = {row.service: number for number, row in enumerate(timeline.rows)}
    signs = {row.service: row.onset for row in timeline.rows if row.onset is not None}
    layers: list[Spec] = []
    for caller, callee in timeline.edges:
        if caller not in signs or callee not in signs:
            continue
        apart = abs(place[callee] - place[caller])
        bend = 0.0 if apart < 2 else min(0.04, 0.01 * apart) * frame.window.seconds
        points = [
            {"at": signs[caller] * 1000, "row": place[caller], "turn": 0},
            {
                "at": ((signs[caller] + signs[callee]) / 2 - bend) * 1000,
                "row": (place[caller] + place[callee]) / 2,
                "turn": 1,
            },
            {"at": signs[callee] * 1000, "row": place[callee], "turn": 2},
        ]
        layers.append(
            {
                "data": {"values": points},
                "mark": {"type": "line", "color": GREY, "strokeWidth": 1.4, "interpolate": "natural", "opacity": 0.85},
                "encoding": {"x": time(), "y": _row(), "order": {"field": "turn", "type": "quantitative"}},
            }
        )
    return layers


def _rules(timeline: Timeline, frame: _Frame) -> list[Spec]:
    """What was changed, when the incident began and when the alert came: all words share the heights above the frame."""
    began = [Mark(at=timeline.onset, label="incident")] if timeline.onset is not None else []
    marks = [
        *((mark, INK) for mark in timeline.marks),
        *((mark, "#B36B00") for mark in began),
        (Mark(at=timeline.alerted_at, label="alert"), GREY),
    ]
    marks.sort(key=lambda item: item[0].at)
    words = placed([mark for mark, _ in marks], frame.window, frame.plot, frame.names)
    return ruled([replace(word, color=color) for (_, color), word in zip(marks, words, strict=True)])


def _signs(timeline: Timeline, frame: _Frame) -> list[Spec]:
    layers: list[Spec] = []
    for place, row in enumerate(timeline.rows):
        if row.onset is None:
            layers += _undated(place, undated(row))
            continue
        look = _look(row)
        word = standing(row)
        x = frame.plot * (row.onset - frame.window.start) / frame.window.seconds
        leftward = x + LETTER * len(f"00:00:00 {word}") + 11 > frame.plot
        data = {
            "values": [
                {
                    "at": row.onset * 1000,
                    "row": place,
                    "says": f"{utc(row.onset).removesuffix(' UTC')}{f' {word}' if word else ''}",
                }
            ]
        }
        text: Spec = {"type": "text", "align": "right" if leftward else "left", "dx": -11 if leftward else 11}
        text |= {"fontSize": 12, "fontWeight": "bold" if row.leading else "normal"}
        where: Spec = {"x": time(), "y": _row()}
        size = _SIZE[0] + (_SIZE[1] - _SIZE[0]) * max(0.0, min(1.0, row.amount))
        mark: Spec = {"type": "point", "shape": look.shape, "size": size, "filled": True, "opacity": 1}
        layers += [
            {
                "data": data,
                "mark": rimmed(text),
                "encoding": {**where, "text": {"field": "says"}},
            },
            {
                "data": data,
                "mark": {**text, "color": look.color if look.color != ORANGE else INK},
                "encoding": {**where, "text": {"field": "says"}},
            },
            {
                "data": data,
                "mark": {**mark, "fill": look.color, "stroke": "white", "strokeWidth": 1},
                "encoding": where,
            },
        ]
    return layers


def _undated(place: int, says: str) -> list[Spec]:
    """Words where a service has no first sign to draw."""
    text: Spec = {"type": "text", "align": "left", "dx": 4, "baseline": "bottom", "fontSize": 11}
    where: Spec = {"x": {"value": 0}, "y": _row(), "text": {"field": "says"}}
    data: Spec = {"values": [{"row": place, "says": says}]}
    return [{"data": data, "mark": mark, "encoding": where} for mark in (rimmed(text), text | {"color": GREY})]


def _look(row: Began) -> _Look:
    if row.label is not None:
        return _LOOKS[row.label]
    return _Look(VERMILION if row.leading else GREY, "circle")


def _names(timeline: Timeline, frame: _Frame) -> list[Spec]:
    layers: list[Spec] = []
    for place, row in enumerate(timeline.rows):
        text: Spec = {
            "type": "text",
            "align": "left",
            "fontSize": 13,
            "color": INK if row.onset is not None or row.leading else GREY,
        }
        text |= {"fontWeight": "bold" if row.leading else "normal", "limit": frame.names - 4}
        layers.append(
            {
                "data": {"values": [{"row": place, "name": _name(row)}]},
                "mark": text,
                "encoding": {
                    "x": {"value": -frame.names + _indent(row, timeline.rows)},
                    "y": _row(),
                    "text": {"field": "name"},
                },
            }
        )
    return layers
