"""Which rows of a service make two arms: by track, version, flag, zone, or by the pods that a deploy brought."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from clew.causal.grid import step_of
from clew.causal.ruling import Kind
from clew.causal.say import several, within
from clew.evidence import Change
from clew.tables import Floats, SeriesKey

_CANARY = frozenset(("canary", "candidate", "preview"))
_PLACES = ("zone", "region")
_OFF = frozenset(("off", "false", "0", "no", "disabled", "control"))
_TOKEN = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_VERSION = re.compile(r"v?\d+(?:[._-]\d+)*")
_NAME = 80
"""Characters of an arm's name: labels come from outside and may be long."""
_SHORTEST_HASH = 7
_ROLLOUT = 900.0
"""Pods that appear later than this after a deploy were brought by something else, seconds."""
_ARMS = 400
"""Places of one service that are compared at most."""


class Split(NamedTuple):
    """Two sets of rows to compare. `looks` is how many sets the treated one was picked from."""

    kind: Kind
    treated: tuple[int, ...]
    control: tuple[int, ...]
    named: tuple[str, str]
    looks: int = 1


class Rows(NamedTuple):
    """The rows of one metric of one service; `values` (R, T)."""

    keys: tuple[SeriesKey, ...]
    values: Floats

    def labelled(self, name: str) -> dict[str, tuple[int, ...]]:
        """Rows (from 0) by their value of a label, values in order; rows without it are left out."""
        found: dict[str, list[int]] = defaultdict(list)
        for row, key in enumerate(self.keys):
            value = dict(key.labels).get(name, "")
            if value:
                found[value].append(row)
        return {value: tuple(rows) for value, rows in sorted(found.items())}

    def instances(self) -> dict[str, tuple[int, ...]]:
        """Rows (from 0) by instance, in order; rows of no instance are left out."""
        found: dict[str, list[int]] = defaultdict(list)
        for row, key in enumerate(self.keys):
            if key.instance:
                found[key.instance].append(row)
        return {name: tuple(rows) for name, rows in sorted(found.items())}


def made_by(change: Change, rows: Rows, times: Floats, until: float) -> Split | None:
    """The two arms that a change made of a service's rows; None if all rows are alike to it. `until` is when the next deploy came."""
    said = _tokens(change)
    if change.what == "flag":
        return _flagged(change, rows) or _placed(said, rows)
    if change.what != "deploy":
        return _placed(said, rows)
    last = not np.isfinite(until) or bool(_CANARY & _words(change.title))
    return (
        _versions(change, said, rows)
        or (_canary(rows) if last else None)
        or _placed(said, rows)
        or _fresh(change, rows, times, until)
    )


def places(rows: Rows, rise: Floats) -> tuple[Split, ...]:
    """The zones that got worse against the others, and the few of three or more instances that did. `rise` is per row; NaN never wins."""
    zones = (_worst(Kind.ZONE, rows.labelled(name), rise, (2, 1 / 2)) for name in _PLACES)
    found = (next((split for split in zones if split), None), _worst(Kind.INSTANCE, rows.instances(), rise, (3, 1 / 3)))
    return tuple(split for split in found if split)


def _worst(kind: Kind, arms: dict[str, tuple[int, ...]], rise: Floats, least: tuple[int, float]) -> Split | None:
    """Those that rose at least half as much as the one that rose most, if they are no larger a part of all than `least` allows."""
    fewest, share = least
    height = {name: float(np.max(np.nan_to_num(rise[list(rows)], nan=-np.inf))) for name, rows in arms.items()}
    top = max(height.values(), default=0.0)
    mine = [name for name, up in height.items() if up > 0.5 * top]
    if top <= 0 or not fewest <= len(arms) <= _ARMS or len(mine) > share * len(arms):
        return None
    return _against(kind, arms, mine, (f"{several(mine, 2)} of {len(arms)}", "the others"))._replace(looks=len(arms))


def _canary(rows: Rows) -> Split | None:
    """Rows that call themselves a canary, by a track or by their instance's name."""
    for arms in (rows.labelled("track"), rows.instances()):
        mine = [name for name in arms if _CANARY & _words(name)]
        if mine and len(mine) < len(arms):
            return _against(Kind.CANARY, arms, mine, (several(mine, 2), _rest(arms, mine)))
    return None


