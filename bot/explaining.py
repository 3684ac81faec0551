"""What does the reckoning of an incident look like in a terminal, as data, and as a picture?"""

import asyncio
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from bot.caption import utc
from bot.chart import Painter, picture
from bot.slack.text import visible
from bot.timeline import in_words, title, undated, window
from bot.timeline import order as signs
from clew.causal.explanation import FIT, Candidate, Explanation, Matched, Moved, Summand
from clew.errors import Misconfigured
from clew.hypothesis import Outcome, Timeline

TEXT = 4_000
_MARKS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.UNKNOWN: "?"}


def explanation_as_json(told: Explanation, timeline: Timeline | None) -> dict[str, Any]:
    """The reckoning as one JSON object; `timeline` is what the picture shows."""
    return {
        **told.model_dump(mode="json"),
        "timeline": timeline.model_dump(mode="json") if timeline is not None else None,
    }


async def drawn_into(path: Path, timeline: Timeline | None) -> str:
    """Draws the timeline into a file and says so. Raises ClewError if it cannot be drawn, Misconfigured if the file cannot be written."""
    if timeline is None:
        return "No picture: fewer than two services show when they began."
    async with Painter() as painter:
        drawn = await picture(timeline, window(timeline), painter)
    try:
        await asyncio.to_thread(path.write_bytes, drawn.png)
    except OSError as error:
        raise Misconfigured(f"cannot write {path}: {error.strerror}. Choose another file for --picture.") from error
    return f"{path}: {visible(drawn.alt, TEXT)}"


def show_explanation(console: Console, told: Explanation, timeline: Timeline | None) -> None:
    """Prints the reckoning for a person, top candidates first; fits any width from 40 columns on."""
    onset = f"began {utc(told.onset)}" if told.onset is not None else "no common onset"
    console.print(_clean(told.headline or told.verdict), style="bold", highlight=False)
    _say(
        console,
        f"Verdict: {told.verdict}; {onset}; alert {utc(told.alerted_at)}. Named from a weight of {told.bar:g} on "
        f"({told.unfelt:g} on metrics alone where nobody feels anything).",
    )
    for place, candidate in enumerate(told.candidates, 1):
        _candidate(console, place, candidate)
    if not told.candidates:
        _heading(console, "No candidate is open.")
    _changes(console, told)
    if timeline is not None:
        _timeline(console, timeline)
    if told.ruled_out:
        _heading(console, "Ruled out")
        for candidate in told.ruled_out:
            label = f" ({candidate.label})" if candidate.label is not None else ""
            _say(console, f"{candidate.title}{label}: {candidate.reason}", indent=2)
    if told.unjudged:
        _heading(console, "Could not be judged")
        for line in told.unjudged:
            _say(console, line, indent=2)


def _candidate(console: Console, place: int, candidate: Candidate) -> None:
    label = f", {candidate.label}" if candidate.label is not None else ""
    odds = f", chance {candidate.odds:.2f}" if candidate.odds is not None else ""
    _heading(console, f"{place}. {candidate.title}")
    _say(console, f"{candidate.confidence}{label}{odds}", indent=2)
    console.print(Padding(_sum(candidate), (0, 0, 0, 2), expand=False))
    for moved in candidate.moved:
        _say(console, _moved(moved), indent=2)
    for trial in candidate.trials:
        _say(console, f"{_MARKS[trial.outcome]} {trial.name}: {trial.says}", indent=2)
    for what, effect in (("without it", candidate.effect), ("if fixed", candidate.forecast)):
        if effect is not None:
            _say(console, f"{what}: {effect.says}", indent=2)


def _sum(candidate: Candidate) -> Table:
    """Term by term, with the line under which a person adds up."""
    table = Table(box=None, pad_edge=False, show_header=True, header_style="dim")
    table.add_column("term", overflow="fold")
    table.add_column("amount", justify="right", no_wrap=True)
    table.add_column("worth", justify="right", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("because", overflow="fold", ratio=1)
    for term in candidate.terms:
        table.add_row(_clean(term.name), *_factors(term), f"{term.value:+.4f}", _clean(term.says))
    table.add_row("weight", "", "", f"{candidate.total:.4f}", "", style="bold")
    return table


def _factors(term: Summand) -> tuple[str, str]:
    if term.amount is None or term.worth is None:
        return "", ""
    return f"{term.amount:.4f}", f"× {term.worth:g}"


def _moved(moved: Moved) -> str:
    said = f"{moved.signal}: off by {moved.own:.2f}"
    if moved.callee:
        said += f"; {moved.callee} below it by {moved.below:.2f}, which leaves {moved.shifted:.2f}"
    if not moved.reached:
        said += f"; no chain of calls with trouble joins it with the symptom: {moved.left:.2f}"
    return f"{said}; it only forwards: {moved.left:.2f}" if moved.passes else said


def _changes(console: Console, told: Explanation) -> None:
    if not told.changes:
        return
    _heading(console, f"Changes: a change must beat {told.none:.2f} ({told.none_says})")
    _say(console, f"amount = {FIT}", indent=2)
    for found in told.changes:
        _say(console, f"{found.amount:.4f}  {_parts(found)}", indent=2)
        _say(console, found.says, indent=4)


def _parts(found: Matched) -> str:
    parts = ", ".join(f"{name} {value:.2f}" for name, value in found.parts)
    if found.tested:
        parts += f"; a natural experiment {found.tested:+.4f}"
    return f"{parts}; it came after the onset" if found.late else parts


def _timeline(console: Console, timeline: Timeline) -> None:
    _heading(console, title(timeline))
    _say(console, in_words(timeline), indent=2)
    for row in signs(timeline):
        _say(console, f"{utc(row.onset or 0.0)}  {row.service}", indent=2)
    for row in (r for r in timeline.rows if r.onset is None):
        _say(console, f"{row.service}: {undated(row)}", indent=2)


def _clean(text: str) -> str:
    """Outside text as it may stand in a terminal: no markup, and signs that nobody sees shown as escapes."""
    return escape(visible(text, TEXT))


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(_clean(text), style="bold", highlight=False)


def _say(console: Console, text: str, indent: int = 0) -> None:
    console.print(Padding(_clean(text), (0, 0, 0, indent), expand=False), highlight=False)
