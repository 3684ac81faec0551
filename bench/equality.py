"""Do real servers tell the same as files: is a case that was loaded into them ranked as the one that is read in place?"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.case import Case, case, everything, folders
from bench.heard import families
from bench.replay import Replay
from bot.composition import Facts
from clew.hypothesis import Report
from clew.incident import Symptom, Window
from clew.limits import Limits
from clew.ports import ChangeSource, GraphSource
from clew.tables import Tables
from playground.live.exposition import Scraped, grows, scraped
from playground.live.opensearch import search_server
from playground.live.served import Servers, served
from tools.case import CaseBrief
from tools.outside import Outside
from tools.prometheus.families import families as metrics
from tools.prometheus.vocabulary import asks

EVER = Window(start=0.0, end=1e11)
WIDE = 120
"""Columns of a table that goes to a file or a pipe."""
PATIENT = Limits(source_seconds=120.0, investigation_seconds=600.0)
"""What is told is compared, not how soon: a small machine that runs all the servers too is given time."""
FIRST = 5
"""Services whose order is compared: further down they stand with next to nothing against them."""


@dataclass(frozen=True)
class Told:
    """What people read of an answer: its words and its order, none of its numbers."""

    verdict: str
    hypotheses: tuple[tuple[str, ...], ...]
    """Kind, service and change that are blamed, and the word of confidence, best first."""
    services: tuple[str, ...]
    changes: tuple[str, ...]


def told(report: Report) -> Told:
    """What people read of this page."""
    hypotheses = tuple(
        (h.cause.kind.value, h.cause.service or "", h.cause.change or "", h.confidence.value) for h in report.hypotheses
    )
    return Told(report.verdict.value, hypotheses, report.ranking[:FIRST], report.changes)


@dataclass(frozen=True)
class Compared:
    """One case, read from files and from servers. Seconds of the loading and of the second investigation."""

    family: str
    name: str
    files: Report
    servers: Report
    loading: float = 0.0
    seconds: float = 0.0
    requests: int = 0

    @property
    def differs(self) -> tuple[str, ...]:
        """Which parts are not the same; empty if people read the same."""
        one, other = told(self.files), told(self.servers)
        parts = ("verdict", "hypotheses", "services", "changes")
        return tuple(name for name in parts if getattr(one, name) != getattr(other, name))

    @property
    def moved(self) -> str:
        """The term of the first hypothesis that differs most between the two."""
        if not self.files.hypotheses:
            return ""
        first = self.files.hypotheses[0]
        twin = next((h for h in self.servers.hypotheses if h.cause == first.cause), None)
        if twin is None:
            return "the first cause is not among the others"
        before, after = ({term.name: term.value for term in h.why} for h in (first, twin))
        names = sorted({*before, *after}, key=lambda n: -abs(before.get(n, 0.0) - after.get(n, 0.0)))
        return f"{names[0]} {before.get(names[0], 0.0):.2f} -> {after.get(names[0], 0.0):.2f}" if names else ""


async def compared(opened: Case, servers: Servers, folder: Path, replay: Replay | None = None) -> Compared:
    """Investigates the case as it lies in its files and again as it lies in servers; `folder` is for their data.

    Changes and the call graph come from the files both times. Raises NotStartedError.
    """
    replay, outside, brief = replay or Replay(PATIENT), Outside(seconds=PATIENT.source_seconds), opened.facts.brief
    assert brief is not None, "a recorded incident has an alert"
    held = await everything(opened.facts.sources, EVER)
    files = await replay.report(opened.facts)
    kept = [one for one in opened.facts.sources if isinstance(one, ChangeSource | GraphSource)]
    limits, began = Limits(), time.perf_counter()
    window = Window(start=brief.alerted_at - limits.lookback_seconds, end=brief.alerted_at + limits.lookahead_seconds)
    async with served(held, window, servers, folder, outside) as found:
        ready = time.perf_counter()
        asked = brief.model_copy(update={"symptom": symptom(held, brief)})
        answer = await replay.report(Facts((*found, *kept), asked))
        took = time.perf_counter() - ready
    spent = outside.usage.total.requests
    return Compared(opened.family, opened.name, files, answer, ready - began, took, spent)


def symptom(held: Tables, brief: CaseBrief) -> Symptom:
    """The symptom with its metric called as the source calls it: an alert of that Prometheus would speak of what it holds."""
    wanted = (brief.symptom.metric or "").split("(")[0]
    row = next((row for row, key in enumerate(held.matrix.keys) if key.metric == wanted), None)
    if row is None:
        return brief.symptom
    one = scraped(held.matrix.keys[row], grows=grows(held.matrix.values[row]))
    return brief.symptom.model_copy(update={"metric": called(one)})


def called(one: Scraped) -> str:
    """What the source of a Prometheus calls this series."""
    labels = dict(one.labels)
    (family,) = metrics({one.name: frozenset(labels)}, {})
    questions = asks(family)
    return questions[0].called(labels.get(questions[0].tag, "")) if questions else one.name


def equality_table(rows: Sequence[Compared]) -> Table:
    """By family: how many cases people would read alike, and what the others differ in."""
    table = Table(title="Files and servers", title_justify="left")
    columns = ("family", "cases", "the same", "verdict", "hypotheses", "services", "changes", "requests", "seconds")
    for column in columns:
        table.add_column(column, justify="left" if column == "family" else "right")
    for family in families(row.family for row in rows):
        mine = [row for row in rows if row.family == family]
        differ = [sum(part in row.differs for row in mine) for part in columns[3:7]]
        table.add_row(
            family,
            str(len(mine)),
            str(sum(not row.differs for row in mine)),
            *(str(count) for count in differ),
            f"{sum(row.requests for row in mine) / len(mine):.0f}",
            f"{sum(row.seconds for row in mine) / len(mine):.2f}",
        )
    return table


def differences_table(rows: Sequence[Compared]) -> Table:
    """The cases that are not read alike, and the term that moved most."""
    table = Table("case", "differs in", "term that moved most", title="Differences", title_justify="left")
    for row in rows:
        if row.differs:
            table.add_row(f"{row.family}/{row.name}", ", ".join(row.differs), row.moved)
    return table


async def measured(root: Path, every: int, given: str | None) -> list[Compared]:
    """All cases at or below `root`, or one of `every`; a server of its own for metrics for each, one for lines and spans for all."""
    programs = shutil.which("prometheus"), shutil.which("promtool")
    if None in programs:
        raise SystemExit("prometheus and promtool are needed: apt install prometheus")
    found: list[Compared] = []
    with tempfile.TemporaryDirectory(prefix="clew-equality-") as scratch:
        async with search_server(Path(scratch) / "search", given, real=False) as search:
            servers = Servers(str(programs[0]), str(programs[1]), search.url)
            for number, folder in enumerate(folders(root)[::every]):
                place = Path(scratch) / f"case-{number}"
                place.mkdir()
                found.append(await compared(case(folder, place), servers, place))
                shutil.rmtree(place)
    return found


def main() -> None:
    """`python -m bench.equality --cases DIR`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=Path, required=True, help="a folder of cases, or of families of cases")
    parser.add_argument("--every", type=int, default=1, help="only one case of so many")
    parser.add_argument("--opensearch", help="an OpenSearch that runs; without it a small stand-in is started")
    given = parser.parse_args()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
    rows = asyncio.run(measured(given.cases, given.every, given.opensearch))
    console.print(equality_table(rows))
    console.print(differences_table(rows))


if __name__ == "__main__":
    main()
