"""How often does a natural experiment blame a change that did nothing, and how often does it find one that did?"""

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from rich.console import Console
from rich.table import Table

from clew.causal.experiment import experiments
from clew.causal.ruling import Experiment, Ruling
from clew.evidence import Change
from clew.incident import Signal, Symptom
from clew.tables import Floats, Matrix, SeriesKey

_STEP = 60.0
_START = 1_000_000.0
_BAR = 0.05
Rng = np.random.Generator


@dataclass(frozen=True, eq=False)
class World:
    """Two arms of one service on one grid, nothing planted yet; `later` marks the incident."""

    stable: Floats
    """(R, T): one row per pod."""
    canary: Floats
    """(R, T); NaN where a pod did not exist yet."""
    later: Floats
    unit: str = "s"
    load: Floats | None = None
    """Requests of each pod, (R, T), stable first."""
    redrawn: Callable[[float], Floats] | None = None
    """Draws the canary anew, so many times worse: a count of none is none however often it is taken."""

    def planted(self, times: float) -> "World":
        """The same with the canary so many times worse from the start on."""
        if self.redrawn is not None:
            return replace(self, canary=self.redrawn(times))
        return replace(self, canary=np.where(self.later > 0, self.canary * times, self.canary))

    def matrix(self) -> Matrix:
        """As a source would hand it over."""
        metric = "latency-p95" if self.unit == "s" else "error_ratio"
        keys: list[SeriesKey] = []
        for track, rows in (("stable", self.stable), ("canary", self.canary)):
            keys += [SeriesKey("pay", f"{track}-{i}", metric, self.unit, (("track", track),)) for i in range(len(rows))]
        values = [*self.stable, *self.canary]
        if self.load is not None:
            keys += [SeriesKey("pay", key.instance, "requests", "1/s", key.labels) for key in keys]
            values += [*self.load]
        return Matrix(
            _START + _STEP * (np.arange(self.stable.shape[1]) - np.sum(self.later == 0)), tuple(keys), np.stack(values)
        )


Maker = Callable[[Rng, Floats], World]
"""Makes a world whose arms differ in nothing but what its name says."""


def _ar(rng: Rng, count: int, keep: float) -> Floats:
    fresh, out = rng.standard_normal(count) * np.sqrt(1 - keep**2), np.empty(count)
    level = rng.standard_normal()
    for i in range(count):
        level = keep * level + fresh[i]
        out[i] = level
    return out


def _noisy(keep: float, spread: float = 0.15, shock: float = 1.0, pods: int = 2) -> Maker:
    """Latency with memory of its own in each pod, pods a tenth apart; `shock` hits all of them."""

    def made(rng: Rng, later: Floats) -> World:
        rows = np.stack([_ar(rng, len(later), keep) for _ in range(pods + 1)])
        level = 0.1 * np.exp(0.1 * rng.standard_normal((pods + 1, 1)))
        values = level * np.exp(spread * rows) * np.where(later > 0, shock, 1.0)
        return World(values[:pods], values[pods:], later)

    return made


def _bursty(rng: Rng, later: Floats) -> World:
    """Each pod now and then has minutes of fivefold latency of its own, with heavy tails throughout."""
    values = 0.1 * (1.0 + 0.3 * rng.pareto(2.5, (3, len(later))))
    for row in values:
        for at in np.flatnonzero(rng.random(len(row)) < 0.02):
            row[at : at + int(rng.integers(1, 7))] *= 5.0
    return World(values[:2], values[2:], later)


def _additive(rng: Rng, later: Floats) -> World:
    """A shared dependency adds the same to arms that were not equally fast."""
    world = _noisy(0.5)(rng, later)
    added = np.where(later > 0, 0.4, 0.0)
    return World(world.stable + added, 0.6 * world.canary + added, later)


def _surge(rng: Rng, later: Floats) -> World:
    """Three times the traffic on all pods, and latency that rises with it."""
    load = 30.0 * np.exp(0.1 * rng.standard_normal((3, len(later)))) * np.where(later > 0, 3.0, 1.0)
    values = 0.1 * np.exp(0.15 * rng.standard_normal((3, len(later)))) * (load / 30.0) ** 1.5
    return World(values[:2], values[2:], later, load=load)


def _counted(shock: float) -> Maker:
    """Errors of few requests: the canary gets one in twenty."""

    def made(rng: Rng, later: Floats) -> World:
        share = 0.004 * np.where(later > 0, shock, 1.0)

        def drawn(mean: float, times: float) -> Floats:
            requests = rng.poisson(mean, len(later))
            return rng.binomial(requests, np.minimum(1.0, share * np.where(later > 0, times, 1.0))) / np.maximum(
                requests, 1
            )

        stable = np.stack([drawn(1200.0, 1.0) for _ in range(2)])
        return World(stable, drawn(120.0, 1.0)[None, :], later, "", redrawn=lambda times: drawn(120.0, times)[None, :])

    return made


