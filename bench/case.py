"""Which cases lie in this folder, and what is known about each?"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench import rcaeval
from bench.truth import Truth, truth_of
from bot.composition import Facts, facts
from clew.errors import SourceError
from clew.incident import Window
from clew.ports import ChangeSource, Era, GraphSource, LogSource, MetricSource, Source, TraceSource
from clew.tables import Tables

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


async def everything(sources: Iterable[Source], window: Window) -> Tables:
    """All that the sources hold up to the window's end (changes: within the window). A file that cannot be read holds nothing here."""
    found = Tables()
    for source in sources:
        with suppress(SourceError):
            found = replace(found, **await _asked(source, window))
    return found


async def _asked(source: Source, window: Window) -> dict[str, Any]:
    if isinstance(source, MetricSource):
        return {"matrix": await source.matrix(window), "normal_matrix": await source.matrix(window, Era.NORMAL)}
    if isinstance(source, LogSource):
        return {"lines": await source.lines(window), "normal_lines": await source.lines(window, Era.NORMAL)}
    if isinstance(source, TraceSource):
        return {"spans": await source.spans(window), "normal_spans": await source.spans(window, Era.NORMAL)}
    if isinstance(source, ChangeSource):
        return {"changes": await source.changes(window)}
    return {"graph": await source.graph(window)} if isinstance(source, GraphSource) else {}


def candidates(held: Tables) -> tuple[str, ...]:
    """Every service that could be named: what chance has to choose from."""
    measured = {key.service for key in held.matrix.keys}
    return tuple(sorted({*measured, *held.graph.services, *held.lines.services, *held.spans.services} - {""}))
