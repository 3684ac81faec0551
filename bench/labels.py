"""How often do labels and tests say the right thing on recorded cases: shares over all cases, never one by one."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from bench.case import everything
from bench.truth import truth_of
from clew.causal.analysis import analyse
from clew.causal.ranking import Draft
from clew.causal.trial import tried
from clew.hypothesis import CauseKind, Confidence, Label, Outcome
from clew.incident import Window
from clew.testing.worlds import World, chain, collider, fork, ranking, rush, storm, suspect
from tools.case import case_incident
from tools.recorded import recorded_sources

RIGHT, WRONG, OUT = "right service", "another service", "ruled out"


class Seen(NamedTuple):
    """One draft of one case: was it about a right service, was it first, and what was it called."""

    who: str
    first: bool
    draft: Draft


async def judged(folder: Path) -> tuple[list[Seen], float]:
    """The drafts of one case compared with its truth, and the seconds that ranking and trying took."""
    brief = case_incident(folder)
    around = Window(start=brief.alerted_at - 6 * 3600.0, end=brief.alerted_at + 900.0)
    held = await everything(recorded_sources(folder), around)
    began = time.perf_counter()
    ranking = analyse(held, brief.alerted_at, brief.symptom)
    seconds = time.perf_counter() - began
    truth = truth_of(folder)
    right = set(truth.services if truth else ())
    out: list[Seen] = []
    for place, draft in enumerate(ranking.drafts):
        if draft.cause.kind is CauseKind.NONE:
            continue
        who = RIGHT if draft.cause.service in right else WRONG
        if who == WRONG and draft.confidence is Confidence.RULED_OUT:
            who = OUT
        out.append(Seen(who, place == 0, draft))
    return out, seconds


def planted(rounds: int) -> Table:
    """The label of one candidate in each planted world, over so many seeds; `is` says what is true there."""
    table = Table("world", "candidate", "is", *(label.value for label in Label), "can't tell")
    for make, drafts, truth in _WORLDS:
        for place, draft in enumerate(drafts):
            worlds = [make(1000 + seed) for seed in range(rounds)]
            found = [tried(ranking(*drafts), w.tables(), w.moment, w.symptom).drafts[place].label for w in worlds]
            count = Counter(found)
            cells = (str(count[label]) for label in (*Label, None))
            table.add_row(make.__name__, draft.cause.service or "traffic", truth[place].value, *cells)
    return table


_CPU, _DB = suspect("primary", "cpu", 0.7), suspect("db", "cpu")
_WORLDS: tuple[tuple[Callable[[int], World], tuple[Draft, ...], tuple[Label, ...]], ...] = (
    (chain, (_DB, suspect("cart", "latency-p99", 0.7)), (Label.CAUSE, Label.SYMPTOM)),
    (fork, (rush(), _CPU), (Label.CAUSE, Label.CONFOUNDER)),
    (fork, (_CPU, rush()), (Label.CONFOUNDER, Label.CAUSE)),
    (storm, (suspect("disk", "disk-usage"), suspect("db", "cpu", 0.7)), (Label.CAUSE, Label.SYMPTOM)),
    (storm, (_DB, suspect("disk", "disk-usage", 0.7)), (Label.SYMPTOM, Label.CAUSE)),
    (collider, (_DB, suspect("batch", "cpu", 0.2)), (Label.CAUSE, Label.COINCIDENCE)),
)


def main() -> None:
    """`python -m bench.labels FOLDER...`: each folder holds cases, or families of cases. Without a folder: planted worlds."""
    if len(sys.argv) == 1:
        Console().print(planted(100))
        return
    seen: list[Seen] = []
    seconds: list[float] = []
    for root in (Path(argument) for argument in sys.argv[1:]):
        for file in sorted(root.rglob("incident.json")):
            found, took = asyncio.run(judged(file.parent))
            seen += found
            seconds.append(took)
    out = Console()
    out.print(_labels(seen))
    out.print(_tests(seen))
    out.print(f"{len(seconds)} cases, median {sorted(seconds)[len(seconds) // 2]:.3f} s", highlight=False)


def _groups(seen: list[Seen]) -> dict[str, list[Seen]]:
    return {
        "first, right": [s for s in seen if s.first and s.who == RIGHT],
        "first, wrong": [s for s in seen if s.first and s.who == WRONG],
        "later, right": [s for s in seen if not s.first and s.who == RIGHT],
        "later, wrong": [s for s in seen if not s.first and s.who == WRONG],
        "ruled out, wrong": [s for s in seen if s.who == OUT],
    }


def _labels(seen: list[Seen]) -> Table:
    table = Table("candidates", "number", "cause", "contributor", "confounder", "symptom", "coincidence", "can't tell")
    for name, group in _groups(seen).items():
        count = Counter(str(s.draft.label) if s.draft.label else "can't tell" for s in group)
        table.add_row(name, str(len(group)), *(str(count[str(c.header)]) for c in table.columns[2:]))
    return table


def _tests(seen: list[Seen]) -> Table:
    table = Table("test", "candidates", "passed", "failed", "can't tell")
    names = dict.fromkeys(t.name for s in seen for t in s.draft.trials)
    for test in names:
        for name, group in _groups(seen).items():
            count = Counter(t.outcome for s in group for t in s.draft.trials if t.name == test)
            table.add_row(test, name, *(str(count[o]) for o in (Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN)))
    return table


if __name__ == "__main__":
    main()
