"""How often does a natural experiment blame a change that did nothing, and how often does it find one that did?"""

import asyncio
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.worlds import START, STEP, WORLDS, Rng, World, autoregression, noisy
from clew.causal.experiment import experiments
from clew.causal.meaning import Meaning, meaning
from clew.causal.ruling import Experiment, Kind, Ruling
from clew.evidence import Change
from clew.incident import Signal, Symptom, Window
from clew.ports import MetricSource
from clew.tables import Floats, Matrix, SeriesKey
from tools.case import case_incident
from tools.recorded import recorded_sources

_BAR = 0.05
_BY_CHANCE = 0.25
"""A shock that ends by itself just when a change is undone cannot be told from one that was ended: one reversal proves nothing."""


def ruled(world: World) -> Experiment | None:
    """The experiment on the deploy of that world, through the product's own search."""
    deploy = Change(ref="d1", what="deploy", at=START, service="pay", title="deploy pay v42")
    symptom = Symptom(service="pay", signal=Signal.LATENCY if world.unit == "s" else Signal.ERRORS)
    found = experiments(world.matrix(), (deploy,), START, symptom)
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


def _reversal(rng: Rng, planted: str, step: float = STEP) -> Experiment | None:
    """A flag goes on, off and perhaps on again; the signal follows it, follows a shock of its own, or follows nothing."""
    count = 75
    times = START + step * np.arange(count, dtype=np.float64)
    on, off, again = 40, 52, 64
    signal: Floats = 0.1 * np.exp(0.15 * autoregression(rng, count, 0.6))
    held = np.zeros(count, dtype=bool)
    if planted.startswith("follows"):
        held[on:off] = True
        held[again:] = planted.endswith("twice")
    elif planted.startswith("shock of its own"):
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


def _places(rng: Rng, sick: int, step: float = STEP) -> Experiment | None:
    """Eight pods and a shock: in all of them (0) or in so many."""
    later = np.concatenate((np.zeros(60), np.ones(15)))
    world = noisy(0.6, pods=8)(rng, later)
    hit = np.arange(8)[:, None] < (sick or 8)
    values = np.where(hit & (later > 0), 4.0, 1.0) * world.stable
    keys = tuple(SeriesKey("pay", f"pod-{i}", "latency-p95", "s") for i in range(8))
    times = START + step * (np.arange(75, dtype=np.float64) - 60)
    found = experiments(Matrix(times, keys, values), (), START, Symptom(service="pay", signal=Signal.LATENCY))
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
        ("reversal", "a shock of its own, made again", lambda rng: _reversal(rng, "shock of its own, twice"), False),
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


async def recorded(folders: Sequence[Path], console: Console) -> bool:
    """Pairs of series of one metric from the quiet hours of recorded cases, as if two arms of one service, with a deploy that was none."""
    seen: Counter[str] = Counter()
    for folder in folders:
        for source in recorded_sources(folder):
            if isinstance(source, MetricSource):
                alerted = case_incident(folder).alerted_at
                quiet = await source.matrix(Window(start=alerted - 6 * 3600.0, end=alerted - 600.0))
                seen += _pairs(quiet, np.random.default_rng(len(quiet.keys)))
    blamed = seen[Ruling.FOR] / max(1, seen.total())
    told = f"against {seen[Ruling.AGAINST]}, can't tell {seen[Ruling.UNKNOWN]}"
    console.print(f"Recorded quiet pairs: blamed {seen[Ruling.FOR]} of {seen.total()} ({blamed:.1%}); {told}")
    return blamed <= _BAR


def _pairs(quiet: Matrix, rng: Rng) -> Counter[str]:
    """Rulings on up to 40 pairs of rows that measure the same, with a start two thirds through."""
    out: Counter[str] = Counter()
    times = np.unique(quiet.times)
    if len(times) < 20:
        return out
    rows: dict[str, list[int]] = defaultdict(list)
    for row, key in enumerate(quiet.keys):
        if meaning(key.metric, key.unit) in (Meaning.LATENCY, Meaning.ERRORS, Meaning.AVAILABILITY):
            rows[key.metric].append(row)
    pairs = [pair for mine in rows.values() for pair in combinations(mine, 2)]
    start = float(times[2 * len(times) // 3])
    deploy = Change(ref="d1", what="deploy", at=start, service="pay", title="deploy pay")
    for place in rng.permutation(len(pairs))[:40]:
        arms = [quiet.keys[row] for row in pairs[place]]
        keys = tuple(
            SeriesKey("pay", t, k.metric, k.unit, (("track", t),))
            for k, t in zip(arms, ("stable", "canary"), strict=True)
        )
        matrix = Matrix(quiet.times, keys, quiet.values[list(pairs[place])])
        found = experiments(matrix, (deploy,), start, Symptom(service="pay"))
        out.update(one.ruling.value for one in found if one.change == "d1")
    return out


def main(rounds: int, folders: Sequence[Path]) -> int:
    """Prints the tables; 0 if nothing innocent is blamed more often than the bar."""
    console = Console(width=120)
    console.print(f"{rounds} rounds each, one sample a minute, 15 samples after the start\n")
    good = arms(rounds, console) & others(rounds, console)
    if folders:
        good &= asyncio.run(recorded(folders, console))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200, [Path(name) for name in sys.argv[2:]]))
