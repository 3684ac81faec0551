"""Which windows open over Slack: forms that ask a person for something, and what they answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.slack.check import fitted_modal
from bot.slack.ids import Form, Target
from bot.slack.shapes import Block, Input, Modal, Option, plain_text, section
from bot.slack.text import escaped, plain
from clew.feedback import RejectReason
from clew.progress import HypothesisView

LINE = 150
QUESTION = 500
TITLE = 24


class Field(StrEnum):
    """Block and action ids of the inputs; each input uses one for both."""

    REASON = "reason"
    TEXT = "text"
    CHANNEL = "channel"


@dataclass(frozen=True)
class Rejection:
    """Why somebody rejects a hypothesis."""

    reason: RejectReason
    text: str = ""


@dataclass(frozen=True)
class Start:
    """What somebody wants investigated, and where."""

    channel: str
    question: str = ""


Problems = dict[str, str]
"""Block id -> what to do; Slack shows it under that input."""


def modal(
    form: Form, title: str, blocks: list[Block], *, about: Target | None = None, submit: str = "", close: str = "Close"
) -> Modal:
    """A window within every limit; with `submit` it is a form."""
    view: Modal = {
        "type": "modal",
        "callback_id": form.value,
        "private_metadata": about.encoded() if about is not None else "",
        "title": plain_text(plain(title, TITLE)),
        "close": plain_text(close),
        "blocks": blocks,
    }
    if submit:
        view["submit"] = plain_text(submit)
    return fitted_modal(view)


def reject_form(about: Target, view: HypothesisView) -> Modal:
    """Asks why a hypothesis is wrong: a reason is required, a line of text is welcome."""
    options: list[Option] = [
        {"text": plain_text(reason.value.capitalize()), "value": reason.value} for reason in RejectReason
    ]
    why: Input = {
        "type": "input",
        "block_id": Field.REASON.value,
        "label": plain_text("Why"),
        "element": {"type": "radio_buttons", "action_id": Field.REASON.value, "options": options},
        "optional": False,
    }
    blocks: list[Block] = [
        section(f"*H{view.number} · {escaped(view.hypothesis.title, 100)}*"),
        why,
        _line("In one line", "pool was 5 before too", optional=True, most=LINE),
        section("It is rechecked at once and stays visible. One voice per person; you can change yours."),
    ]
    return modal(Form.REJECT, f"Reject H{view.number}", blocks, about=about, submit="Reject", close="Cancel")


def rejection(values: Mapping[str, Any]) -> Rejection | Problems:
    """What the reject form says, from the submitted view's `state.values`."""
    chosen = _answer(values, Field.REASON).get("selected_option")
    value = chosen.get("value") if isinstance(chosen, dict) else None
    if not isinstance(value, str) or value not in set(RejectReason):
        return {Field.REASON.value: "Pick a reason: it decides what is checked again."}
    return Rejection(RejectReason(value), _text(values)[:LINE])


def ask_form(about: Target) -> Modal:
    """Asks for one question about an incident."""
    hint = "what changed, show the errors of checkout, why not db-3, is it over"
    blocks: list[Block] = [_line("Your question", hint, optional=False, most=QUESTION)]
    return modal(Form.ASK, "Ask Clew", blocks, about=about, submit="Ask", close="Cancel")


def asked(values: Mapping[str, Any]) -> str | Problems:
    """The question, from the submitted view's `state.values`."""
    return _text(values)[:QUESTION] or {Field.TEXT.value: "Write a question, for example: what changed?"}


def new_form(channel: str = "") -> Modal:
    """Asks where to investigate, and optionally what."""
    select: Input = {
        "type": "input",
        "block_id": Field.CHANNEL.value,
        "label": plain_text("Channel"),
        "element": {
            "type": "channels_select",
            "action_id": Field.CHANNEL.value,
            "placeholder": plain_text("An incident channel"),
        },
        "optional": False,
        "hint": plain_text("Clew joins it and posts one card there."),
    }
    if channel and select["element"]["type"] == "channels_select":
        select["element"]["initial_channel"] = channel
    what = _line("What is wrong", "checkout is slow since 18:30", optional=True, most=QUESTION)
    return modal(Form.NEW, "New investigation", [select, what], submit="Start", close="Cancel")


def started(values: Mapping[str, Any]) -> Start | Problems:
    """Where and what, from the submitted view's `state.values`."""
    channel = _answer(values, Field.CHANNEL).get("selected_channel")
    if not isinstance(channel, str) or not channel:
        return {Field.CHANNEL.value: "Pick the channel where people talk about the incident."}
    return Start(channel, _text(values)[:QUESTION])


def _line(label: str, hint: str, *, optional: bool, most: int) -> Input:
    return {
        "type": "input",
        "block_id": Field.TEXT.value,
        "label": plain_text(label),
        "element": {
            "type": "plain_text_input",
            "action_id": Field.TEXT.value,
            "multiline": False,
            "max_length": most,
            "placeholder": plain_text(plain(hint, LINE)),
        },
        "optional": optional,
    }


def _answer(values: Mapping[str, Any], field: Field) -> dict[str, Any]:
    """One input's state; an empty one if the payload has another shape."""
    block = values.get(field.value)
    state = block.get(field.value) if isinstance(block, dict) else None
    return dict(state) if isinstance(state, dict) else {}


def _text(values: Mapping[str, Any]) -> str:
    written = _answer(values, Field.TEXT).get("value")
    return " ".join(written[: 4 * QUESTION].split()) if isinstance(written, str) else ""
