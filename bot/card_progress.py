"""What does the one card in the channel say while Clew works, and when it is done?"""

from bot.card import Button, Card, Line, Link, Look, Person, Plan, Span, Strong, Task
from bot.card_alerts import alert_lines
from bot.citation import prose, sources
from bot.slack.ids import Act, Target
from bot.tone import tempered
from clew.hypothesis import Confidence, Gap, Hypothesis, Report, Verdict
from clew.incident import Incident
from clew.progress import Progress, RunState, Step, StepState

TITLE = 40
"""Characters of a title, so that the verdict stands within the first 80 of a heading."""
FALLBACK = 200
RULED_OUT = 8
_FOUND = {
    Confidence.CONFIRMED: "CAUSE CONFIRMED",
    Confidence.LIKELY: "LIKELY CAUSE FOUND",
    Confidence.POSSIBLE: "POSSIBLE CAUSE FOUND",
}
_SETTLED = frozenset({StepState.DONE, StepState.FAILED})


def progress_card(view: Progress, now: float, picture: str = "") -> Card:
    """The card for where the investigation stands at `now` (Unix seconds); `picture` is the address of the verdict's, if it has one."""
    match view.state:
        case RunState.INVESTIGATING | RunState.RECHECKING:
            return _running(view, now)
        case RunState.STOPPED:
            return _stopped(view, now)
        case RunState.DONE | RunState.RESOLVED:
            return _ended(view, now, picture)


def shown_title(incident: Incident) -> str:
    """The incident's title, cut so that what follows it is still seen first."""
    title = " ".join(incident.title.split()) or incident.thread.channel or "incident"
    return title if len(title) <= TITLE else title[: TITLE - 1].rstrip() + "…"


def _brief(text: str) -> str:
    """Words for a notification: the verdict stands in the first of them, so the end may go."""
    flat = " ".join(text.split())
    return flat if len(flat) <= FALLBACK else flat[: FALLBACK - 1].rstrip() + "…"


def elapsed(view: Progress, now: float) -> float:
    """Seconds that the investigation has taken: its own count once it is done."""
    if view.report is not None and view.report.seconds > 0 and view.state in (RunState.DONE, RunState.RESOLVED):
        return view.report.seconds
    return max(0.0, min(now, view.updated_at) - view.incident.opened_at)


def gap_line(gap: Gap) -> Line:
    """A failed source, never silence: what failed, why, and what that means for the answer."""
    return ("! ", Strong(gap.source), f": {gap.reason}. {gap.effect}" if gap.effect else f": {gap.reason}")


def leading_line(best: Hypothesis, near: float) -> Line:
    """`Likely: deploy 4f2c1a cut the pool`."""
    return (Strong(f"{best.confidence}"), ": ", *prose(tempered(best.title, best.confidence), near))


def _footer(incident: Incident, run: str = "") -> Line:
    line: list[Span] = ["AI can be wrong · read-only"]
    if run:
        line.append(f" · run {run[:8]}")
    if incident.why_joined:
        line.append(f" · joined because {incident.why_joined}")
    elif incident.opened_by:
        line += [" · started by ", Person(incident.opened_by)]
    return tuple(line)


def _running(view: Progress, now: float) -> Card:
    incident, near = view.incident, view.incident.alerted_at
    rechecking = view.state is RunState.RECHECKING
    state = "rechecking" if rechecking else "investigating"
    so_far: Line = (Strong("So far"), "  ", *prose(view.so_far, near)) if view.so_far else _opening(incident)
    notes: list[Line] = [*alert_lines(view.alerts, running=True), *(gap_line(gap) for gap in _unplanned(view))]
    if view.leading is not None:
        notes.append((Strong("Leading"), "  ", *leading_line(view.leading, near)))
    about = Target(incident=incident.id)
    return Card(
        title=shown_title(incident),
        state=state,
        elapsed=elapsed(view, now),
        lines=(so_far,),
        plan=_plan(view.steps),
        notes=tuple(notes),
        sources=sources(view.evidence, incident.id),
        buttons=(
            Button(Act.STOP, "Stop", about, "Stop this investigation", Look.GRAVE),
            Button(Act.ASK, "Ask", about, "Ask a question about this incident"),
        ),
        footer=_footer(incident, view.run),
        fallback=_brief(f"{shown_title(incident)}: {state}. {view.so_far}".strip()),
    )


def _opening(incident: Incident) -> Line:
    if incident.question:
        return (Strong("Asked"), "  ", incident.question)
    return ("Looking at: what changed, who is affected, since when.",)


def _plan(steps: tuple[Step, ...]) -> Plan | None:
    if not steps:
        return None
    done = sum(step.state in _SETTLED for step in steps)
    tasks = tuple(Task(step.key, step.title, step.state, step.note) for step in steps)
    return Plan(f"Plan · {done} of {len(steps)}", tasks)


def _unplanned(view: Progress) -> tuple[Gap, ...]:
    """The gaps that no failed step of the plan speaks of already."""
    said = " ".join(step.note for step in view.steps if step.state is StepState.FAILED)
    return tuple(gap for gap in view.gaps if gap.effect not in said or not gap.effect)


