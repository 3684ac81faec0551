"""Which JSON does Slack take: the few blocks that Clew sends, as typed dictionaries."""

from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict


class PlainText(TypedDict):
    type: Literal["plain_text"]
    text: str
    emoji: bool


class Marked(TypedDict):
    type: Literal["mrkdwn"]
    text: str
    verbatim: bool


class Option(TypedDict):
    text: PlainText
    value: str
    description: NotRequired[PlainText]


class ButtonElement(TypedDict):
    type: Literal["button"]
    action_id: str
    text: PlainText
    value: NotRequired[str]
    url: NotRequired[str]
    style: NotRequired[Literal["primary", "danger"]]
    accessibility_label: NotRequired[str]


class Overflow(TypedDict):
    type: Literal["overflow"]
    action_id: str
    options: list[Option]


class Radio(TypedDict):
    type: Literal["radio_buttons"]
    action_id: str
    options: list[Option]


class TextInput(TypedDict):
    type: Literal["plain_text_input"]
    action_id: str
    multiline: bool
    max_length: int
    min_length: NotRequired[int]
    placeholder: NotRequired[PlainText]
    initial_value: NotRequired[str]


class ChannelsSelect(TypedDict):
    type: Literal["channels_select"]
    action_id: str
    placeholder: PlainText
    initial_channel: NotRequired[str]


class Header(TypedDict):
    type: Literal["header"]
    text: PlainText


class Section(TypedDict):
    type: Literal["section"]
    text: Marked
    accessory: NotRequired[ButtonElement | Overflow]


class Context(TypedDict):
    type: Literal["context"]
    elements: list[Marked]


class Divider(TypedDict):
    type: Literal["divider"]


class Actions(TypedDict):
    type: Literal["actions"]
    elements: list[ButtonElement | Overflow]


class SlackFile(TypedDict):
    id: str


class ImageBlock(TypedDict):
    type: Literal["image"]
    slack_file: SlackFile
    alt_text: str
    title: PlainText


class TaskCard(TypedDict):
    type: Literal["task_card"]
    task_id: str
    title: str
    status: Literal["pending", "in_progress", "complete", "error"]


class PlanBlock(TypedDict):
    type: Literal["plan"]
    title: str
    tasks: list[TaskCard]


class Input(TypedDict):
    type: Literal["input"]
    block_id: str
    label: PlainText
    element: TextInput | Radio | ChannelsSelect
    optional: bool
    hint: NotRequired[PlainText]


Block = Header | Section | Context | Divider | Actions | ImageBlock | PlanBlock | Input
Json = dict[str, Any]


class Modal(TypedDict):
    type: Literal["modal"]
    callback_id: str
    private_metadata: str
    title: PlainText
    close: PlainText
    submit: NotRequired[PlainText]
    blocks: list[Block]


class Home(TypedDict):
    type: Literal["home"]
    blocks: list[Block]


@dataclass(frozen=True)
class Message:
    """What one post or edit says. Two messages that show the same are equal."""

    text: str
    blocks: tuple[Block, ...]

    def wire(self) -> list[Json]:
        """The blocks as the Web API client takes them."""
        return [{**block} for block in self.blocks]


def plain_text(text: str) -> PlainText:
    return {"type": "plain_text", "text": text, "emoji": False}


def marked_text(text: str) -> Marked:
    """Already escaped text. `verbatim` keeps Slack from linking names and addresses by itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def section(text: str) -> Section:
    return {"type": "section", "text": marked_text(text)}


def context(text: str) -> Context:
    return {"type": "context", "elements": [marked_text(text)]}
