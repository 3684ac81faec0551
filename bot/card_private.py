"""What does one person get to see in private: a catch-up, the state of things, help?"""

from bot.card import Button, Card, Line, Link, Look, Person, Strong, clock
from bot.card_progress import elapsed, gap_line, leading_line, shown_title
from bot.citation import prose, sources
from bot.slack.ids import COMMAND, Act, Target
from clew.hypothesis import Verdict
from clew.progress import Progress, RunState, StepState

_FOOTER: Line = ("Only you can see this · AI can be wrong · read-only",)
_STATE = {
    RunState.INVESTIGATING: "investigating",
    RunState.RECHECKING: "rechecking",
    RunState.DONE: "done",
    RunState.STOPPED: "stopped",
    RunState.RESOLVED: "resolved",
}
_GAPS = 3


def catchup(view: Progress, *, now: float, thread: str | None = None) -> Card:
    """For somebody who joins late: now, cause, looked at, open, next. `thread` is the address of the card, if known."""
    incident = view.incident
    minutes = max(0, int((now - incident.opened_at) / 60))
    lines: list[Line] = [_now(view), _cause(view), _looked(view)]
    if view.report is not None and view.report.ruled_out:
        lines.append((Strong("Ruled out"), "  ", " · ".join(h.title for h in view.report.ruled_out[:5])))
    lines.append(_next(view))
    if thread:
        lines.append((Link("Open the thread", thread),))
    return Card(
        title=f"Catch-up · {shown_title(incident)} · {minutes} min in",
        quiet=True,
        lines=tuple(lines),
        notes=tuple(gap_line(gap) for gap in view.gaps[:_GAPS]),
        sources=sources(view.evidence, incident.id),
        buttons=(Button(Act.ASK, "Ask", Target(incident=incident.id), "Ask a question about this incident"),),
        footer=_FOOTER,
        fallback=f"Catch-up on {shown_title(incident)}: {_STATE[view.state]}, {minutes} min in",
    )


def status(view: Progress | None, *, now: float, thread: str | None = None) -> Card:
    """One glance: what runs in this channel, and the cause if it is known. None: nothing runs here."""
    if view is None:
        return Card(
            title="Nothing is being investigated here",
            quiet=True,
            lines=(("Type ", Strong(COMMAND), " to start, or ", Strong(f"{COMMAND} help"), " to see what there is."),),
            footer=_FOOTER,
            fallback="Nothing is being investigated here",
        )
    about = Target(incident=view.incident.id)
    running = view.state in (RunState.INVESTIGATING, RunState.RECHECKING)
    stop = (Button(Act.STOP, "Stop", about, "Stop this investigation", Look.GRAVE),) if running else ()
    open_line: tuple[Line, ...] = ((Link("Open the thread", thread),),) if thread else ()
    return Card(
        title=f"{shown_title(view.incident)} · {_STATE[view.state]} · {clock(elapsed(view, now))}",
        quiet=True,
        lines=(_now(view), _cause(view), *open_line),
        notes=tuple(gap_line(gap) for gap in view.gaps[:_GAPS]),
        buttons=(Button(Act.CATCHUP, "Catch me up", about, "Show a private catch-up"), *stop),
        footer=_FOOTER,
        fallback=f"{shown_title(view.incident)}: {_STATE[view.state]}",
    )


def help_card() -> Card:
    """What a person can type and press."""
    rows = (
        ("", "start here, or show the card"),
        (" why is checkout slow?", "start with that question, or ask it"),
        (" status", "what runs here, for you alone"),
        (" catchup", "what happened so far, for you alone"),
        (" stop", "stop the investigation; findings are kept"),
        (" help", "this"),
    )
    return Card(
        title="Clew follows the thread from the symptom back to the cause",
        quiet=True,
        lines=(
            *((Strong(COMMAND + words), f"  {does}") for words, does in rows),
            ("Mention Clew in a thread, or reply to one of its messages, to ask. Other talk is never answered.",),
            ("Agree with a hypothesis, or reject it with a reason: a reject starts a recheck.",),
            (
                "Ask for example: what changed, show the errors of checkout, why not db-3, is it over, who else is affected.",
            ),
        ),
        footer=("Only you can see this · AI can be wrong · read-only: Clew changes nothing",),
        fallback="How to use Clew",
    )


def notice(text: str) -> Card:
    """One private, helpful sentence: what is wrong and what to do."""
    return Card(title="", lines=((text,),), footer=_FOOTER, fallback=text)


def _now(view: Progress) -> Line:
    said = view.report.headline if view.report is not None else view.so_far
    if view.state is RunState.STOPPED and view.stopped_by:
        return (Strong("Now"), "  stopped by ", Person(view.stopped_by), ". ", *prose(said, view.incident.alerted_at))
    return (Strong("Now"), "  ", *prose(said or "nothing found yet", view.incident.alerted_at))


def _cause(view: Progress) -> Line:
    report = view.report
    if report is not None and report.verdict is Verdict.HEALTHY:
        return (Strong("Cause"), "  none: looks healthy")
    best = report.open[0] if report is not None and report.blames and report.open else view.leading
    if best is None or (report is not None and report.verdict is Verdict.NOT_FOUND):
        return (Strong("Cause"), "  Not found" if report is not None else "  not known yet")
    return (Strong("Cause"), "  ", *leading_line(best, view.incident.alerted_at))


def _looked(view: Progress) -> Line:
    done = [step for step in view.steps if step.state is StepState.DONE]
    told = " · ".join(f"{step.title}: {step.note}" if step.note else step.title for step in done)
    return (Strong("Looked at"), f"  {told or 'nothing yet'}")


def _next(view: Progress) -> Line:
    best = view.report.open[0] if view.report is not None and view.report.open else view.leading
    step = (best.next_step or best.settle) if best is not None else ""
    return (Strong("Next"), "  ", *prose(step or "wait for the first hypothesis", view.incident.alerted_at))
