"""By what is a broken service named: the one clue that says most about its trouble, and the title made of it."""

from collections.abc import Sequence

from clew.causal.meaning import family, held_up
from clew.causal.say import gist, spoken, within
from clew.hypothesis import Clue

LIMIT = 80
_LEAST = 0.15
"""A clue below this names nothing."""
_NEAR = 0.7
"""Clues this close to the strongest are told apart by what they explain, not by their amounts."""
_FAINT = {"latency": 0.6, "stopped calls": 0.4}
"""A delay grows without end where a resource can only be full, and who is ill for whatever reason asks less: their worth beside others."""
_ORDER = (
    "external",
    "new errors",
    "spent",
    "held up",
    "edge",
    "self time",
    "waiting",
    "held",
    "resource",
    "failed spans",
    "stopped calls",
)
"""From what makes others suffer to what merely suffers."""
_LAST = ("longer way", "lost calls", "gone")
"""Told only where no level of latency or errors can be told instead."""
_RESOURCE = {
    "cpu": ("spent", "{s} burns CPU: {d}"),
    "memory": ("spent", "{s} fills its memory: {m} {d}"),
    "disk": ("spent", "{s} strains its disk: {m} {d}"),
    "waiting": ("waiting", "work queues up in {s}: {m} {d}"),
    "held": ("held", "{s} holds on to more than usual: {m} {d}"),
}


def lead(clues: Sequence[Clue]) -> Clue | None:
    """The clue that names the trouble; None if there are only effects (latency, errors), which name nothing.

    A spent processor or a blocked loop delays every call too, so it goes before a slow network that is seen no more clearly.
    """
    able = [c for c in clues if c.amount >= _LEAST]
    felt = any(c.channel in ("latency", "errors") for c in able)
    firm = [c for c in able if sort(c) and (sort(c) not in _LAST or not felt)]
    top = max((_strength(c) for c in firm), default=0.0)
    near = [c for c in firm if _strength(c) >= _NEAR * top]
    return min(near, key=lambda c: (_place(c), -c.amount, c.says), default=None)


def _strength(clue: Clue) -> float:
    return clue.amount * _FAINT.get(clue.channel, 1.0)


def sort(clue: Clue) -> str:
    """Which sort of trouble the clue shows, one of the words of the order above; empty for an effect."""
    if clue.channel == "resource":
        return _RESOURCE.get(family(clue.detail), ("resource", ""))[0]
    if clue.channel == "latency":
        return "held up" if held_up(clue.detail) else ""
    if clue.channel == "edge" and not clue.detail.startswith("network"):
        return "longer way"
    return clue.channel if clue.channel in (*_ORDER, *_LAST) else ""


def _place(clue: Clue) -> int:
    found = sort(clue)
    return _ORDER.index(found) if found in _ORDER else len(_ORDER)


def levels(clue: Clue) -> str:
    """`2 → 85 %` of a clue that was read from a series; empty if its sentence says no levels."""
    told = clue.says.removeprefix(f"{clue.service} {spoken(clue.detail)} ")
    return told.split(" from ")[0].split(" since ")[0] if told != clue.says and "→" in told else ""


def titled(service: str, told: Clue | None, effects: Sequence[Clue]) -> str:
    """The title, at most 80 characters: `cart burns CPU: 2 → 85 %`. `effects` help where nothing names the trouble."""
    if told is None:
        shown = next((c for c in effects if levels(c)), None)
        said = f"{service} misbehaves: {spoken(shown.detail)} {levels(shown)}" if shown else f"{service} misbehaves"
        return within(said, LIMIT)
    return within(_said(service, told), LIMIT)


def _said(service: str, told: Clue) -> str:
    match told.channel:
        case "resource":
            form = _RESOURCE.get(family(told.detail), ("", "{s} is strained: {m} {d}"))[1]
            return form.format(s=service, m=spoken(told.detail), d=levels(told)).rstrip(": ")
        case "latency":
            return f"{service} is held up: {spoken(told.detail)} {levels(told)}".rstrip(": ")
        case "edge":
            return told.detail or f"calls to {service} take longer on the way"
        case "self time":
            taken = told.says.removeprefix(f"{service} itself takes ")
            return f"{service} itself became slow{f': {taken}' if taken != told.says else ''}"
        case "new errors":
            return f"{service} fails with a new error: “{gist(told.detail)}”"
        case "external":
            return f"{service} (outside) fails"
        case "failed spans":
            said = told.says.partition(": ")[2]
            return f"calls fail inside {service}{f': {said}' if said else ''}"
        case "stopped calls":
            return f"{service} {told.says.removeprefix(f'{service} is still asked but ')}"
        case "lost calls":
            return f"{service} stopped making some of its calls"
        case _:
            return f"{service} stopped doing part of its work"
