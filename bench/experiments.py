"""How often does a natural experiment blame a change that did nothing, and how often does it find one that did?"""

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from rich.console import Console
from rich.table import Table

from clew.causal.experiment import experiments
from clew.causal.ruling import Experiment, Kind, Ruling
from clew.evidence import Change
from clew.incident import Signal, Symptom
from clew.tables import Floats, Matrix, SeriesKey

_STEP = 60.0
_START = 1_000_000.0
_BAR = 0.05
_BY_CHANCE = 0.25
"""A shock that ends by itself just when a change is undone cannot be told from one that was ended: one reversal proves nothing."""
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
    rate: float = 0.0
    """The share of errors that such a canary has of itself after the start."""

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
        return World(
            stable,
            drawn(120.0, 1.0)[None, :],
            later,
            "",
            redrawn=lambda times: drawn(120.0, times)[None, :],
            rate=0.004 * shock,
        )

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
    """Rulings over the rounds, and under `held` how often the 90 % interval holds what was planted."""
    later = np.concatenate((np.zeros(before), np.ones(after)))
    out: Counter[str] = Counter()
    for seed in range(rounds):
        quiet = WORLDS[name](np.random.default_rng([seed, before, len(name)]), later)
        found = ruled(quiet.planted(times))
        out["none" if found is None else found.ruling.value] += 1
        if found is not None and found.low is not None and found.high is not None:
            out["bounded"] += 1
            out["held"] += found.low <= _planted(quiet, times) <= found.high
    return out


def _planted(quiet: World, times: float) -> float:
    """What was added to the canary in levels: the difference of its middle levels with and without."""
    if quiet.redrawn is not None:
        return (times - 1.0) * quiet.rate * 100.0
    late = np.sort(np.nanmedian(quiet.canary[:, quiet.later > 0], axis=0))
    cut = len(late) // 5
    return (times - 1.0) * float(late[cut : len(late) - cut].mean())


def _reversal(rng: Rng, planted: str, step: float = _STEP) -> Experiment | None:
    """A flag goes on, off and perhaps on again; the signal follows it, follows a shock of its own, or follows nothing."""
    count = 75
    times = _START + step * np.arange(count, dtype=np.float64)
    on, off, again = 40, 52, 64
    signal: Floats = 0.1 * np.exp(0.15 * _ar(rng, count, 0.6))
    held = np.zeros(count, dtype=bool)
    if planted.startswith("follows"):
        held[on:off] = True
        held[again:] = planted.endswith("twice")
    elif planted == "shock of its own":
        begin = on + int(rng.integers(0, 4))
        held[begin : begin + int(rng.integers(4, 30))] = True
    elif planted == "stays":
        held[on:] = True
    signal = signal * np.where(held, 4.0, 1.0)
    moves = [(on, "off -> on"), (off, "on -> off"), (again, "off -> on")][: 3 if planted.endswith("twice") else 2]
    flags = tuple(
        Change(ref=f"f{i}", what="flag", at=float(times[at]), service="pay", title=f"fast_path: {state}")
        for i, (at, state) in enumerate(moves)
    )
    onset = float(times[np.flatnonzero(held)[0]]) if held.any() else float(times[on])
    matrix = Matrix(times, (SeriesKey("pay", "", "latency-p95", "s"),), signal[None, :])
    found = experiments(matrix, flags, onset, Symptom(service="pay", signal=Signal.LATENCY))
    return next((one for one in found if one.kind is Kind.REVERSAL), None)


def _places(rng: Rng, sick: int, step: float = _STEP) -> Experiment | None:
    """Eight pods and a shock: in all of them (0) or in so many."""
    later = np.concatenate((np.zeros(60), np.ones(15)))
    world = _noisy(0.6, pods=8)(rng, later)
    hit = np.arange(8)[:, None] < (sick or 8)
    values = np.where(hit & (later > 0), 4.0, 1.0) * world.stable
    keys = tuple(SeriesKey("pay", f"pod-{i}", "latency-p95", "s") for i in range(8))
    times = _START + step * (np.arange(75, dtype=np.float64) - 60)
    found = experiments(Matrix(times, keys, values), (), _START, Symptom(service="pay", signal=Signal.LATENCY))
    return next((one for one in found if one.kind is Kind.INSTANCE), None)


