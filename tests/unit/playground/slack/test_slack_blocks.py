"""Does the local Slack take the blocks Slack takes, and refuse the others with Slack's pointer?"""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk.models import blocks as sdk

from playground.slack.blocks import check_message, text_length
from playground.slack.refusal import Refusal
from playground.slack.views import check_view

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def button(**fields: Any) -> Json:
    return {"type": "button", "text": plain("Go"), "action_id": "go", **fields}


def options(count: int) -> list[Json]:
    return [{"text": plain(str(n)), "value": str(n)} for n in range(count)]


def rich(text: str) -> Json:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text, "style": {"bold": True}}]}
    return {"type": "rich_text", "elements": [section]}


def task(**fields: Any) -> Json:
    return {"type": "task_card", "task_id": "t1", "title": "Read the alert", "status": "complete", **fields}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def faults(*blocks: Any, refused: frozenset[str] = frozenset(), citable: bool = True) -> list[str]:
    try:
        check_message(list(blocks), refused, lambda _: citable)
    except Refusal as refusal:
        return refusal.extra.get("errors", [refusal.error])
    return []


GOOD: list[Json] = [
    {"type": "section", "text": mrkdwn("*a*"), "accessory": button(style="danger", value="v")},
    {"type": "section", "fields": [mrkdwn("a"), plain("b")], "block_id": "f"},
    {"type": "header", "text": plain("x" * 150)},
    {"type": "divider"},
    {
        "type": "context",
        "elements": [mrkdwn("a"), {"type": "image", "image_url": "https://x.invalid/a", "alt_text": "a"}],
    },
    {"type": "image", "slack_file": {"id": "F1"}, "alt_text": "p99", "title": plain("p99")},
    {"type": "markdown", "text": "**a**"},
    {"type": "plan", "title": "Plan", "tasks": [task(output=rich("3 of 6")), task(task_id="t2", status="error")]},
    task(sources=[{"type": "url", "url": "https://x.invalid", "text": "x"}], details=rich("a")),
    rich("a"),
    {
        "type": "table",
        "rows": [[{"type": "raw_text", "text": "a"}, rich("b")]],
        "column_settings": [{"align": "right"}],
    },
    actions(button(), {"type": "overflow", "action_id": "more", "options": options(3)}),
    actions({"type": "static_select", "action_id": "s", "options": options(2), "placeholder": plain("p")}),
    actions({"type": "radio_buttons", "action_id": "r", "options": options(2)}),
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "fb",
                "positive_button": {"text": plain("Good"), "value": "+"},
                "negative_button": {"text": plain("Bad"), "value": "-", "accessibility_label": "bad"},
            },
            {"type": "icon_button", "icon": "trash", "text": plain("Delete"), "action_id": "del"},
        ],
    },
]


@pytest.mark.parametrize("block", GOOD, ids=lambda block: str(block["type"]))
def test_a_good_block_is_taken(block: Json) -> None:
    assert faults(block) == []


