"""How many series a second does the ranking judge, beside a published scorer on the same arrays, and how does its cost grow?"""

import importlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console

from bench.fleet import Fleet, name
from clew.causal.moment import Moment
from clew.causal.onset import moment
from clew.causal.priors import Priors
from clew.causal.rank import rank
from clew.causal.shift import series_clues
from clew.causal.summary import Summary, merged, summarise
from clew.causal.witness import gathered, witnesses
from clew.incident import Window
from clew.tables import Matrix

PACKAGE = "baro.root_cause_analysis"
LACKING = "The comparison needs the package fse-baro, which is not installed: pip install 'clew[bench]'"
LATE = 90.0
"""How long after the onset the alert comes, seconds."""
MAKING = "making the series, not counted"
PART = 200
"""Services summarised at once in the largest run."""
Ranker = Callable[[], tuple[str, ...]]


@dataclass(frozen=True)
class Race:
    """Series a second of both, round by round in turn."""

    series: int
    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratio(self) -> float:
        return float(np.median(self.ours) / np.median(self.theirs))


@dataclass(frozen=True)
class Places:
    """Where each put the sick service in every made-up incident, from 0."""

    ours: tuple[int, ...]
    theirs: tuple[int, ...]


@dataclass(frozen=True)
class Run:
    """One large fleet judged in parts: seconds of the processor by stage, seconds on the wall of the ranking, peak memory in bytes."""

    series: int
    processor: dict[str, float]
    wall: float
    peak: int
    first: str

    @property
    def seconds(self) -> float:
        """Of the processor, without making the series."""
        return sum(seconds for stage, seconds in self.processor.items() if stage != MAKING)


def told(fleet: Fleet) -> Moment:
    """The moment as a scorer is given it: the true onset."""
    times = fleet.times
    window = Window(start=float(times[0]), end=float(times[-1]))
    return Moment(onset=fleet.onset, window=window, alerted_at=fleet.onset + LATE)


def ours(fleet: Fleet, matrix: Matrix) -> tuple[str, ...]:
    """Services, best first, by the product's own summaries, clues and ranking; told the onset, as the other one is."""
    return _ranked(fleet, summarise(matrix, Matrix.empty(), told(fleet)), told(fleet))


def theirs(fleet: Fleet, matrix: Matrix) -> Ranker:
    """The published scorer on the same numbers, its table made ready beforehand. Raises ImportError without the bench extra."""
    scorer: Any = importlib.import_module(PACKAGE).robust_scorer
    table: Any = importlib.import_module("pandas").DataFrame(
        matrix.values.T, columns=[f"{key.service}_{key.metric}_{key.instance}" for key in matrix.keys]
    )
    table.insert(0, "time", matrix.times)

    def ranked() -> tuple[str, ...]:
        found: list[str] = scorer(table, inject_time=fleet.onset)["ranks"]
        return tuple(dict.fromkeys(column.split("_", 1)[0] for column in found))

    return ranked


def race(fleet: Fleet, rounds: int) -> Race:
    """Both in turn on the same arrays in this process: series per second of processor time, so that neighbours do not count."""
    matrix = fleet.whole()
    other = theirs(fleet, matrix)
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for took, ranker in zip(times, (lambda: ours(fleet, matrix), other), strict=True):
            began = time.process_time()
            ranker()
            took.append(fleet.series / (time.process_time() - began))
    return Race(fleet.series, tuple(times[0]), tuple(times[1]))


def accuracy(incidents: int, services: int = 25, pods: int = 4) -> Places:
    """The place of the sick service in made-up incidents by both."""
    found: tuple[list[int], list[int]] = ([], [])
    for seed in range(incidents):
        fleet = Fleet(services, pods, seed, sick=1 + seed % (services - 1))
        matrix = fleet.whole()
        for places, ranking in zip(found, (ours(fleet, matrix), theirs(fleet, matrix)()), strict=True):
            places.append(ranking.index(name(fleet.sick)) if name(fleet.sick) in ranking else services)
    return Places(tuple(found[0]), tuple(found[1]))


def in_parts(fleet: Fleet) -> Run:
    """The whole ranking, its own onset included, of a fleet that is never in memory at once."""
    watch = Watch()
    drawn: list[Matrix] = []
    for matrix in watch.made(fleet):
        drawn = [witnesses(gathered([*drawn, matrix]) if drawn else matrix, fleet.symptom)]
        watch.lap("onset")
    when = moment(drawn[0], Matrix.empty(), fleet.onset + LATE, fleet.symptom)
    watch.lap("onset")
    summaries: list[Summary] = []
    for matrix in watch.made(fleet):
        summaries.append(summarise(matrix, Matrix.empty(), when))
        watch.lap("summaries")
    ranking = _ranked(fleet, merged(summaries), when)
    watch.lap("clues and ranking")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Run(fleet.series, watch.processor, watch.wall, peak, ranking[0])


