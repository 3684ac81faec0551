"""Would Slack take these blocks?"""

from collections.abc import Callable
from typing import Any

from playground.slack.elements import IN_ACTIONS, IN_INPUT, IN_SECTION, element, image
from playground.slack.installation import Json
from playground.slack.refusal import Refusal
from playground.slack.richtext import rich_text
from playground.slack.shapes import (
    Check,
    Findings,
    boolean,
    either,
    many,
    number,
    of_type,
    one_of,
    shape,
    string,
    text,
    web_address,
)

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MARKDOWN_SUM = 12_000
# Not in Slack's documentation; people met msg_blocks_too_long from about here on.
MESSAGE_TEXT = 13_200
TEXT_FIELDS = frozenset({"text", "title", "alt_text", "description", "label", "hint", "details", "output"})

BLOCK_ID: dict[str, Check] = {"block_id": string(255)}
ANY_TEXT = text(3000, "plain_text", "mrkdwn")
SOURCE = shape({"url": web_address(), "text": string(3000)})
TASK = shape(
    {"task_id": string(255), "title": string(3000)},
    {
        "status": one_of("pending", "in_progress", "complete", "error"),
        "details": rich_text,
        "output": rich_text,
        "sources": many(of_type({"url": SOURCE}), 0, 100),
        **BLOCK_ID,
    },
)
CELL = either(
    of_type({"raw_text": shape({"text": string(3000, least=0)})}),
    of_type({"raw_number": shape({"value": number}, {"text": string(3000)})}),
    rich_text,
)
COLUMN = shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})


def _section(value: Any, path: str, findings: Findings) -> None:
    SECTION(value, path, findings)
    if "text" not in value and "fields" not in value:
        findings.add("must provide either text or fields", path)


def _input(value: Any, path: str, findings: Findings) -> None:
    INPUT(value, path, findings)


def _task_card(value: Any, path: str, findings: Findings) -> None:
    TASK(value, path, findings)


SECTION = shape(
    {},
    {
        "text": ANY_TEXT,
        "fields": many(text(2000, "plain_text", "mrkdwn"), 1, 10),
        "accessory": element(*IN_SECTION),
        "expand": boolean,
        **BLOCK_ID,
    },
)
INPUT = shape(
    {"label": text(2000), "element": element(*IN_INPUT)},
    {"hint": text(2000), "optional": boolean, "dispatch_action": boolean, **BLOCK_ID},
)
CONTEXT_ITEM: dict[str, Check] = {
    "image": image(),
    "plain_text": text(3000, "plain_text"),
    "mrkdwn": text(3000, "mrkdwn"),
}

BLOCKS: dict[str, Check] = {
    "section": _section,
    "divider": shape({}, BLOCK_ID),
    "header": shape({"text": text(150)}, BLOCK_ID),
    "context": shape({"elements": many(of_type(CONTEXT_ITEM), 1, 10)}, BLOCK_ID),
    "context_actions": shape({"elements": many(element("feedback_buttons", "icon_button"), 1, 5)}, BLOCK_ID),
    "actions": shape({"elements": many(element(*IN_ACTIONS), 1, 25)}, BLOCK_ID),
    "image": image({"title": text(2000), **BLOCK_ID}),
    "input": _input,
    "plan": shape({"title": string(3000)}, {"tasks": many(of_type({"task_card": _task_card}), 0, 50), **BLOCK_ID}),
    "task_card": _task_card,
    "markdown": shape({"text": string(MARKDOWN_SUM)}, BLOCK_ID),
    "rich_text": rich_text,
    "table": shape(
        {"rows": many(many(CELL, 1, 20), 1, 100)},
        {"column_settings": many(COLUMN, 0, 20), **BLOCK_ID},
    ),
}
ONLY_IN_MESSAGES = frozenset({"markdown", "context_actions", "plan", "task_card", "table"})


def _block(value: Any, path: str, findings: Findings) -> None:
    kind = value.get("type") if isinstance(value, dict) else None
    if findings.surface != "message" and isinstance(kind, str) and kind in ONLY_IN_MESSAGES:
        findings.add(f"unsupported type: {kind}", f"{path}/type")
        return
    of_type(BLOCKS)(value, path, findings)
    if not isinstance(value, dict):
        return
    block_id = value.get("block_id")
    if isinstance(block_id, str) and block_id:
        if block_id in findings.block_ids:
            findings.add(f"block_id already exists: {block_id}", f"{path}/block_id")
        findings.block_ids.add(block_id)
    findings.tables += kind == "table"


def check_blocks(blocks: Any, findings: Findings, most: int = MESSAGE_BLOCKS) -> None:
    """Findings get every fault of a list of blocks; nothing is raised."""
    many(_block, 0, most)(blocks, "/blocks", findings)
    kinds = [block.get("type") for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    if kinds.count("table") > 1:
        findings.add("only_one_table_allowed", "/blocks")
    if "plan" in kinds and "task_card" in kinds:
        findings.add("task_card blocks cannot stand beside a plan", "/blocks")
    if isinstance(blocks, list):
        written = sum(
            len(str(b.get("text", ""))) for b in blocks if isinstance(b, dict) and b.get("type") == "markdown"
        )
        if written > MARKDOWN_SUM:
            findings.add(f"must be less than {MARKDOWN_SUM + 1} characters", "/blocks")


def check_message(blocks: Any, refused: frozenset[str], citable: Callable[[Json], bool]) -> None:
    """Raises Refusal invalid_blocks with every fault, or msg_blocks_too_long."""
    findings = Findings("message", refused, citable)
    check_blocks(blocks, findings)
    refuse_findings(findings, "invalid_blocks")
    if text_length(blocks) > MESSAGE_TEXT:
        raise Refusal("msg_blocks_too_long")


def refuse_findings(findings: Findings, error: str) -> None:
    """Raises Refusal when there are findings, in the form Slack gives them."""
    if findings.errors:
        messages = [f"[ERROR] {message}" for message in findings.errors]
        raise Refusal(error, errors=list(findings.errors), response_metadata={"messages": messages})


def text_length(value: Any, field: str = "text") -> int:
    """Characters of all text a person could read in a payload."""
    if isinstance(value, str):
        return len(value) if field in TEXT_FIELDS else 0
    if isinstance(value, list):
        return sum(text_length(child, field) for child in value)
    if isinstance(value, dict):
        return sum(text_length(child, name) for name, child in value.items())
    return 0


def with_ids(blocks: list[Json], prefix: str = "b") -> list[Json]:
    """The blocks as Slack stores them: block_id and action_id filled in where they were left out."""
    return [{"block_id": f"{prefix}{index}", **_with_action_ids(block, index)} for index, block in enumerate(blocks)]


def _with_action_ids(block: Json, index: int) -> Json:
    def named(value: Any, position: int) -> Any:
        if isinstance(value, dict) and "action_id" not in value and value.get("type") not in CONTEXT_ITEM:
            return value | {"action_id": f"a{index}.{position}"}
        return value

    if block.get("type") in ("actions", "context_actions"):
        return block | {"elements": [named(child, position) for position, child in enumerate(block["elements"])]}
    for name in ("accessory", "element"):
        if name in block:
            return block | {name: named(block[name], 0)}
    return block
