"""Is the template miner as right as drain3 and three times as fast, in one process? `python -m bench.templates [FOLDER]`.

FOLDER holds `*.log_structured.csv` files with the columns Content and EventId, as loghub publishes them (Zhu et al. 2023).
"""

import csv
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import NamedTuple

from drain3 import TemplateMiner
from drain3.masking import MaskingInstruction
from drain3.template_miner_config import TemplateMinerConfig
from rich.console import Console
from rich.table import Table

from clew.causal.template import Miner

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "loghub"
LOOPS = 25
"""The short samples are repeated so often for a stream of some length."""
BATCH = 2_000
ROUNDS = 5
RATIO = 3.0
COLD = "mixed, each once"
_EDGE = r"((?<=[^A-Za-z0-9])|^)", r"((?=[^A-Za-z0-9])|$)"
_GENERIC = (
    (r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}", "IP"),
    (r"0x[a-fA-F0-9]+", "HEX"),
    (r"[\-\+]?\d+", "NUM"),
)

Grouping = Callable[[Sequence[str]], Sequence[object]]


class Lines(NamedTuple):
    """One system's lines and the true template of each."""

    name: str
    messages: tuple[str, ...]
    truth: tuple[str, ...]


class Quality(NamedTuple):
    """Shares 0..1. GA: lines whose group is exactly the true group (Zhu et al. 2019); FGA: F1 over groups (Jiang et al. 2024)."""

    lines: float
    groups: float


class Speed(NamedTuple):
    """Lines per second: median, least and most over the rounds."""

    usual: float
    least: float
    most: float


def quality(found: Sequence[object], truth: Sequence[str]) -> Quality:
    """How well groups agree with the true ones; both have one entry a line (N > 0)."""
    ours, true, both = Counter(found), Counter(truth), Counter(zip(found, truth, strict=True))
    right = [lines for (group, event), lines in both.items() if ours[group] == lines == true[event]]
    return Quality(sum(right) / len(truth), 2 * len(right) / (len(ours) + len(true)))


def clew(messages: Sequence[str]) -> Sequence[object]:
    """Templates by Clew, the stream in batches."""
    miner = Miner()
    numbers = [
        number for at in range(0, len(messages), BATCH) for number in miner.add(messages[at : at + BATCH]).tolist()
    ]
    names = miner.names()
    return [names[number] for number in numbers]


def drain(messages: Sequence[str], *, masks: bool) -> Sequence[object]:
    """Templates by drain3, its default settings; with `masks`, the masks of its own documentation too."""
    config = TemplateMinerConfig()
    if masks:
        config.masking_instructions = [
            MaskingInstruction(f"{_EDGE[0]}({pattern}){_EDGE[1]}", mark) for pattern, mark in _GENERIC
        ]
    miner = TemplateMiner(config=config)
    return [miner.add_log_message(message)["cluster_id"] for message in messages]


SIDES: dict[str, Grouping] = {
    "Clew": clew,
    "drain3": partial(drain, masks=False),
    "drain3, masks": partial(drain, masks=True),
}


def load(folder: Path) -> list[Lines]:
    """The samples in a folder, by name. Raises SystemExit with what to do if there are none."""
    found: list[Lines] = []
    for path in sorted(folder.glob("*.log_structured.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        messages, truth = (tuple(row[column] for row in rows) for column in ("Content", "EventId"))
        found.append(Lines(path.name.split("_")[0], messages, truth))
    if not found:
        raise SystemExit(f"{folder} holds no *.log_structured.csv; name a folder with loghub's 2k samples")
    return found


def mixed(systems: Sequence[Lines]) -> Lines:
    """All systems' lines in turn."""
    turns = max(len(one.messages) for one in systems)
    rows = [
        (one.messages[at], f"{one.name} {one.truth[at]}")
        for at in range(turns)
        for one in systems
        if at < len(one.messages)
    ]
    return Lines("mixed", tuple(row[0] for row in rows), tuple(row[1] for row in rows))


def race(messages: Sequence[str], rounds: int = ROUNDS) -> dict[str, Speed]:
    """Lines per second of processor time, the sides in turn (A-B-C-A-B-C...), each time on strings that nobody hashed before."""
    joined = "\0".join(messages)
    rates: dict[str, list[float]] = {side: [] for side in SIDES}
    for _ in range(rounds):
        for side, grouping in SIDES.items():
            fresh = joined.split("\0")
            began = time.process_time()
            grouping(fresh)
            rates[side].append(len(fresh) / (time.process_time() - began))
    return {side: Speed(median(found), min(found), max(found)) for side, found in rates.items()}


def judged(systems: Sequence[Lines]) -> tuple[Table, list[str]]:
    """GA and FGA of every side on every system, and in words where Clew is worse."""
    table = Table("GA / FGA", *SIDES, box=None)
    worse: list[str] = []
    sums = dict.fromkeys(SIDES, (0.0, 0.0))
    for lines in (*systems, mixed(systems)):
        got = {side: quality(grouping(lines.messages), lines.truth) for side, grouping in SIDES.items()}
        table.add_row(lines.name, *(f"{one.lines:.3f} / {one.groups:.3f}" for one in got.values()))
        for side, one in got.items():
            if got["Clew"].lines < one.lines or got["Clew"].groups < one.groups:
                worse.append(f"{lines.name}: {side} groups better")
            if lines.name != "mixed":
                sums[side] = (sums[side][0] + one.lines, sums[side][1] + one.groups)
    table.add_row("mean", *(f"{ga / len(systems):.3f} / {fga / len(systems):.3f}" for ga, fga in sums.values()))
    return table, worse


def raced(systems: Sequence[Lines]) -> tuple[Table, list[str]]:
    """Lines per second of every side on every stream, and in words where Clew is not RATIO times as fast as each.

    The last row is a cold start, every line once: mostly first sights, so it is shown beside the streams and not held to RATIO.
    """
    every = mixed(systems)
    streams = [(f"{one.name} x{LOOPS}", one.messages * LOOPS) for one in systems]
    streams += [(f"mixed x{LOOPS // 5}", every.messages * (LOOPS // 5))]
    table = Table("1,000 lines/s (range)", *SIDES, "ratios", box=None)
    slow: list[str] = []
    for name, messages in (*streams, (COLD, tuple(dict.fromkeys(every.messages)))):
        speeds = race(messages)
        ratios = [speeds["Clew"].usual / one.usual for side, one in speeds.items() if side != "Clew"]
        cells = (f"{s.usual / 1e3:.0f} ({s.least / 1e3:.0f}-{s.most / 1e3:.0f})" for s in speeds.values())
        table.add_row(name, *cells, ", ".join(f"{ratio:.1f}" for ratio in ratios))
        if min(ratios) < RATIO and name != COLD:
            slow.append(f"{name}: {min(ratios):.1f} times as fast")
    return table, slow


def main() -> None:
    """Prints both tables; ends with 1 if a side is better on any system or less than RATIO times slower on a stream."""
    systems = load(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
    out = Console(width=120)
    out.print(f"drain3 as {baseline()}; {sum(len(one.messages) for one in systems):,} lines of {len(systems)} systems")
    right, worse = judged(systems)
    out.print(right)
    fast, slow = raced(systems)
    out.print(fast)
    if worse or slow:
        raise SystemExit("\n".join((*worse, *slow)))


def baseline() -> str:
    """Which package gives the module drain3."""
    for name in ("drain3", "drain3-improved"):
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            continue
    return "of unknown origin"


if __name__ == "__main__":
    main()
