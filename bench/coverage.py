"""Does the counterfactual's 90 % interval hold the truth as often as it says, and does it claim effects where none were planted?"""

import asyncio
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.signals import KINDS
from clew.causal.counterfactual import counterfactual
from clew.causal.course import Course, course
from clew.causal.grid import regular
from clew.causal.meaning import Meaning, meaning
from clew.causal.stretch import stretch
from clew.hypothesis import Effect
from clew.incident import Window
from clew.ports import Era, MetricSource
from clew.tables import Matrix
from tools.case import case_incident
from tools.recorded import recorded_sources

_STEP = 60.0


@dataclass(frozen=True, eq=False)
class Probe:
    """One signal with a known quiet world: `course` shows it, the event is at `onset`, `truth` is the mean without the event."""

    kind: str
    course: Course
    onset: float
    end: float
    before: int
    truth: float


def planted(kind: str, before: int, rng: np.random.Generator, effect: float) -> Probe:
    """A made series; the effect is so many standard deviations of the past (at least 5 % of the level) on top of the quiet world."""
    after = 7 if kind in ("a surge moves all", "a peer is hit too") else int(rng.integers(5, 11))
    values, peers = KINDS[kind](rng, before + after)
    times = 1_700_000_000.0 + _STEP * np.arange(before + after, dtype=np.float64)
    return _probe(kind, Course(times, values, "signal", "", "web", peers), (before, after), effect)


def _probe(kind: str, quiet: Course, split: tuple[int, int], effect: float) -> Probe:
    before, after = split
    onset, end = float(quiet.times[before]), float(quiet.times[before + after - 1])
    truth = float(stretch(quiet, onset, end).shown.mean())
    size = effect * (float(np.nanstd(quiet.values[:before])) + 0.05 * abs(float(np.nanmean(quiet.values[:before]))))
    shown = quiet.values + np.where(np.arange(len(quiet.values)) >= before, size, 0.0)
    return Probe(kind, replace(quiet, values=shown), onset, end, before, truth)


async def recorded(folders: list[Path], rng: np.random.Generator, count: int, effect: float) -> list[Probe]:
    """Quiet stretches of real histories: random series, random times, all before the alert, beside the alert's own minutes."""
    out: list[Probe] = []
    for folder in folders:
        brief = case_incident(folder)
        window = Window(start=brief.alerted_at - 6 * 3600.0, end=brief.alerted_at + 60.0)
        for source in recorded_sources(folder):
            if isinstance(source, MetricSource):
                now, usual = [regular(await source.matrix(window, era)) for era in (Era.NOW, Era.NORMAL)]
                name = f"real: {folder.parent.name}"
                out += _cut(name, _until(now, brief.alerted_at - 900.0), rng, effect, count)
                out += _cut(name, usual, rng, effect, count)
                out += _short(f"{name}, a short past", usual, rng, effect, count)
    return out


def _until(grid: Matrix, last: float) -> Matrix:
    """The part of the matrix before `last`, Unix seconds."""
    early = grid.times < last
    return Matrix(grid.times[early], grid.keys, grid.values[:, early])


def _rows(grid: Matrix) -> list[int]:
    """The rows of signals that people notice; gauges of machines are not what an incident is about."""
    wanted = (Meaning.LATENCY, Meaning.ERRORS, Meaning.AVAILABILITY, Meaning.TRAFFIC)
    return [row for row, key in enumerate(grid.keys) if meaning(key.metric, key.unit) in wanted]


def _cut(kind: str, grid: Matrix, rng: np.random.Generator, effect: float, count: int) -> list[Probe]:
    """Random stretches of random rows, with 8 to 240 samples before the event."""
    room, rows = len(grid.times), _rows(grid)
    out: list[Probe] = []
    for _ in range(count if rows and room >= 16 else 0):
        row = rows[int(rng.integers(len(rows)))]
        after = int(rng.integers(5, 11))
        before = int(min(room - after, np.exp(rng.uniform(np.log(10), np.log(240)))))
        if before < 8:
            continue
        first = int(rng.integers(0, room - after - before + 1))
        out += _piece(kind, course(grid, row), (first, before, after), effect)
    return out


