"""Which cases lie in this folder, and what is known about each?"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import rcaeval
from bench.truth import Truth, truth_of
from bot.composition import Facts, facts
from clew.evidence import Change
from clew.incident import Window
from clew.ports import ChangeSource, GraphSource, LogSource, MetricSource, TraceSource
from clew.tables import Matrix

BRIEF = "incident.json"


@dataclass(frozen=True, eq=False)
class Case:
    """One recorded incident with its answer sheet, None where it has none."""

    name: str
    family: str
    facts: Facts
    truth: Truth | None

    @property
    def alerted_at(self) -> float:
        assert self.facts.brief is not None, "a recorded incident has an alert"
        return self.facts.brief.alerted_at


def case(folder: Path, scratch: Path) -> Case:
    """The case in `folder`; one of a published layout is rewritten in the empty folder `scratch`. Raises BadCase."""
    name = rcaeval.named(folder)
    if name is not None:
        found = facts(rcaeval.rewritten(folder, scratch))
        return Case(name.case, name.family, found, rcaeval.named_truth(name))
    found = facts(folder)
    assert found.brief is not None, "a recorded incident has an alert"
    return Case(found.brief.id, family(folder), found, truth_of(folder))


def family(folder: Path) -> str:
    """The name of the folder that holds the family of this case."""
    name = rcaeval.named(folder)
    return folder.resolve().parent.name if name is None else name.family


def folders(root: Path) -> tuple[Path, ...]:
    """The folders of cases at or below `root`, in order of their names; what lies in a case's own folder is not looked at."""
    return tuple(sorted(_below(root.resolve())))


def _below(root: Path) -> Iterator[Path]:
    if (root / BRIEF).is_file() or rcaeval.named(root) is not None:
        yield root
        return
    for child in root.iterdir():
        if child.is_dir() and not child.name.startswith((".", "_")):
            yield from _below(child)


async def measured(given: Facts, end: float) -> tuple[Matrix, tuple[str, ...]]:
    """The metrics up to `end`, for the baselines, and every service that could be named: what chance has to choose from."""
    window = Window(start=min(0.0, end - 1.0), end=end)
    matrix, names = Matrix.empty(), set[str]()
    for source in given.sources:
        if isinstance(source, MetricSource):
            matrix = await source.matrix(window)
            names |= {key.service for key in matrix.keys}
        elif isinstance(source, GraphSource):
            names |= set((await source.graph(window)).services)
        elif isinstance(source, LogSource):
            names |= set((await source.lines(window)).services)
        elif isinstance(source, TraceSource):
            names |= set((await source.spans(window)).services)
    return matrix, tuple(sorted(names - {""}))


async def changes(given: Facts, end: float) -> tuple[Change, ...]:
    """Every change up to `end`, oldest first."""
    window = Window(start=min(0.0, end - 1.0), end=end)
    tables = [await source.changes(window) for source in given.sources if isinstance(source, ChangeSource)]
    return tuple(change for table in tables for change in table.changes)