BAD: list[tuple[Any, str]] = [
    ("text", "must be an object [json-pointer:/blocks/0]"),
    ({}, "missing required field: type [json-pointer:/blocks/0]"),
    ({"type": "video"}, "unsupported type: video [json-pointer:/blocks/0/type]"),
    ({"type": "section"}, "must provide either text or fields [json-pointer:/blocks/0]"),
    (
        {"type": "section", "text": mrkdwn("x" * 3001)},
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    ({"type": "section", "text": mrkdwn("")}, "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    (
        {"type": "section", "text": mrkdwn("a"), "colour": 1},
        "invalid additional property: colour [json-pointer:/blocks/0]",
    ),
    (
        {"type": "section", "fields": [mrkdwn("a")] * 11},
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    (
        {"type": "section", "fields": [mrkdwn("x" * 2001)]},
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
    ),
    ({"type": "header", "text": mrkdwn("a")}, "must be one of: plain_text [json-pointer:/blocks/0/text/type]"),
    (
        {"type": "header", "text": plain("x" * 151)},
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        {"type": "context", "elements": [mrkdwn("a")] * 11},
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    ({"type": "context", "elements": [button()]}, "unsupported type: button [json-pointer:/blocks/0/elements/0/type]"),
    ({"type": "actions", "elements": []}, "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"),
    (
        actions(*[button(action_id=str(n)) for n in range(26)]),
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    (
        actions(button(text=plain("x" * 76))),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    (actions(button(value="x" * 2001)), "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"),
    (
        actions(button(action_id="x" * 256)),
        "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
    ),
    (actions(button(), button()), "action_id already exists: go [json-pointer:/blocks/0/elements/1/action_id]"),
    (actions(button(style="green")), "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]"),
    (actions(button(url="javascript:alert(1)")), "invalid_url [json-pointer:/blocks/0/elements/0/url]"),
    (
        actions({"type": "overflow", "action_id": "o", "options": options(6)}),
        "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        actions({"type": "static_select", "action_id": "s", "options": options(101)}),
        "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        actions({"type": "plain_text_input", "action_id": "p"}),
        "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
    ),
    ({"type": "image", "image_url": "https://x.invalid"}, "missing required field: alt_text [json-pointer:/blocks/0]"),
    ({"type": "image", "alt_text": "a"}, "must provide either image_url or slack_file [json-pointer:/blocks/0]"),
    (task(status="completed"), "must be one of: pending, in_progress, complete, error [json-pointer:/blocks/0/status]"),
    (task(output="plain"), "must be an object [json-pointer:/blocks/0/output]"),
    (
        {"type": "plan", "title": "p", "tasks": [{"type": "divider"}]},
        "unsupported type: divider [json-pointer:/blocks/0/tasks/0/type]",
    ),
    (
        {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]] * 101},
        "no more than 100 items allowed [json-pointer:/blocks/0/rows]",
    ),
    ({"type": "divider", "block_id": "x" * 256}, "must be less than 256 characters [json-pointer:/blocks/0/block_id]"),
]


@pytest.mark.parametrize(("block", "fault"), BAD, ids=lambda value: value[:40] if isinstance(value, str) else "")
def test_a_bad_block_is_refused_with_a_pointer_to_the_fault(block: Any, fault: str) -> None:
    assert fault in faults(block)


def test_faults_of_the_whole_message_are_found() -> None:
    divider = {"type": "divider"}
    assert "no more than 50 items allowed [json-pointer:/blocks]" in faults(*[divider] * 51)
    twice = {"type": "divider", "block_id": "d"}
    assert faults(twice, twice) == ["block_id already exists: d [json-pointer:/blocks/1/block_id]"]
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]}
    assert "only_one_table_allowed [json-pointer:/blocks]" in faults(table, table)
    assert faults({"type": "markdown", "text": "x" * 7000}, {"type": "markdown", "text": "x" * 7000}) != []
    assert faults(*[{"type": "section", "text": mrkdwn("x" * 2700)}] * 5) == ["msg_blocks_too_long"]
    assert faults({"type": "input", "label": plain("a"), "element": {"type": "plain_text_input"}}) == []


def test_a_file_that_is_not_ready_cannot_be_shown() -> None:
    image = {"type": "image", "slack_file": {"id": "F1"}, "alt_text": "a"}
    assert faults(image, citable=False) == ["invalid slack file [json-pointer:/blocks/0/slack_file]"]


@pytest.mark.parametrize("kind", ["plan", "task_card", "markdown"])
def test_a_slack_that_lacks_a_newer_block_refuses_it(kind: str) -> None:
    good = next(block for block in GOOD if block["type"] == kind)
    assert f"unsupported type: {kind} [json-pointer:/blocks/0/type]" in faults(good, refused=frozenset({kind}))


def test_what_the_sdks_classes_build_is_taken() -> None:
    built = [
        sdk.HeaderBlock(text="Checkout latency"),
        sdk.SectionBlock(text="so far", fields=["a", "b"], accessory=sdk.ButtonElement(text="Go", action_id="x")),
        sdk.PlanBlock(
            title="Plan",
            tasks=[sdk.TaskCardBlock(task_id="1", title="Read", status="in_progress", output=rich("3 of 6"))],
        ),
        sdk.ContextBlock(elements=[sdk.MarkdownTextObject(text="AI can be wrong")]),
        sdk.ActionsBlock(
            elements=[
                sdk.OverflowMenuElement(options=[sdk.Option(value="a", text="A"), sdk.Option(value="b", text="B")])
            ]
        ),
        sdk.ImageBlock(image_url="https://x.invalid/a.png", alt_text="a", title="t"),
        sdk.MarkdownBlock(text="**a**"),
    ]
    assert faults(*[block.to_dict() for block in built]) == []


def test_readable_text_is_counted_wherever_it_stands() -> None:
    assert text_length([{"type": "header", "text": plain("four")}, task(output=rich("12345"), task_id="ignored")]) == (
        4 + len("Read the alert") + 5
    )


def modal(**fields: Any) -> Json:
    return {"type": "modal", "title": plain("Why"), "submit": plain("Send"), "blocks": [], **fields}


def view_faults(view: Any, surface: str = "modal") -> list[str]:
    try:
        check_view(view, surface, frozenset(), lambda _: True)
    except Refusal as refusal:
        return refusal.extra["errors"] if refusal.error == "invalid_arguments" else [refusal.error]
    return []


def test_a_view_keeps_its_limits() -> None:
    reason = {"type": "input", "label": plain("a"), "element": {"type": "plain_text_input", "action_id": "a"}}
    assert view_faults(modal(blocks=[reason])) == []
    assert view_faults({"type": "home", "blocks": [{"type": "divider"}] * 100}, "home") == []
    assert view_faults(modal(title=plain("x" * 25))) == [
        "must be less than 25 characters [json-pointer:/view/title/text]"
    ]
    assert view_faults(modal(submit=plain("x" * 25))) != []
    assert view_faults(modal(callback_id="x" * 256)) != []
    assert view_faults(modal(private_metadata="x" * 3001)) != []
    assert view_faults(modal(blocks=[{"type": "divider"}] * 101)) != []
    assert view_faults(modal(blocks=[{"type": "markdown", "text": "a"}])) != []
    without = {name: value for name, value in modal(blocks=[reason]).items() if name != "submit"}
    assert "submit" in view_faults(without)[0]
    assert view_faults(modal(), "home") == ["must be one of: home [json-pointer:/view/type]"]


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([b["type"] for b in GOOD])
NAMES = st.sampled_from(
    ["type", "text", "elements", "fields", "accessory", "options", "tasks", "rows", "block_id", "action_id", "url", "x"]
)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(ANYTHING)
def test_nonsense_is_refused_and_never_breaks_the_checker(nonsense: Any) -> None:
    found = faults(nonsense)
    assert found == [] or all(isinstance(fault, str) for fault in found)
    assert isinstance(view_faults(nonsense), list)
    assert isinstance(view_faults(modal(blocks=nonsense)), list)