def _stopped(view: Progress, now: float) -> Card:
    incident = view.incident
    by: Line = ("Stopped by ", Person(view.stopped_by), ".") if view.stopped_by else ("Stopped.",)
    lines: list[Line] = [(*by, " What was found so far is kept.")]
    if view.so_far:
        lines.append((Strong("So far"), "  ", *prose(view.so_far, incident.alerted_at)))
    if view.leading is not None:
        lines.append((Strong("Leading"), "  ", *leading_line(view.leading, incident.alerted_at)))
    about = Target(incident=incident.id)
    return Card(
        title=shown_title(incident),
        state="STOPPED",
        elapsed=elapsed(view, now),
        lines=tuple(lines),
        notes=(*alert_lines(view.alerts, running=False), *(gap_line(gap) for gap in view.gaps)),
        sources=sources(view.evidence, incident.id),
        buttons=(
            Button(Act.RESUME, "Resume", about, "Take the investigation up again", Look.MAIN),
            Button(Act.ASK, "Ask", about, "Ask a question about this incident"),
        ),
        footer=_footer(incident, view.run),
        fallback=_brief(f"{shown_title(incident)}: stopped. {view.so_far}".strip()),
    )


def _ended(view: Progress, now: float, picture: str) -> Card:
    report = view.report
    if report is None:
        return _without_report(view, now)
    incident = view.incident
    best = report.open[0] if report.blames and report.open else None
    state, said = _verdict(report, best, incident.alerted_at)
    resolved = view.state is RunState.RESOLVED
    return Card(
        title=shown_title(incident),
        state=f"RESOLVED · {state}" if resolved else state,
        elapsed=elapsed(view, now),
        lines=((Strong("What"), "  ", *prose(report.headline, incident.alerted_at)), *said),
        notes=(
            *alert_lines(view.alerts, running=False),
            *_closing(report, view.gaps),
            *_pictured(report, picture),
        ),
        sources=sources(view.evidence, incident.id),
        buttons=() if resolved else _choices(incident, best),
        footer=_footer(incident, view.run),
        fallback=_brief(f"{shown_title(incident)}: {_said(report, best)}"),
    )


def _without_report(view: Progress, now: float) -> Card:
    """An end that left nothing to read is said as such."""
    incident, resolved = view.incident, view.state is RunState.RESOLVED
    by: Line = ("The investigation was stopped by ", Person(view.stopped_by), " before it ended.")
    lost: Line = ("The investigation ended without a report. Ask, or start it again with ", Strong("/investigate"), ".")
    return Card(
        title=shown_title(incident),
        state="RESOLVED · CAUSE NOT FOUND" if resolved else "CAUSE NOT FOUND",
        elapsed=elapsed(view, now),
        lines=(by if view.stopped_by else lost,),
        notes=(*alert_lines(view.alerts, running=False), *(gap_line(gap) for gap in view.gaps)),
        sources=sources(view.evidence, incident.id),
        buttons=_choices(incident, None),
        footer=_footer(incident, view.run),
        fallback=_brief(f"{shown_title(incident)}: cause not found, the investigation ended without a report"),
    )


def _verdict(report: Report, best: Hypothesis | None, near: float) -> tuple[str, tuple[Line, ...]]:
    if best is not None:
        cause: Line = (Strong("Cause"), "  ", *leading_line(best, near))
        step: tuple[Line, ...] = ((Strong("Next"), "  ", *prose(best.next_step, near)),) if best.next_step else ()
        found = _FOUND.get(best.confidence, "CAUSE NOT FOUND")
        return "SEVERAL CAUSES FOUND" if report.verdict is Verdict.SEVERAL else found, (cause, *step)
    if report.verdict is Verdict.HEALTHY:
        return "LOOKS HEALTHY", (("Nothing is unusual in what could be seen; no cause is named.",),)
    settle = tuple((f"{place}  ", *prose(h.settle, near)) for place, h in enumerate(_settling(report), 1))
    head: Line = (Strong("Cause"), "  ", Strong("Not found"), ": nothing seen clears the bar.")
    return "CAUSE NOT FOUND", (head, (Strong("Would settle it"),), *settle) if settle else (head,)


def _settling(report: Report) -> tuple[Hypothesis, ...]:
    return tuple(h for h in report.hypotheses if h.settle)[:2]


def _said(report: Report, best: Hypothesis | None) -> str:
    if best is not None:
        return f"{best.confidence.lower()} cause: {tempered(best.title, best.confidence)}"
    return (
        "looks healthy, no cause named" if report.verdict is Verdict.HEALTHY else f"cause not found. {report.headline}"
    )


def _closing(report: Report, gaps: tuple[Gap, ...]) -> tuple[Line, ...]:
    known = {(gap.source, gap.reason): gap for gap in (*report.gaps, *gaps)}
    notes: list[Line] = [gap_line(gap) for gap in known.values()]
    others = report.open[1:] if report.blames else ()
    if others:
        also = "And beside it" if report.verdict is Verdict.SEVERAL else "Also open"
        notes.append((Strong(also), "  ", " · ".join(f"{h.title} ({h.confidence})" for h in others)))
    if report.ruled_out:
        titles = " · ".join(h.title for h in report.ruled_out[:RULED_OUT])
        notes.append((Strong(f"Ruled out ({len(report.ruled_out)})"), f"  {titles}; reasons in the thread"))
    return tuple(notes)


def _pictured(report: Report, address: str) -> tuple[Line, ...]:
    """Where the picture of the onsets stands, once it does."""
    if report.timeline is None or not address:
        return ()
    dated = sum(row.onset is not None for row in report.timeline.rows)
    return ((Strong("Timeline"), "  ", Link(f"first signs of {dated} services, on the call graph", address)),)


def _choices(incident: Incident, best: Hypothesis | None) -> tuple[Button, ...]:
    """A button without a hypothesis number is about the leading one."""
    about = Target(incident=incident.id)
    ask = Button(Act.ASK, "Ask", about, "Ask a question about this incident")
    if best is None:
        return (ask,)
    fix = Button(Act.FIX, "See a fix", about, "See what a person could do; nothing is done")
    not_it = Button(Act.NOT_IT, "Not it", about, "Say that this is not the cause, and why")
    return (fix, ask, not_it) if best.next_step else (ask, not_it)
