"""What do the runs of a drill come to: by fault, in all, and against what is promised?"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from playground.live.outcome import Outcome

FIRST_FINDING_SECONDS = 10.0
VERDICT_SECONDS = 30.0
RIGHT = 0.9


@dataclass(frozen=True)
class Tally:
    """Some runs of one kind. Shares are (right, of so many); seconds, queries and samples are medians, None without any."""

    name: str
    runs: int
    service: tuple[int, int]
    change: tuple[int, int]
    false_causes: int
    to_alert: float | None
    to_finding: float | None
    to_verdict: float | None
    queries: float | None
    samples: float | None
    failed: int = 0


def tallied(name: str, outcomes: Sequence[Outcome]) -> Tally:
    """Counts these runs; those that failed are only counted as such."""
    made = [outcome for outcome in outcomes if not outcome.failed]

    def middle(of: Callable[[Outcome], float | None]) -> float | None:
        return at(0.5, (value for outcome in made if (value := of(outcome)) is not None))

    return Tally(
        name=name,
        runs=len(made),
        service=_share(outcome.right_service_first for outcome in made),
        change=_share(outcome.right_change_first for outcome in made),
        false_causes=sum(bool(outcome.false_cause) for outcome in made),
        to_alert=middle(lambda o: o.seconds_to_alert),
        to_finding=middle(lambda o: o.seconds_to_first_finding),
        to_verdict=middle(lambda o: o.seconds_to_verdict),
        queries=middle(lambda o: o.queries),
        samples=middle(lambda o: o.samples),
        failed=len(outcomes) - len(made),
    )


def _share(given: Iterable[bool | None]) -> tuple[int, int]:
    asked = [right for right in given if right is not None]
    return sum(asked), len(asked)


def at(share: float, values: Iterable[float]) -> float | None:
    """The smallest value that at least `share` of the values do not exceed; None of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def by_fault(outcomes: Sequence[Outcome]) -> tuple[Tally, ...]:
    """A line for each fault, in the order in which they first came; controls last."""
    names = dict.fromkeys(outcome.fault for outcome in sorted(outcomes, key=lambda o: o.control))
    return tuple(tallied(name, [o for o in outcomes if o.fault == name]) for name in names)


def show(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Prints the table, and below it what it comes to."""
    heads = ("fault", "runs", "service first", "change first", "false cause", "to alert", "to finding", "to verdict")
    table = Table(*heads, "queries", "samples", "failed", box=None, pad_edge=False)
    for one in by_fault(outcomes):
        table.add_row(*_row(one))
    console.print(table)
    for line in summary(outcomes):
        console.print(line, highlight=False, markup=False)


def _row(one: Tally) -> tuple[str, ...]:
    seconds = (
        f"{value:.1f} s" if value is not None else "–" for value in (one.to_alert, one.to_finding, one.to_verdict)
    )
    counts = (f"{value:,.0f}" if value is not None else "–" for value in (one.queries, one.samples))
    shares = (_of(one.service), _of(one.change))
    return (one.name, str(one.runs), *shares, str(one.false_causes), *seconds, *counts, str(one.failed or ""))


def _of(share: tuple[int, int]) -> str:
    return f"{share[0]} of {share[1]}" if share[1] else "–"


def summary(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """What all runs come to, beside the targets."""
    faulty = [outcome for outcome in outcomes if not outcome.control and not outcome.failed]
    controls = [outcome for outcome in outcomes if outcome.control and not outcome.failed]
    blamed = [o for o in faulty if o.change_to_blame]
    every = (*faulty, *controls)
    finding = at(0.95, (o.seconds_to_first_finding for o in every if o.seconds_to_first_finding is not None))
    verdict = at(0.95, (o.seconds_to_verdict for o in every if o.seconds_to_verdict is not None))
    service = _share(o.right_service_first for o in faulty)
    change = _share(o.right_change_first for o in blamed)
    lines = [
        f"right service first: {_of(service)} (at least {RIGHT:.0%} wanted)",
        f"right change first, where one is to blame: {_of(change)} (at least {RIGHT:.0%} wanted)",
        f"first finding within {_seconds(finding)} of the alert in 95 % of the runs (10 s wanted)",
        f"verdict within {_seconds(verdict)} of the alert in 95 % of the runs (30 s wanted)",
        f"false causes in controls: {sum(bool(o.false_cause) for o in controls)} of {len(controls)} (none wanted)",
    ]
    failed = [outcome for outcome in outcomes if outcome.failed]
    return (*lines, *(f"{o.fault}: not judged, {o.failed}" for o in failed))


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} s"