def _short(kind: str, usual: Matrix, rng: np.random.Generator, effect: float, count: int) -> list[Probe]:
    """One to seven samples before the event, out of the last third of a reference, and its first two thirds to stand in for a past."""
    split, rows = 2 * len(usual.times) // 3, _rows(usual)
    earlier, later = (
        Matrix(usual.times[part], usual.keys, usual.values[:, part]) for part in (slice(split), slice(split, None))
    )
    out: list[Probe] = []
    for _ in range(count if rows and len(later.times) >= 12 else 0):
        before, row = int(rng.integers(1, 8)), rows[int(rng.integers(len(rows)))]
        first = int(rng.integers(0, len(later.times) - before - 3 + 1))
        out += _piece(kind, course(later, row, normal=earlier), (first, before, 3), effect)
    return out


def _piece(kind: str, whole: Course, at: tuple[int, int, int], effect: float) -> list[Probe]:
    """The probe of one stretch, if there is anything in it."""
    first, before, after = at
    part = slice(first, first + before + after)
    cut = replace(whole, times=whole.times[part], values=whole.values[part], peers=whole.peers[:, part])
    if np.isfinite(cut.values[:before]).any() and np.isfinite(cut.values[before]):
        return [_probe(kind, cut, (before, after), effect)]
    return []


@dataclass(frozen=True, slots=True)
class Tally:
    """How one kind went: probes, those with 30 samples before the event, answers withheld, truths inside, effects claimed."""

    asked: int = 0
    long: int = 0
    silent: int = 0
    silent_long: int = 0
    inside: int = 0
    claimed: int = 0

    def plus(self, probe: Probe, effect: Effect) -> "Tally":
        """The tally with one more answer."""
        told = effect.low is not None and effect.high is not None
        inside = effect.low is not None and effect.high is not None and effect.low <= probe.truth <= effect.high
        long = probe.before >= 30
        return Tally(
            self.asked + 1,
            self.long + long,
            self.silent + (not told),
            self.silent_long + (long and not told),
            self.inside + inside,
            self.claimed + effect.claimed,
        )


def answered(probe: Probe) -> Effect:
    """What the product says of a probe."""
    return counterfactual(probe.course, probe.onset, probe.end)


def main() -> None:
    """`python -m bench.coverage [CASES] [COUNT]`: without a folder only made series are asked about."""
    out = Console(width=120)
    arguments = sys.argv[1:]
    count = int(arguments.pop()) if arguments and arguments[-1].isdigit() else 120
    rng = np.random.default_rng(20260101)
    folders = [file.parent for root in arguments for file in sorted(Path(root).rglob("incident.json"))]
    quiet: dict[str, Tally] = {}
    loud: dict[str, Tally] = {}
    for effect, into in ((0.0, quiet), (4.0, loud)):
        probes = [
            planted(kind, int(np.exp(rng.uniform(np.log(10), np.log(240)))), rng, effect)
            for kind in KINDS
            for _ in range(count)
        ]
        if folders:
            probes += asyncio.run(recorded(folders, rng, max(1, count // 20), effect))
        for probe in probes:
            into[probe.kind] = into.get(probe.kind, Tally()).plus(probe, answered(probe))
    out.print(_table(quiet, loud))


def _table(quiet: dict[str, Tally], loud: dict[str, Tally]) -> Table:
    table = Table(title="counterfactual: coverage of the 90 % interval, false claims, power")
    for title in (
        "kind",
        "asked",
        "covered",
        "covered (effect)",
        "false claims",
        "found (4 sd)",
        "can't tell",
        "... of 30+",
    ):
        table.add_column(title, justify="left" if title == "kind" else "right")
    for kind in (*quiet, "all"):
        a, b = (_sum(side) if kind == "all" else side[kind] for side in (quiet, loud))
        table.add_row(
            kind,
            str(a.asked + b.asked),
            *(f"{100 * t.inside / max(1, t.asked - t.silent):.1f} %" for t in (a, b)),
            f"{100 * a.claimed / a.asked:.1f} %",
            f"{100 * b.claimed / b.asked:.1f} %",
            f"{100 * (a.silent + b.silent) / (a.asked + b.asked):.1f} %",
            f"{100 * (a.silent_long + b.silent_long) / max(1, a.long + b.long):.1f} %",
        )
    return table


def _sum(side: dict[str, Tally]) -> Tally:
    every = list(side.values())
    return Tally(
        *(
            sum(getattr(t, name) for t in every)
            for name in ("asked", "long", "silent", "silent_long", "inside", "claimed")
        )
    )


if __name__ == "__main__":
    main()
