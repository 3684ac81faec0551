"""Which cases lie in this folder, and what is known about each?"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bench import rcaeval
from bench.truth import Truth, truth_of
from bot.composition import Facts, facts
from clew.errors import SourceError
from clew.evidence import Change
from clew.incident import Window
from clew.ports import ChangeSource, Era, GraphSource, LogSource, MetricSource, TraceSource
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


class Measured(NamedTuple):
    """What the baselines read of a case."""

    matrix: Matrix
    reference: Matrix
    """Fault-free metrics of another time; empty where the case has none."""
    candidates: tuple[str, ...]
    """Every service that could be named: what chance has to choose from."""


async def measured(given: Facts, end: float) -> Measured:
    """The metrics up to `end` (Unix seconds) and the services of all sources.

    A file that cannot be read holds nothing here; that it failed is told by the investigation.
    """
    window = Window(start=min(0.0, end - 1.0), end=end)
    matrix, reference, names = Matrix.empty(), Matrix.empty(), set[str]()
    for source in given.sources:
        with suppress(SourceError):
            if isinstance(source, MetricSource):
                matrix, reference = await source.matrix(window), await source.matrix(window, Era.NORMAL)
                names |= {key.service for key in matrix.keys}
            elif isinstance(source, GraphSource):
                names |= set((await source.graph(window)).services)
            elif isinstance(source, LogSource):
                names |= set((await source.lines(window)).services)
            elif isinstance(source, TraceSource):
                names |= set((await source.spans(window)).services)
    return Measured(matrix, reference, tuple(sorted(names - {""})))


async def changes(given: Facts, end: float) -> tuple[Change, ...]:
    """Every change up to `end`, oldest first; none from a file that cannot be read."""
    window = Window(start=min(0.0, end - 1.0), end=end)
    found: list[Change] = []
    for source in given.sources:
        with suppress(SourceError):
            if isinstance(source, ChangeSource):
                found += (await source.changes(window)).changes
    return tuple(found)
