"""How good is the ranking on recorded cases: AC@1, AC@3, changes and false health, family by family. The only reader of truth.json."""

import asyncio
import json
import sys
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from clew.causal.analysis import analyse
from clew.causal.ranking import Ranking
from clew.incident import Window
from clew.ports import ChangeSource, Era, GraphSource, LogSource, MetricSource, TraceSource
from clew.tables import Tables
from tools.case import case_incident
from tools.recorded import recorded_sources


class Outcome(NamedTuple):
    """One scored case: places count from 0, 99 is absent; `change` is empty where the question does not arise."""

    place: int
    change: str
    change_place: int
    healthy_right: bool
    seconds: float


async def tables(folder: Path, alerted_at: float) -> Tables:
    """Everything that the case's sources hold around the alert."""
    window = Window(start=alerted_at - 6 * 3600.0, end=alerted_at + 900.0)
    found = Tables()
    for source in recorded_sources(folder):
        if isinstance(source, MetricSource):
            found = replace(
                found, matrix=await source.matrix(window), normal_matrix=await source.matrix(window, Era.NORMAL)
            )
        elif isinstance(source, LogSource):
            found = replace(
                found, lines=await source.lines(window), normal_lines=await source.lines(window, Era.NORMAL)
            )
        elif isinstance(source, TraceSource):
            found = replace(
                found, spans=await source.spans(window), normal_spans=await source.spans(window, Era.NORMAL)
            )
        elif isinstance(source, ChangeSource):
            found = replace(found, changes=await source.changes(window))
        elif isinstance(source, GraphSource):
            found = replace(found, graph=await source.graph(window))
    return found


async def scored(folder: Path, shift: float = 0.0) -> tuple[Outcome, Ranking]:
    """Ranks one case with the alert moved by `shift` seconds and compares it with the truth."""
    brief = case_incident(folder)
    held = await tables(folder, brief.alerted_at)
    began = time.perf_counter()
    ranking = analyse(held, brief.alerted_at + shift, brief.symptom)
    seconds = time.perf_counter() - began
    truth = json.loads((folder / "truth.json").read_text())
    place = min((ranking.services.index(s) for s in truth["services"] if s in ranking.services), default=99)
    change = truth["change"] or ""
    change_place = ranking.changes.index(change) if change in ranking.changes else 99
    return Outcome(place, change, change_place, ranking.healthy == bool(truth["healthy"]), seconds), ranking


def main() -> None:
    """`python -m bench.score FOLDER...`: each folder holds cases, or families of cases."""
    out = Console()
    for root in (Path(argument) for argument in sys.argv[1:]):
        families: dict[str, list[Outcome]] = defaultdict(list)
        for file in sorted(root.rglob("incident.json")):
            outcome, ranking = asyncio.run(scored(file.parent))
            families[file.parent.parent.name].append(outcome)
            if outcome.place > 0 or not outcome.healthy_right:
                out.print(
                    f"{file.parent.name}: place {outcome.place}, first {ranking.services[:3]}, {ranking.verdict}",
                    highlight=False,
                    soft_wrap=True,
                )
        for family, results in families.items():
            out.print(_line(family, results), highlight=False, soft_wrap=True)


def _line(family: str, results: list[Outcome]) -> str:
    asked = [r for r in results if r.change]
    first, third = (sum(r.place < k for r in results) / len(results) for k in (1, 3))
    changes = f"; changes {sum(r.change_place == 0 for r in asked)}/{len(asked)}" if asked else ""
    wrong = sum(not r.healthy_right for r in results)
    median = sorted(r.seconds for r in results)[len(results) // 2]
    return f"{family}: {len(results)} cases, AC@1 {first:.2f}, AC@3 {third:.2f}{changes}; wrong about health {wrong}; median {median:.2f} s"


if __name__ == "__main__":
    main()
