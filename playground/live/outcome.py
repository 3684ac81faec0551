"""Was the answer to one live incident right, and how long did it take?"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from clew.hypothesis import Report
from playground.shop.fault import NONE, Truth
from playground.shop.shop import Deploy


@dataclass(frozen=True)
class Clocked:
    """When what happened, Unix seconds; None for what never came."""

    broken: float
    alert: float | None = None
    finding: float | None = None
    verdict: float | None = None


@dataclass(frozen=True)
class Judged:
    """What was right; None where the question does not arise."""

    right_service_first: bool | None
    right_change_first: bool | None
    false_cause: bool


@dataclass(frozen=True)
class Outcome:
    """One run of the drill. `control`: nothing was wrong, but an alarm was raised.

    `failed` says why there is nothing to judge: the set-up did not work, or no alarm came. Such a run is not a wrong answer.
    """

    fault: str
    control: bool
    right_service_first: bool | None = None
    right_change_first: bool | None = None
    false_cause: bool | None = None
    seconds_to_alert: float | None = None
    seconds_to_first_finding: float | None = None
    seconds_to_verdict: float | None = None
    queries: int | None = None
    samples: int | None = None
    change_to_blame: bool = False
    """Whether a change is really to blame."""
    said: str = ""
    """The verdict and what stands first, for people."""
    failed: str = ""

    def told(self) -> dict[str, Any]:
        """The run as the drill's JSON has it; only one that failed says so."""
        row = asdict(self)
        del row["said"], row["change_to_blame"]
        failed = row.pop("failed")
        return {**row, "failed": failed} if failed else row


def judged(report: Report, truth: Truth, deploys: Sequence[Deploy]) -> Judged:
    """Scores a report. A cause counts as named only if the verdict names one: a ranking that nobody is told is no answer.

    The service is that of the first open hypothesis; where its cause has none, as traffic has, the first of the ranking.
    The right change is the commit, or the deploy that brought it out. Where no change is to blame, the answer is right if no change is
    named first. Where nothing is wrong, neither question arises, and any named cause is a false one.
    """
    if truth.healthy:
        return Judged(None, None, report.blames)
    service = blamed(report)
    right = service in truth.services
    return Judged(right, _change(report, truth, deploys), service is not None and not right)


def blamed(report: Report) -> str | None:
    """The service that the verdict names first; None where it names no cause."""
    if not report.blames:
        return None
    said = report.open[0].cause.service if report.open else None
    return said or (report.ranking[0] if report.ranking else None)


def _change(report: Report, truth: Truth, deploys: Sequence[Deploy]) -> bool:
    named = report.changes[0] if report.blames and report.changes else NONE
    if truth.change in {None, NONE}:
        return named == NONE
    known = {truth.change, *(deploy.id for deploy in deploys if deploy.commit == truth.change)}
    return named in known


def outcome(fault: str, right: Judged, clocked: Clocked, spent: tuple[int, int]) -> Outcome:
    """The run without its words. Alerts are counted from the moment the Shop was broken, answers from the alert."""
    return Outcome(
        fault=fault,
        control=right.right_service_first is None,
        right_service_first=right.right_service_first,
        right_change_first=right.right_change_first,
        false_cause=right.false_cause,
        seconds_to_alert=_apart(clocked.broken, clocked.alert),
        seconds_to_first_finding=_apart(clocked.alert, clocked.finding),
        seconds_to_verdict=_apart(clocked.alert, clocked.verdict),
        queries=spent[0],
        samples=spent[1],
    )


def _apart(since: float | None, until: float | None) -> float | None:
    return None if since is None or until is None else round(until - since, 2)
