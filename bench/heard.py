"""What do the estimators say about a recorded case, before anything is weighed?"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from bench import accuracy
from bench.case import Case, case, everything
from bench.contest import AFTER
from bench.truth import Truth
from clew.causal.analysis import clues_of
from clew.causal.experiment import experiment_clues, experiments
from clew.causal.onset import moment
from clew.causal.priors import Priors
from clew.causal.rank import case_of
from clew.causal.sound import sounded
from clew.causal.weigh import Weighed, strongest, weigh
from clew.causal.weights import Weights
from clew.hypothesis import Clue
from clew.incident import Symptom, Window
from clew.tables import CallGraph, Tables

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class Heard:
    """One case with its clues: the strongest per channel and service, which is all that is weighed."""

    family: str
    name: str
    truth: Truth | None
    clues: tuple[Clue, ...]
    graph: CallGraph
    symptom: Symptom
    onset: float | None

    @property
    def scored(self) -> bool:
        """True where there is a service to be found."""
        return self.truth is not None and bool(self.truth.services) and not self.truth.healthy


def read(opened: Case, shift: float = 0.0) -> Tables:
    """What an investigation of this case could see with its alert moved by `shift` seconds."""
    at = opened.alerted_at + shift
    return asyncio.run(everything(opened.facts.sources, Window(start=min(0.0, at), end=at + AFTER)))


def heard(opened: Case, held: Tables, shift: float = 0.0) -> Heard:
    """The clues of `held` by the product's own estimators, as `clew.causal.analysis.analyse` puts them together."""
    brief = opened.facts.brief
    assert brief is not None, "a recorded incident has an alert"
    tables, symptom = sounded(held), brief.symptom
    when = moment(tables.matrix, tables.normal_matrix, brief.alerted_at + shift, symptom)
    changes = tables.changes.changes
    tried = experiment_clues(experiments(tables.matrix, changes, when.onset, symptom))
    clues = (*clues_of(tables, when, symptom), *tried)
    made = case_of(clues, tables.graph, Priors(), symptom=symptom, onset=when.onset, changes=changes)
    kept = tuple(strongest((*made.clues, *made.beyond), symptom.service).values())
    return Heard(opened.family, opened.name, opened.truth, kept, tables.graph, symptom, when.onset)


def heard_in(folder: Path) -> Heard:
    """The clues of the case in `folder`, its alert as given. Raises BadCase."""
    with TemporaryDirectory(prefix="clew-bench-") as scratch:
        opened = case(folder, Path(scratch))
        return heard(opened, read(opened))


def weighed(found: Heard, weights: Weights) -> Weighed:
    """The blame of every service with these weights."""
    priors = Priors(weights=weights)
    return weigh(found.clues, found.graph, priors, symptom=found.symptom, onset=found.onset)


def place(found: Heard, weights: Weights) -> int:
    """Where the first right service stands with these weights, from 0; ties as in `clew.causal.rank`."""
    assert found.truth is not None, "only scored cases have a place"
    sums = weighed(found, weights).sums
    degree = Counter(name for edge in found.graph.edges for name in edge)
    order = sorted(sums, key=lambda name: (-sums[name], -degree[name], name))
    return accuracy.place(order, found.truth.services)


def each(work: Callable[[Item], Result], items: Sequence[Item], workers: int) -> Iterator[Result]:
    """The results in the order of the items; with more than one worker in processes of their own."""
    if workers <= 1:
        yield from map(work, items)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, items)


def families(names: Iterable[str]) -> tuple[str, ...]:
    """Every family once, by name."""
    return tuple(sorted(set(names)))
