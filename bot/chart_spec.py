"""Which Vega-Lite picture shows a series: data in, a specification out, nothing drawn yet."""

import math
from datetime import UTC, datetime

from bot.caption import Scale, name, quantity, scale, title, utc
from bot.chart_marks import BLUE, GREY, INK, ORANGE, Spec, legible, placed, ruled, time
from clew.evidence import Mark, Series
from clew.incident import Window

WIDTH, HEIGHT = 600, 270
"""Points; drawn at 8/3 of that."""
PADDING = 12
POINTS = 720
MARKS = 6
FONT = "Liberation Sans"
"""Comes inside vl-convert, so a machine without fonts draws the same picture."""


def spec(series: Series, window: Window) -> Spec:
    """The picture of one series in one window, Unix seconds in, UTC on the axis.

    Layers from back to front: the incident shaded, the usual level dashed grey, the measured line (a gap is a gap),
    each mark with its words, and the levels before and after as direct labels.
    """
    unit = scale(series)
    rows = _rows(series, window, unit)
    top = _top(series, rows, unit)
    labels = placed(_marks(series, window), window)
    layers = [
        *_shade(series, window),
        *_usual(series, unit),
        _line(rows),
        *_levels(series, rows, unit),
        *ruled(labels),
    ]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": WIDTH,
        "height": HEIGHT,
        "padding": PADDING,
        "autosize": {"type": "fit", "contains": "padding"},
        "background": "white",
        "title": {
            "text": legible(title(series), 62),
            "subtitle": legible(_subtitle(series, window, unit), 92),
            "anchor": "start",
            "offset": 12,
        },
        "layer": [_with_scales(layer, window, top) for layer in layers],
        "config": config(),
    }


def config() -> Spec:
    return {
        "font": FONT,
        "title": {"fontSize": 17, "subtitleFontSize": 12, "color": INK, "subtitleColor": GREY, "subtitlePadding": 5},
        "axis": {
            "labelFontSize": 12,
            "labelColor": INK,
            "gridColor": "#EBEBEB",
            "domainColor": GREY,
            "tickColor": GREY,
        },
        "view": {"stroke": None},
    }


def _subtitle(series: Series, window: Window, unit: Scale) -> str:
    bucket = _bucket(series)
    day = datetime.fromtimestamp(window.start, UTC).strftime("%Y-%m-%d")
    parts = [
        f"unit {unit.unit}" if unit.unit else name(series),
        f"one point per {bucket:g} s" if bucket else "",
        f"{day} {utc(window.start, seconds=False).removesuffix(' UTC')} to {utc(window.end, seconds=False)}",
        "shaded since the change" if series.onset is not None and window.start <= series.onset < window.end else "",
    ]
    return " · ".join(part for part in parts if part)


def _bucket(series: Series) -> float:
    """The usual distance of two points in seconds; 0 if there are not two."""
    steps = sorted(b - a for a, b in zip(series.times, series.times[1:], strict=False) if b > a)
    return float(f"{steps[len(steps) // 2]:.2g}") if steps else 0.0