def _word(found: Experiment | None) -> str:
    return "nothing" if found is None else "proven" if found.proven else found.ruling.value


def arms(rounds: int, console: Console) -> bool:
    """Prints what two arms come to; false if any world in which nothing differs is blamed more often than one time in twenty."""
    table = Table("arms", "past", "for", "against", "x1.5 for", "x3 for", "x10 for", "x10 against", "90 % holds")
    whole: Counter[str] = Counter()
    good = True
    for name in WORLDS:
        for before in (12, 60):
            none = _counts(name, 1.0, rounds, before)
            planted = [_counts(name, times, max(20, rounds // 4), before) for times in (1.5, 3.0, 10.0)]
            shares = [f"{c[Ruling.FOR] / _ruled(c):.0%}" for c in planted]
            held = none + planted[1]
            good &= none[Ruling.FOR] <= _BAR * _ruled(none)
            whole += none
            table.add_row(
                name,
                str(before),
                f"{none[Ruling.FOR] / _ruled(none):.1%}",
                f"{none[Ruling.AGAINST] / _ruled(none):.0%}",
                *shares,
                f"{planted[2][Ruling.AGAINST] / _ruled(planted[2]):.0%}",
                f"{held['held'] / max(1, held['bounded']):.0%}",
            )
    console.print(table)
    share = whole[Ruling.FOR] / _ruled(whole)
    console.print(
        f"Blamed where nothing differs: {share:.2%} of {_ruled(whole)}; the bar is {_BAR:.0%} in each world.\n"
    )
    return good


def _ruled(counts: Counter[str]) -> int:
    return sum(counts[word] for word in (*Ruling, "none"))


def others(rounds: int, console: Console) -> bool:
    """The same for reversals and for pods."""
    table = Table("experiment", "what happens", "blamed", "proven", "against", "not told")
    good = True
    cases: list[tuple[str, str, Callable[[Rng], Experiment | None], bool]] = [
        ("reversal", "follows nothing", lambda rng: _reversal(rng, "nothing"), False),
        ("reversal", "a shock of its own", lambda rng: _reversal(rng, "shock of its own"), False),
        ("reversal", "stays after the undoing", lambda rng: _reversal(rng, "stays"), False),
        ("reversal", "follows on and off", lambda rng: _reversal(rng, "follows"), True),
        ("reversal", "follows on, off and on", lambda rng: _reversal(rng, "follows twice"), True),
        ("pods", "all got worse", lambda rng: _places(rng, 0), False),
        ("pods", "half of them got worse", lambda rng: _places(rng, 4), False),
        ("pods", "one of eight got worse", lambda rng: _places(rng, 1), True),
    ]
    for kind, name, made, true in cases:
        seen = Counter(_word(made(np.random.default_rng([seed, len(name)]))) for seed in range(rounds))
        blamed = (seen["for"] + seen["proven"]) / rounds
        good &= true or blamed <= (_BY_CHANCE if name == "a shock of its own" else _BAR)
        table.add_row(
            kind,
            name,
            f"{blamed:.1%}",
            f"{seen['proven'] / rounds:.0%}",
            f"{seen['against'] / rounds:.0%}",
            f"{(seen[Ruling.UNKNOWN] + seen['nothing']) / rounds:.0%}",
        )
    console.print(table)
    return good


def main(rounds: int) -> int:
    """Prints both tables; 0 if nothing innocent is blamed more often than the bar."""
    console = Console(width=120)
    console.print(f"{rounds} rounds each, one sample a minute, 15 samples after the start\n")
    return 0 if arms(rounds, console) & others(rounds, console) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
