"""Does the number behind the word mean what it says: of answers that are given 0.8, are eight in ten right?"""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import groupby
from math import log
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from rich.table import Table

from bench.case import case
from bench.heard import families, heard, read, weighed
from bench.replay import Replay
from bench.truth import Truth
from clew.causal import odds
from clew.causal.weights import Weights
from clew.hypothesis import Confidence, Hypothesis, Report, Verdict
from clew.tables import Floats

SHIFTS = (0.0, -60.0, 60.0)
"""The alert as given, and a minute off either way: much the same cases again, so they refine and do not multiply."""
_BINS = 5
_SURE, _UNSURE = 0.95, 0.05
"""Labels of right and wrong in a fit: a few dozen cases cannot teach certainty (Platt 1999)."""
_RIDGE = 0.5
_ROUNDS = 50
WELL = "nothing is wrong"
_WORDS = (Confidence.CONFIRMED.value, Confidence.LIKELY.value, Confidence.POSSIBLE.value)


class Said(NamedTuple):
    """What the first hypothesis of one investigation said, and whether it was right. Without a number there is no lead."""

    family: str
    shift: float
    word: str
    right: bool
    number: float | None = None
    place_right: bool = False
    """The service alone; where nothing was found, whether the ranking's first service is right all the same."""
    change: bool = False
    """Whether a change is blamed."""
    lead: float = 0.0
    """See `clew.causal.odds.lead`, 0..1."""


class Line(NamedTuple):
    """Log odds of being right at a lead of one half, and per unit of the lead's own log odds."""

    base: float
    slope: float


TODAY = Line(odds.BASE, odds.SLOPE)


def said(folder: Path) -> tuple[Said, ...]:
    """The product's answers on the case in `folder`, one per shift; none without an answer sheet. Raises BadCase and TimeoutError."""
    with TemporaryDirectory(prefix="clew-bench-") as scratch:
        opened = case(folder, Path(scratch))
        truth = opened.truth
        if truth is None:
            return ()
        replay, out = Replay(), list[Said]()
        for shift in SHIFTS:
            report = asyncio.run(replay.answer(opened, shift)).report
            assert report is not None, "an answer has its page"
            first = report.open[0] if report.open else None
            sums = {}
            if first is not None and first.odds is not None:
                sums = weighed(heard(opened, read(opened, shift), shift), Weights()).sums
            out.append(judged(opened.family, shift, report, truth)._replace(lead=_lead(first, sums)))
        return tuple(out)


def judged(family: str, shift: float, report: Report, truth: Truth) -> Said:
    """Right is: the first hypothesis names a right service and, where the truth knows the change and one is blamed, the right change.

    `Nothing is wrong` is right of a healthy system; an answer without an open hypothesis is never right.
    """
    if report.verdict is Verdict.HEALTHY:
        return Said(family, shift, WELL, bool(truth.healthy))
    first = report.open[0] if report.open else None
    if first is None:
        near = not truth.healthy and report.ranking[:1] != () and report.ranking[0] in truth.services
        return Said(family, shift, Confidence.NOT_FOUND.value, right=False, place_right=near)
    there = not truth.healthy and first.cause.service in truth.services
    change = first.cause.change
    right = there and (change is None or truth.change is None or change == truth.change)
    return Said(family, shift, first.confidence.value, right, first.odds, there, change is not None)


def _lead(first: Hypothesis | None, sums: dict[str, float]) -> float:
    if first is None or first.odds is None:
        return 0.0
    return odds.lead(*odds.sides(first.cause.service, first.weight, sums))


def fitted(rows: Sequence[Said]) -> Line:
    """The logistic line through smoothed labels (is the place right, by the log odds of the lead), by Newton's method.

    The slope is held back a little (ridge), the base is not. Needs rows with numbers.
    """
    design = np.array([(1.0, _score(row.lead)) for row in rows])
    labels = np.array([_SURE if row.place_right else _UNSURE for row in rows])
    held = np.diag((1e-6, _RIDGE))
    line = np.zeros(2)
    for _ in range(_ROUNDS):
        chance = 1.0 / (1.0 + np.exp(-design @ line))
        slope = design.T @ (chance - labels) + held @ line
        curve = (design.T * (chance * (1.0 - chance))) @ design + held
        line = line - np.linalg.solve(curve, slope)
    return Line(float(line[0]), float(line[1]))


def numbers(rows: Sequence[Said], line: Line) -> Floats:
    """What this line would say of these rows, bounded and discounted for changes as `clew.causal.odds` does it."""
    score = np.array([_score(row.lead) for row in rows])
    chance = np.clip(1.0 / (1.0 + np.exp(-line.base - line.slope * score)), odds.LEAST, odds.MOST)
    return chance * np.array([odds.CHANGE if row.change else 1.0 for row in rows])


