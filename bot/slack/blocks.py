"""How does a card become a Slack message: the one builder of blocks."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from bot.card import Button, Card, Fact, Image, Line, Look, Menu, Plan, Sources, Task
from bot.citation import prose
from bot.slack.check import fitted
from bot.slack.ids import Act, More, Target, target
from bot.slack.shapes import (
    Actions,
    Block,
    ButtonElement,
    Message,
    Option,
    Overflow,
    PlanBlock,
    Section,
    TaskCard,
    context,
    marked_text,
    plain_text,
    section,
)
from bot.slack.text import escaped, fallback, marked, plain, quoted
from clew.progress import StepState

LABEL = 75
OPTION_VALUE = 150
SECTION_TEXT = 2_900
_MARK = {StepState.PENDING: "○", StepState.RUNNING: "◐", StepState.DONE: "✓", StepState.FAILED: "!"}


class Dialect(StrEnum):
    """Which blocks a workspace takes."""

    NEW = "new"
    CLASSIC = "classic"
    """Only sections, contexts, actions, images and headers."""


def message(card: Card, dialect: Dialect, files: Mapping[str, str] | None = None) -> Message:
    """The card as one Slack message within every limit; the same card gives the same message.

    `files` maps a picture's key to the id that its upload got; without one the chart's numbers and shape go out as text.
    """
    blocks: list[Block] = []
    if card.heading:
        blocks.append(_heading(card))
    blocks += sections(card.lines)
    if card.image is not None:
        blocks.append(_picture(card.image, (files or {}).get(card.image.key)))
    blocks += [_fact(fact) for fact in card.facts]
    if card.plan is not None:
        blocks.append(_plan(card.plan) if dialect is Dialect.NEW else section(_plan_text(card.plan)))
    blocks += sections(card.notes)
    if card.sources is not None:
        blocks.append(_sources(card.sources))
    if card.buttons or card.menu:
        blocks.append(_actions(card.buttons, card.menu))
    if card.footer:
        blocks.append(context(marked(card.footer)))
    return fitted(Message(text=fallback(card.fallback or card.heading), blocks=tuple(blocks)))


def picked(value: str) -> tuple[More, Target] | None:
    """The choice and what it is about, from the value of an entry of the dots menu; None if it is not one of ours."""
    choice, _, rest = value.partition(" ")
    about = target(rest)
    return (More(choice), about) if about is not None and choice in set(More) else None


def sections(lines: Iterable[Line]) -> list[Block]:
    """Lines below one another, in as few sections as they fit."""
    texts: list[str] = []
    for line in lines:
        shown = marked(line).strip()
        if not shown:
            continue
        if texts and len(texts[-1]) + len(shown) < SECTION_TEXT:
            texts[-1] += "\n" + shown
        else:
            texts.append(shown)
    return [section(text) for text in texts]


def button(what: Button) -> ButtonElement:
    """One button; it carries ids only."""
    element: ButtonElement = {
        "type": "button",
        "action_id": what.act.value,
        "text": plain_text(plain(what.label, LABEL)),
        "value": what.about.encoded(),
        "accessibility_label": plain(what.reads or what.label, LABEL),
    }
    if what.look is Look.MAIN:
        element["style"] = "primary"
    if what.look is Look.GRAVE:
        element["style"] = "danger"
    return element


def _heading(card: Card) -> Block:
    if card.quiet:
        return section(f"*{escaped(card.heading)}*")
    return {"type": "header", "text": plain_text(plain(card.heading, 150))}


def _picture(image: Image, file: str | None) -> Block:
    if file is None:
        titled = marked(prose(image.title, image.window.end))
        return context(" ".join(part for part in (titled, quoted(image.spark)) if part))
    return {
        "type": "image",
        "slack_file": {"id": file},
        "alt_text": plain(image.alt, 2_000),
        "title": plain_text(plain(image.title, 2_000)),
    }


def _fact(fact: Fact) -> Section:
    return {
        "type": "section",
        "text": marked_text(marked(fact.line)),
        "accessory": button(Button(Act.EVIDENCE, "open", fact.opens, f"Open evidence E{fact.opens.evidence}")),
    }


def _sources(sources: Sources) -> Section:
    """One entry is a button, several are a menu; both are the same action."""
    shown: Section = {"type": "section", "text": marked_text(marked(sources.line))}
    options = [
        _option(label, value, says)
        for label, says, about in sources.items
        if len(value := about.encoded()) <= OPTION_VALUE
    ]
    if len(options) == 1 and sources.items:
        label, _, about = sources.items[0]
        shown["accessory"] = button(Button(Act.EVIDENCE, "open", about, f"Open evidence {label}"))
    elif options:
        shown["accessory"] = {"type": "overflow", "action_id": Act.EVIDENCE.value, "options": options[:5]}
    return shown


def _option(label: str, value: str, says: str = "") -> Option:
    option: Option = {"text": plain_text(plain(label, LABEL)), "value": value}
    if says:
        option["description"] = plain_text(plain(says, LABEL))
    return option


def _actions(buttons: tuple[Button, ...], menu: Menu | None) -> Actions:
    elements: list[ButtonElement | Overflow] = [button(what) for what in buttons]
    if menu is not None:
        about = menu.about.encoded()
        options = [_option(words, f"{choice.value} {about}") for choice, words in menu.choices]
        elements.append({"type": "overflow", "action_id": Act.MORE.value, "options": options})
    return {"type": "actions", "elements": elements}


def _plan(plan: Plan) -> PlanBlock:
    return {"type": "plan", "title": plain(plan.title, 150), "tasks": [_task(task) for task in plan.tasks]}


def _task(task: Task) -> TaskCard:
    status: dict[StepState, str] = {
        StepState.PENDING: "pending",
        StepState.RUNNING: "in_progress",
        StepState.DONE: "complete",
        StepState.FAILED: "error",
    }
    return {
        "type": "task_card",
        "task_id": plain(task.key, 100) or "step",
        "title": plain(_task_words(task), 300) or "step",
        "status": status[task.state],  # pyright: ignore[reportReturnType]
    }


def _task_words(task: Task) -> str:
    mark = "! " if task.state is StepState.FAILED else ""
    return f"{mark}{task.title} · {task.note}" if task.note else f"{mark}{task.title}"


def _plan_text(plan: Plan) -> str:
    lines = [f"*{escaped(plan.title)}*"]
    for task in plan.tasks:
        note = f" · {escaped(task.note, 200)}" if task.note else ""
        lines.append(f"{_MARK[task.state]} {escaped(task.title, 100)}{note}")
    return "\n".join(lines)