def _versions(change: Change, said: frozenset[str], rows: Rows) -> Split | None:
    """Rows of the version that a deploy names, or of the commit that it brought out."""
    arms = rows.labelled("version")
    mine = [name for name in arms if _is(name, change, said)]
    if not mine or len(mine) == len(arms):
        return None
    return _against(Kind.CANARY, arms, mine, (several(mine, 2), _rest(arms, mine)))


def _is(version: str, change: Change, said: frozenset[str]) -> bool:
    bare = version.lower()
    if bare in said or bare.removeprefix("v") in {
        token.removeprefix("v") for token in said if _VERSION.fullmatch(token)
    }:
        return True
    commit = (change.commit or "").lower()
    return len(bare) >= _SHORTEST_HASH and bool(commit) and (commit.startswith(bare) or bare.startswith(commit))


def _placed(said: frozenset[str], rows: Rows) -> Split | None:
    """Rows of the zone that a change names."""
    for label in _PLACES:
        arms = rows.labelled(label)
        mine = [name for name in arms if name.lower() in said]
        if mine and len(mine) < len(arms):
            return _against(Kind.ZONE, arms, mine, (several(mine, 2), _rest(arms, mine)))
    return None


def _flagged(change: Change, rows: Rows) -> Split | None:
    """Rows with the flag on against rows with it off, whichever of them the change made."""
    name, _, state = change.title.partition(":")
    after = state.rpartition("->")[2].strip().lower()
    arms = {
        value: mine
        for value, mine in rows.labelled("flag").items()
        if not re.search(r"[=:]", value) or re.split(r"[=:]", value)[0].strip().lower() == name.strip().lower()
    }
    off = [value for value in arms if re.split(r"[=:]", value)[-1].strip().lower() in _OFF]
    on = [value for value in arms if value not in off]
    mine = off if after in _OFF else on
    if not off or not on:
        return None
    told = f"{name.strip()[:40]} off", f"{name.strip()[:40]} on"
    return _against(Kind.FLAG, arms, mine, told if mine is off else (told[1], told[0]))


def _fresh(change: Change, rows: Rows, times: Floats, until: float) -> Split | None:
    """Pods that came with the deploy against pods that were there before and stayed."""
    if not len(times):
        return None
    arms, leeway = rows.instances(), step_of(times)
    first: dict[str, float] = {}
    last: dict[str, float] = {}
    for name, mine in arms.items():
        there = np.flatnonzero(np.isfinite(rows.values[list(mine)]).any(axis=0))
        if len(there):
            first[name], last[name] = float(times[there[0]]), float(times[there[-1]])
    fresh = [
        name
        for name, at in first.items()
        if max(change.at - leeway, float(times[0]) + leeway) < at < min(until, change.at + _ROLLOUT)
    ]
    stayed = [name for name in first if name not in fresh and last[name] > change.at + leeway]
    if not fresh or not stayed:
        return None
    kept = {name: arms[name] for name in (*fresh, *stayed)}
    return _against(Kind.CANARY, kept, fresh, (_pods("new", fresh), _pods("old", stayed)))


def _pods(age: str, names: Sequence[str]) -> str:
    return f"the {age} pod {names[0]}" if len(names) == 1 else f"{len(names)} {age} pods"


def _against(kind: Kind, arms: dict[str, tuple[int, ...]], mine: Iterable[str], named: tuple[str, str]) -> Split:
    chosen = set(mine)
    told = within(named[0], _NAME), within(named[1], _NAME)
    treated = tuple(row for name in arms if name in chosen for row in arms[name])
    control = tuple(row for name in arms if name not in chosen for row in arms[name])
    return Split(kind, treated, control, told)


def _rest(arms: dict[str, tuple[int, ...]], mine: Sequence[str]) -> str:
    return several([name for name in arms if name not in mine], 2)


def _words(text: str) -> set[str]:
    return set(re.split(r"[^a-z]+", text.lower()))


def _tokens(change: Change) -> frozenset[str]:
    return frozenset(_TOKEN.findall(change.title.lower()))
