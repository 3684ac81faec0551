"""What does a finished investigation look like as data and in a terminal?"""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from clew.hypothesis import Confidence, Hypothesis, Outcome, Verdict
from clew.progress import Numbered, Progress

STYLES: Mapping[Confidence, str] = {
    Confidence.CONFIRMED: "bold",
    Confidence.LIKELY: "bold",
    Confidence.POSSIBLE: "",
    Confidence.RULED_OUT: "dim",
    Confidence.NOT_FOUND: "dim",
}

_TESTED = {Outcome.PASSED: "✓", Outcome.FAILED: "✗"}


def as_json(progress: Progress, evidence: tuple[Numbered, ...]) -> dict[str, Any]:
    """The report as one JSON object: `ranking`, `hypotheses`, `evidence`, `healthy`, `seconds` and what explains them."""
    report = progress.report
    if report is None:
        return {
            "ranking": [],
            "hypotheses": [],
            "evidence": [],
            "healthy": False,
            "seconds": 0.0,
            "verdict": "not found",
        }
    numbers = {item.fact.id: f"E{item.number}" for item in evidence}
    return {
        "incident": report.incident,
        "title": progress.incident.title,
        "verdict": report.verdict.value,
        "headline": report.headline,
        "onset": report.onset,
        "ranking": list(report.ranking),
        "changes": list(report.changes),
        "hypotheses": [_hypothesis(h, numbers) for h in report.hypotheses],
        "evidence": [{"number": f"E{item.number}", **item.fact.model_dump(mode="json")} for item in evidence],
        "healthy": report.verdict is Verdict.HEALTHY,
        "gaps": [gap.model_dump(mode="json") for gap in report.gaps],
        "rounds": report.rounds,
        "queries": report.queries,
        "seconds": round(report.seconds, 3),
    }


def _hypothesis(hypothesis: Hypothesis, numbers: Mapping[str, str]) -> dict[str, Any]:
    found = hypothesis.model_dump(mode="json")
    for side in ("support", "against"):
        found[side] = [
            {"text": claim.text, "evidence": [numbers.get(fact, fact) for fact in claim.evidence]}
            for claim in getattr(hypothesis, side)
        ]
    return found


def show_report(console: Console, progress: Progress, evidence: tuple[Numbered, ...]) -> None:
    """Prints the report for a person: what broke, why Clew thinks so, how sure it is, what to do."""
    report = progress.report
    if report is None:
        console.print("The investigation ended without a report.")
        return
    numbers = {item.fact.id: f"E{item.number}" for item in evidence}
    console.print(
        Panel(
            escape(report.headline or progress.incident.title),
            title=escape(progress.incident.title),
            title_align="left",
        )
    )
    for place, hypothesis in enumerate(report.open, 1):
        _print_hypothesis(console, place, hypothesis, numbers)
    if not report.open:
        console.print(
            {Verdict.HEALTHY: "Nothing is wrong, as far as can be seen."}.get(
                report.verdict, "Not found: nothing clears the bar."
            )
        )
    for hypothesis in report.ruled_out:
        console.print(f"  Ruled out  {escape(hypothesis.title)}: {escape(hypothesis.ruled_out)}", style="dim")
    for gap in report.gaps:
        console.print(f"  ! {escape(gap.source)}: {escape(gap.reason)}. {escape(gap.effect)}")
    cited = {fact for h in report.hypotheses for claim in (*h.support, *h.against) for fact in claim.evidence}
    table = Table(box=None, show_header=False, padding=(0, 1))
    for item in evidence:
        if item.fact.id in cited:
            table.add_row(
                f"E{item.number}",
                item.fact.label,
                escape(item.fact.says),
                escape(item.fact.link or item.fact.query),
                style="dim",
            )
    console.print(table)
    console.print(f"{report.queries} queries, {report.rounds} rounds, {report.seconds:.1f} s", style="dim")


def _print_hypothesis(console: Console, place: int, hypothesis: Hypothesis, numbers: Mapping[str, str]) -> None:
    word = hypothesis.confidence
    console.print(f"H{place} {word.value}  {escape(hypothesis.title)}", style=STYLES[word])
    for sign, claims in (("+", hypothesis.support), ("-", hypothesis.against)):
        for claim in claims:
            cites = " ".join(numbers.get(fact, fact) for fact in claim.evidence)
            console.print(f"   {sign} {escape(claim.text)}  [dim]{cites}[/dim]")
    for trial in hypothesis.trials:
        if trial.outcome is not Outcome.UNKNOWN:
            console.print(f"   {_TESTED[trial.outcome]} {trial.name}: {escape(trial.says)}", style="dim")
    for label, text in (
        ("Tests make it", hypothesis.label.value if hypothesis.label is not None else ""),
        *(("What if", effect.says) for effect in (hypothesis.effect, hypothesis.forecast) if effect and effect.claimed),
        ("Tried to break it", hypothesis.challenge),
        ("Would settle it", hypothesis.settle),
        ("Next", hypothesis.next_step),
    ):
        if text:
            console.print(f"   {label}: {escape(text)}", style="dim")