def brier(said_: Iterable[float], rows: Sequence[Said]) -> float:
    """The mean squared distance of numbers from what came true; 0 is perfect, 0.25 is a coin's."""
    return float(np.mean([(number - row.right) ** 2 for number, row in zip(said_, rows, strict=True)]))


def _score(lead: float) -> float:
    held = min(1.0 - 1e-3, max(1e-3, lead))
    return log(held / (1.0 - held))


def _numbered(rows: Iterable[Said], shift: float | None = None) -> list[Said]:
    return [row for row in rows if row.number is not None and shift in (None, row.shift)]


def bins(rows: Sequence[Said]) -> list[list[Said]]:
    """At most five groups of about equal size by number, equal numbers together."""
    ties = [list(group) for _, group in groupby(sorted(rows, key=_number), key=_number)]
    out: list[list[Said]] = []
    done = 0
    for tie in ties:
        if not out or done >= len(rows) * len(out) / _BINS:
            out.append([])
        out[-1] += tie
        done += len(tie)
    return out


def _number(row: Said) -> float:
    return row.number or 0.0


def reliability_table(rows: Sequence[Said]) -> Table:
    """What was said beside what came true: by number in bins of equal size, then by word; the alert as given, then with it moved too."""
    table = Table(title="Said and come true", title_justify="left")
    for name in ("answers", "cases", "mean number", "right", "with moved alerts", "mean number", "right"):
        table.add_column(name)
    given, everyone = _numbered(rows, 0.0), _numbered(rows)
    for group in bins(given):
        low, high = _number(group[0]), _number(group[-1])
        table.add_row(
            f"{low:.2f} to {high:.2f}", *_cells(group), *_cells([r for r in everyone if low <= _number(r) <= high])
        )
    table.add_section()
    for word in _WORDS:
        group = [row for row in everyone if row.word == word]
        if group:
            table.add_row(word, *_cells([row for row in group if row.shift == 0.0]), *_cells(group))
    silent = [row for row in rows if row.word == Confidence.NOT_FOUND.value]
    ranked = [row._replace(right=row.place_right) for row in silent]
    well = [row for row in rows if row.word == WELL]
    for name, apart in (
        ("Not found (apart)", silent),
        ("... by the first it ranked", ranked),
        (f"{WELL} (apart)", well),
    ):
        if apart:
            table.add_row(name, *_cells([row for row in apart if row.shift == 0.0]), *_cells(apart))
    return table


def _cells(group: Sequence[Said]) -> tuple[str, str, str]:
    if not group:
        return "0", "", ""
    told = [row.number for row in group if row.number is not None]
    return str(len(group)), f"{np.mean(told):.2f}" if told else "", f"{np.mean([row.right for row in group]):.2f}"


def brier_table(rows: Sequence[Said]) -> Table:
    """Brier scores of the alerts as given, by family: as said, of always saying the base rate, and of a line fitted on the others.

    Every base rate is that of the other families, as is every fitted line; those two see the moved alerts as well.
    """
    table = Table(title="Brier score, lower is better", title_justify="left")
    for name in (
        "family left out",
        "cases",
        "right",
        "as said",
        "base rate of the others",
        "line fitted on the others",
    ):
        table.add_column(name)
    given = _numbered(rows, 0.0)
    base, line = list[float](), list[float]()
    ordered = list[Said]()
    for family in families(row.family for row in given):
        mine, others = [r for r in given if r.family == family], [r for r in _numbered(rows) if r.family != family]
        rate = float(np.mean([row.right for row in others]))
        found = fitted(others)
        base += [rate] * len(mine)
        line += numbers(mine, found).tolist()
        ordered += mine
        told = (brier(map(_number, mine), mine), brier([rate] * len(mine), mine), brier(numbers(mine, found), mine))
        right = f"{np.mean([row.right for row in mine]):.2f}"
        last = f"{told[2]:.3f}  ({found.base:.2f}, {found.slope:.2f})"
        table.add_row(family, str(len(mine)), right, f"{told[0]:.3f}", f"{told[1]:.3f}", last)
    table.add_section()
    whole = fitted(_numbered(rows))
    scores = (brier(map(_number, ordered), ordered), brier(base, ordered), brier(line, ordered))
    rate = f"{np.mean([row.right for row in ordered]):.2f}"
    table.add_row("all", str(len(ordered)), rate, *(f"{score:.3f}" for score in scores))
    inside = f"{brier(numbers(ordered, whole), ordered):.3f}  ({whole.base:.2f}, {whole.slope:.2f})"
    flat = f"{brier([float(rate)] * len(ordered), ordered):.3f}"
    now = f"{brier(numbers(ordered, TODAY), ordered):.3f}  ({TODAY.base:.2f}, {TODAY.slope:.2f})"
    table.add_row("all, fitted on all", str(len(ordered)), rate, now, flat, inside)
    return table