def _drifting(rng: Rng, later: Floats) -> World:
    """The canary leaks: it was getting slower long before."""
    world = _noisy(0.3)(rng, later)
    return replace(world, canary=world.canary * np.exp(1.5 * np.linspace(0, 1, len(later))))


def _walking(rng: Rng, later: Floats) -> World:
    """Levels that wander for good."""
    values = 0.1 * np.exp(0.05 * np.cumsum(rng.standard_normal((3, len(later))), axis=1))
    return World(values[:2], values[2:], later)


def _seasonal(rng: Rng, later: Floats) -> World:
    """A shared wave of an hour with noise of each pod's own."""
    wave = 1.0 + 0.6 * np.sin(np.arange(len(later)) / 60.0 * 2 * np.pi + rng.uniform(0, 6))
    world = _noisy(0.5)(rng, later)
    return World(world.stable * wave, world.canary * wave, later)


def _fresh(shock: float, cold: float = 1.0) -> Maker:
    """A canary that came with the deploy; `cold` is how much slower its first three minutes are."""

    def made(rng: Rng, later: Floats) -> World:
        world = _noisy(0.5, shock=shock, pods=4)(rng, later)
        since = np.cumsum(later > 0)
        warm = np.where((since > 0) & (since <= 3), cold, 1.0)
        return replace(world, canary=np.where(later > 0, world.canary * warm, np.nan))

    return made


WORLDS: dict[str, Maker] = {
    "white": _noisy(0.0),
    "memory 0.5": _noisy(0.5),
    "memory 0.8": _noisy(0.8),
    "memory 0.95": _noisy(0.95),
    "wandering": _walking,
    "bursts": _bursty,
    "hourly wave": _seasonal,
    "drifting canary": _drifting,
    "shared shock x5": _noisy(0.5, shock=5.0),
    "shared shock, additive": _additive,
    "shared traffic x3": _surge,
    "few errors": _counted(1.0),
    "few errors, shared x10": _counted(10.0),
    "new canary": _fresh(1.0),
    "new canary, shared x5": _fresh(5.0),
    "new canary, cold x4": _fresh(1.0, cold=4.0),
}


def ruled(world: World) -> Experiment | None:
    """The experiment on the deploy of that world, through the product's own search."""
    deploy = Change(ref="d1", what="deploy", at=_START, service="pay", title="deploy pay v42")
    symptom = Symptom(service="pay", signal=Signal.LATENCY if world.unit == "s" else Signal.ERRORS)
    found = experiments(world.matrix(), (deploy,), _START, symptom)
    return next((one for one in found if one.change == "d1"), None)


def _counts(name: str, times: float, rounds: int, before: int, after: int = 15) -> Counter[str]:
    later = np.concatenate((np.zeros(before), np.ones(after)))
    out: Counter[str] = Counter()
    for seed in range(rounds):
        found = ruled(WORLDS[name](np.random.default_rng([seed, before, len(name)]), later).planted(times))
        out["none" if found is None else found.ruling.value] += 1
    return out


def main(rounds: int, console: Console) -> bool:
    """Prints the table; false if any world in which nothing differs is blamed more often than one time in twenty."""
    table = Table(
        "arms",
        "before",
        "for",
        "against",
        "x1.5 for",
        "x3 for",
        "x10 for",
        "x10 against",
        title=f"{rounds} rounds each, {_STEP:g} s, 15 samples after",
    )
    whole: Counter[str] = Counter()
    good = True
    for name in WORLDS:
        for before in (12, 60):
            none = _counts(name, 1.0, rounds, before)
            planted = [_counts(name, times, max(20, rounds // 4), before) for times in (1.5, 3.0, 10.0)]
            shares = [f"{c[Ruling.FOR] / c.total():.0%}" for c in planted]
            worst = none[Ruling.FOR] / none.total()
            good &= worst <= _BAR
            whole += none
            table.add_row(
                name,
                str(before),
                f"{worst:.1%}",
                f"{none[Ruling.AGAINST] / none.total():.0%}",
                *shares,
                f"{planted[2][Ruling.AGAINST] / planted[2].total():.0%}",
            )
    console.print(table)
    console.print(
        f"Blamed where nothing differs: {whole[Ruling.FOR] / whole.total():.2%} of {whole.total()}; the bar is {_BAR:.0%} in each world."
    )
    return good


if __name__ == "__main__":
    sys.exit(0 if main(int(sys.argv[1]) if len(sys.argv) > 1 else 200, Console(width=120)) else 1)
