"""How often do labels and tests say the right thing on recorded cases: shares over all cases, never one by one."""

import asyncio
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from bench.case import everything
from bench.truth import truth_of
from clew.causal.analysis import analyse
from clew.causal.ranking import Draft
from clew.hypothesis import CauseKind, Confidence, Outcome
from clew.incident import Window
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


def main() -> None:
    """`python -m bench.labels FOLDER...`: each folder holds cases, or families of cases."""
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
