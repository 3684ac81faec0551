"""What does the picture of the onsets say in words: who showed trouble first, and how it went on."""

from collections.abc import Sequence
from itertools import groupby

from bot.caption import utc
from clew.hypothesis import Began, Label, Timeline
from clew.incident import Window

LEAD = 60.0
"""Seconds that the picture shows before the first thing on it, and at least after the last."""
NAMES = 3
OFF = 0.2
"""A service without a first sign is off from this part of the heaviest weight on."""
_WORDS = {
    Label.CAUSE: "cause",
    Label.CONTRIBUTOR: "contributes",
    Label.CONFOUNDER: "confounder",
    Label.SYMPTOM: "symptom",
    Label.COINCIDENCE: "coincidence",
}


def standing(row: Began) -> str:
    """What the service is to the incident, in one word; empty if nothing is said of it."""
    return _WORDS[row.label] if row.label is not None else "suspected" if row.leading else ""


def undated(row: Began) -> str:
    """What is said of a service without a first sign: the length of a call or its failure says that something is off, not since when."""
    if row.amount < OFF and not row.leading:
        return "no sign of its own"
    return f"{standing(row) or 'off'}, since when is not known"


def order(timeline: Timeline) -> tuple[Began, ...]:
    """The rows with a first sign, earliest first."""
    return tuple(
        sorted((r for r in timeline.rows if r.onset is not None), key=lambda r: (r.onset or 0.0, -r.amount, r.service))
    )


def window(timeline: Timeline) -> Window:
    """What the picture spans: every sign, mark, the onset and the alert, with a margin."""
    moments = [r.onset for r in timeline.rows if r.onset is not None]
    moments += [m.at for m in timeline.marks]
    moments += [at for at in (timeline.onset, timeline.alerted_at) if at is not None]
    first, last = min(moments), max(moments)
    margin = max(LEAD, 0.08 * (last - first))
    return Window(start=first - margin, end=last + 2 * margin)


def title(timeline: Timeline, most: int = 90) -> str:
    """`First signs: inventory 22:44:33 UTC → checkout 22:45:20 UTC, 3 later`: as many as fit."""
    groups = [(at or 0.0, [r.service for r in rows]) for at, rows in groupby(order(timeline), lambda r: r.onset)]
    for shown in range(len(groups), 0, -1):
        said = " → ".join(f"{_several(names)} {utc(at)}" for at, names in groups[:shown])
        more = sum(len(names) for _, names in groups[shown:])
        text = f"First signs: {said}{f', {more} later' if more else ''}"
        if len(text) <= most:
            return text
    return f"First signs of {len(order(timeline))} services from {utc(groups[0][0])}" if groups else "No first signs"


def _several(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMES])
    return f"{shown} and {len(names) - NAMES} more" if len(names) > NAMES else shown


def alternative(timeline: Timeline) -> str:
    """What the picture shows, for people who do not see it."""
    span = window(timeline)
    parts = [
        f"Timeline of {len(timeline.rows)} services, {utc(span.start, seconds=False)} to {utc(span.end, seconds=False)}"
    ]
    for row in order(timeline):
        word = standing(row)
        parts.append(f"{row.service}{f' ({word})' if word else ''} first sign at {utc(row.onset or 0.0)}")
    parts += [f"{r.service}: {undated(r)}" for r in timeline.rows if r.onset is None]
    if timeline.onset is not None:
        parts.append(f"the incident begins at {utc(timeline.onset)}")
    parts.append(f"alert at {utc(timeline.alerted_at)}")
    parts += [f"marked {mark.label} at {utc(mark.at)}" for mark in timeline.marks]
    if timeline.edges:
        parts.append("calls: " + ", ".join(f"{caller} to {callee}" for caller, callee in timeline.edges))
    return "; ".join(parts) + "."


def in_words(timeline: Timeline) -> str:
    """The order in one line, where no picture can be shown: `inventory (cause) → checkout (symptom)`."""
    return " → ".join(f"{r.service}{f' ({word})' if (word := standing(r)) else ''}" for r in order(timeline))