class Watch:
    """Seconds of each stage by the processor's clock, and by the wall's for the ranking as a whole."""

    def __init__(self) -> None:
        self.processor: dict[str, float] = {}
        self.wall = 0.0
        self._since = (time.process_time(), time.perf_counter())

    def lap(self, stage: str) -> None:
        """What passed since the last lap belongs to `stage`."""
        now = (time.process_time(), time.perf_counter())
        self.processor[stage] = self.processor.get(stage, 0.0) + now[0] - self._since[0]
        self.wall += (now[1] - self._since[1]) * (stage != MAKING)
        self._since = now

    def made(self, fleet: Fleet) -> Generator[Matrix]:
        """The fleet part by part; making the series is no part of ranking them."""
        for first in range(0, fleet.services, PART):
            matrix = fleet.part(first, min(first + PART, fleet.services), np.float32)
            self.lap(MAKING)
            yield matrix


def exponent(runs: Sequence[Run]) -> float:
    """How the cost grows with the number of series: 1 is linear."""
    sizes, seconds = np.log([run.series for run in runs]), np.log([run.seconds for run in runs])
    return float(np.polyfit(sizes, seconds, 1)[0])


def _ranked(fleet: Fleet, summary: Summary, when: Moment) -> tuple[str, ...]:
    clues = tuple(found.clue for found in series_clues(summary, when, fleet.symptom))
    return rank(clues, fleet.graph, Priors(), symptom=fleet.symptom, onset=when.onset, changes=()).services


app = typer.Typer(help="Measure the speed of the ranking on made-up fleets of 720 points a series.")


@app.command()
def speed(
    sizes: Annotated[list[int], typer.Argument(help="Services of 100 series each.")],
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each at every size.")] = 3,
    incidents: Annotated[int, typer.Option(min=1, help="Made-up incidents that both judge.")] = 24,
) -> None:
    """Beside the published scorer: is it no less right, and how much faster is it? Exits 1 if either promise is broken."""
    out = Console(highlight=False, soft_wrap=True)
    try:
        places = accuracy(incidents)
    except ImportError as error:
        Console(stderr=True).print(LACKING, markup=False)
        raise typer.Exit(2) from error
    kept = True
    scores = {who: (_at(found, 1), _mean_at_5(found)) for who, found in asdict(places).items()}
    out.print(f"{incidents} incidents: AC@1, Avg@5 of Clew {scores['ours']}, of RobustScorer {scores['theirs']}")
    kept &= all(mine >= other for mine, other in zip(scores["ours"], scores["theirs"], strict=True))
    for services in sizes:
        found = race(Fleet(services, sick=services // 2), rounds)
        kept &= found.ratio >= 15
        out.print(
            f"{found.series:,} series: Clew {_spread(found.ours)}, RobustScorer {_spread(found.theirs)} series/s; {found.ratio:.0f} times"
        )
    if not kept:
        raise typer.Exit(1)


@app.command()
def growth(sizes: Annotated[list[int], typer.Argument(help="Services of 100 series each, ascending.")]) -> None:
    """Each size in a process of its own, in parts. Exits 1 if the cost grows faster than the 1.1th power of the size."""
    out = Console(highlight=False, soft_wrap=True)
    runs: list[Run] = []
    for services in sizes:
        command = [sys.executable, "-m", "bench.scale", "parts", str(services)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ours, by its own path
        run = Run(**json.loads(done.stdout))
        runs.append(run)
        out.print(
            f"{run.series:,} series: {run.seconds:.1f} s of one processor ({_stages(run)}), {run.wall:.1f} s on the wall; "
            f"peak {run.peak / 1e9:.2f} GB; first {run.first}"
        )
    if len(runs) > 1:
        out.print(f"cost grows with the {exponent(runs):.2f}th power of the number of series")
        if exponent(runs) > 1.1:
            raise typer.Exit(1)


@app.command()
def parts(services: Annotated[int, typer.Argument(help="Services of 100 series each.")]) -> None:
    """One fleet in parts, as JSON."""
    typer.echo(json.dumps(asdict(in_parts(Fleet(services, sick=services // 2)))))


def _at(places: Sequence[int], within: int) -> float:
    return round(float(np.mean([place < within for place in places])), 3)


def _mean_at_5(places: Sequence[int]) -> float:
    return round(float(np.mean([_at(places, within) for within in range(1, 6)])), 3)


def _stages(run: Run) -> str:
    return ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in run.processor.items())


def _spread(rates: Sequence[float]) -> str:
    return f"{np.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})"


if __name__ == "__main__":
    app()
