"""What does a person find on Clew's Home tab?"""

from collections.abc import Sequence
from typing import Protocol

from bot.card import Button, Line, Link, Look, Strong, When, clock
from bot.card_progress import elapsed, leading_line, shown_title
from bot.slack.blocks import button, sections
from bot.slack.check import fitted_home
from bot.slack.ids import Act, Target
from bot.slack.shapes import Block, Header, Home, context, plain_text, section
from clew.hypothesis import Verdict
from clew.ports import Health
from clew.progress import Progress, RunState

MOST = 5
_RUNNING = (RunState.INVESTIGATING, RunState.RECHECKING)


class Missing(Protocol):
    """An optional right that was not granted."""

    @property
    def name(self) -> str: ...
    @property
    def without(self) -> str: ...


def home(
    recent: Sequence[Progress],
    health: Sequence[Health],
    missing: Sequence[Missing] = (),
    *,
    now: float,
    threads: dict[str, str] | None = None,
) -> Home:
    """Live and recent investigations, the state of each source, and what a missing optional scope takes away.

    `threads` maps an incident's id to the address of its card.
    """
    at = threads or {}
    live = [p for p in recent if p.state in _RUNNING]
    past = [p for p in recent if p.state not in _RUNNING]
    blocks: list[Block] = [
        _header("Clew"),
        {"type": "actions", "elements": [button(Button(Act.NEW, "New run", Target(incident=""), look=Look.MAIN))]},
        _header(f"Live ({len(live)})"),
        *(sections(_row(p, now, at) for p in live[:MOST]) or [section("Nothing is being investigated.")]),
        _header("Recent"),
        *(sections(_row(p, now, at) for p in past[:MOST]) or [section("No investigation has ended yet.")]),
        _header("Sources"),
        *(sections(_source(h) for h in health) or [section("! No source is configured: nothing can be looked at.")]),
    ]
    lost = [scope for scope in missing if scope.without]
    if lost:
        blocks += [_header("Missing"), *sections((Strong(s.name), f" → {s.without}") for s in lost)]
    blocks.append(context("AI can be wrong · read-only · /investigate help"))
    return fitted_home({"type": "home", "blocks": blocks})


def _header(words: str) -> Header:
    return {"type": "header", "text": plain_text(words)}


def _row(view: Progress, now: float, threads: dict[str, str]) -> Line:
    title = shown_title(view.incident)
    address = threads.get(view.incident.id)
    name = Link(title, address) if address else Strong(title)
    return (
        name,
        " · ",
        *_stands(view),
        f" · {clock(elapsed(view, now))} · ",
        When(view.incident.opened_at, seconds=False),
    )


def _stands(view: Progress) -> Line:
    if view.state is RunState.STOPPED:
        return ("stopped",)
    report = view.report
    if report is not None and report.verdict is Verdict.HEALTHY:
        return ("looks healthy",)
    if report is not None and report.verdict is Verdict.NOT_FOUND:
        return ("Not found",)
    best = report.open[0] if report is not None and report.open else view.leading
    return leading_line(best, view.incident.alerted_at) if best is not None else (view.state.value,)


def _source(health: Health) -> Line:
    return ("✓ " if health.ok else "! ", Strong(health.source), f"  {health.says}")