def _rows(series: Series, window: Window, unit: Scale) -> list[Spec]:
    """Points inside the window in order of time; None where nothing was measured, also where the clock shows a hole."""
    pairs = zip(series.times, series.values, strict=False)
    points = [(t, v) for t, v in pairs if window.start <= t <= window.end]
    points.sort(key=lambda point: point[0])
    step = -(-len(points) // POINTS) or 1
    hole = max(_bucket(series) * step * 2.5, 1e-9)
    rows: list[Spec] = []
    for place in range(0, len(points), step):
        at = points[place][0]
        group = [v for _, v in points[place : place + step] if v is not None and math.isfinite(v)]
        if rows and at - rows[-1]["at"] / 1000 > hole:
            rows.append({"at": rows[-1]["at"] + 1, "level": None})
        rows.append({"at": round(at * 1000), "level": max(group, key=abs) * unit.factor if group else None})
    return rows


def _top(series: Series, rows: list[Spec], unit: Scale) -> list[float]:
    """The y axis: from zero, with room above for the labels; below zero only if something was measured there."""
    known = [row["level"] for row in rows if row["level"] is not None]
    known += [
        v * unit.factor for v in (series.normal, series.before, series.after) if v is not None and math.isfinite(v)
    ]
    high, low = max(known, default=1.0), min(known, default=0.0)
    return [min(0.0, low * 1.1), high * 1.15 if high > 0 else 1.0]


def _with_scales(layer: Spec, window: Window, top: list[float]) -> Spec:
    x: Spec = {
        "scale": {"type": "utc", "domain": [window.start * 1000, window.end * 1000]},
        "axis": {"format": "%H:%M", "title": None, "tickCount": 8, "grid": False},
    }
    y: Spec = {"scale": {"domain": top, "nice": True}, "axis": {"title": None, "tickCount": 5, "format": "~s"}}
    if top[1] < 1000:
        y["axis"]["format"] = ",~r" if top[1] >= 1 else ",~g"
    encoding = dict(layer["encoding"])
    for channel, extra in (("x", x), ("y", y)):
        if channel in encoding and "value" not in encoding[channel]:
            encoding[channel] = {**encoding[channel], **extra}
    return {**layer, "encoding": encoding}


def _level(field: str = "level") -> Spec:
    return {"field": field, "type": "quantitative"}


def _shade(series: Series, window: Window) -> list[Spec]:
    if series.onset is None or not window.start <= series.onset < window.end:
        return []
    rows = [{"from": series.onset * 1000, "to": window.end * 1000}]
    return [
        {
            "data": {"values": rows},
            "mark": {"type": "rect", "color": ORANGE, "opacity": 0.14},
            "encoding": {"x": time("from"), "x2": {"field": "to"}},
        }
    ]


def _usual(series: Series, unit: Scale) -> list[Spec]:
    if series.normal is None or not math.isfinite(series.normal):
        return []
    data = {
        "values": [
            {"level": series.normal * unit.factor, "says": f"usual\n{quantity(series.normal * unit.factor, unit.unit)}"}
        ]
    }
    return [
        {
            "data": data,
            "mark": {"type": "rule", "color": GREY, "strokeDash": [6, 5], "strokeWidth": 1.6},
            "encoding": {"y": _level()},
        },
        {
            "data": data,
            "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 12, "color": GREY, "lineBreak": "\n"},
            "encoding": {"x": {"value": "width"}, "y": _level(), "text": {"field": "says"}},
        },
    ]


def _line(rows: list[Spec]) -> Spec:
    return {
        "data": {"values": rows},
        "mark": {"type": "line", "color": BLUE, "strokeWidth": 2.2, "invalid": "break-paths-show-path-domains"},
        "encoding": {"x": time(), "y": _level()},
    }


def _levels(series: Series, rows: list[Spec], unit: Scale) -> list[Spec]:
    """The levels before and after the onset, written above the highest point of their stretch."""
    onset = series.onset * 1000 if series.onset is not None else math.inf
    stretches = (
        ("before", series.before, [row for row in rows if row["at"] < onset]),
        ("after", series.after, [row for row in rows if row["at"] >= onset]),
    )
    labels = [
        {
            "at": (stretch[0]["at"] + stretch[-1]["at"]) / 2,
            "level": max((row["level"] for row in stretch if row["level"] is not None), default=level * unit.factor),
            "says": f"{word} {quantity(level * unit.factor, unit.unit)}",
        }
        for word, level, stretch in stretches
        if level is not None and math.isfinite(level) and stretch
    ]
    if not labels:
        return []
    text: Spec = {"type": "text", "baseline": "bottom", "dy": -6, "fontSize": 14, "fontWeight": "bold", "color": INK}
    return [
        {
            "data": {"values": labels},
            "mark": text,
            "encoding": {"x": time(), "y": _level(), "text": {"field": "says"}},
        }
    ]


def _marks(series: Series, window: Window) -> list[Mark]:
    inside = sorted((m for m in series.marks if window.start <= m.at <= window.end), key=lambda mark: mark.at)
    return inside[-MARKS:]
