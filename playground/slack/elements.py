"""Which elements may stand in a block, and what must each have?"""

from typing import Any

from playground.slack.shapes import (
    Check,
    Findings,
    boolean,
    many,
    of_type,
    one_of,
    shape,
    string,
    text,
    web_address,
    whole,
)

CONFIRM = shape(
    {"title": text(100), "text": text(300, "plain_text", "mrkdwn"), "confirm": text(30), "deny": text(30)},
    {"style": one_of("primary", "danger")},
)
OPTION = shape(
    {"text": text(75, "plain_text", "mrkdwn"), "value": string(150)},
    {"description": text(75, "plain_text", "mrkdwn"), "url": web_address()},
)
PLAIN_OPTION = shape({"text": text(75), "value": string(150)}, {"description": text(75), "url": web_address()})
OPTIONS = many(PLAIN_OPTION, 1, 100)
GROUPS = many(shape({"label": text(75), "options": OPTIONS}), 1, 100)
PICKER = {
    "action_id": string(255),
    "placeholder": text(150),
    "confirm": CONFIRM,
    "focus_on_load": boolean,
}
SLACK_FILE = shape({}, {"id": string(255), "url": web_address()})


def slack_file(value: Any, path: str, findings: Findings) -> None:
    SLACK_FILE(value, path, findings)
    if isinstance(value, dict) and not findings.citable(value):
        findings.add("invalid slack file", path)


def image(limits: dict[str, Check] | None = None) -> Check:
    """An image needs an address or a Slack file, and alternative text."""
    inner = shape({"alt_text": string(2000)}, {"image_url": web_address(), "slack_file": slack_file, **(limits or {})})

    def check(value: Any, path: str, findings: Findings) -> None:
        inner(value, path, findings)
        if isinstance(value, dict) and ("image_url" in value) == ("slack_file" in value):
            findings.add("must provide either image_url or slack_file", path)

    return check


def select(many_of: bool = False) -> Check:
    extra: dict[str, Check] = {"max_selected_items": whole(1, 100)} if many_of else {}
    chosen = {"initial_options": OPTIONS} if many_of else {"initial_option": PLAIN_OPTION}
    inner = shape({}, {**PICKER, "options": OPTIONS, "option_groups": GROUPS, **chosen, **extra})

    def check(value: Any, path: str, findings: Findings) -> None:
        inner(value, path, findings)
        if isinstance(value, dict) and ("options" in value) == ("option_groups" in value):
            findings.add("must provide either options or option_groups", path)

    return check


def people_select(initial: str) -> Check:
    return shape({}, {**PICKER, initial: string(255)})


FEEDBACK = shape({"text": text(75), "value": string(2000)}, {"accessibility_label": string(75)})
DISPATCH = shape({}, {"trigger_actions_on": many(one_of("on_enter_pressed", "on_character_entered"), 1, 2)})

ELEMENTS: dict[str, Check] = {
    "button": shape(
        {"text": text(75)},
        {
            "action_id": string(255),
            "url": web_address(),
            "value": string(2000),
            "style": one_of("primary", "danger"),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
            "agent_prompt": string(4000),
        },
    ),
    "checkboxes": shape(
        {"options": many(OPTION, 1, 10)},
        {
            "action_id": string(255),
            "initial_options": many(OPTION, 1, 10),
            "confirm": CONFIRM,
            "focus_on_load": boolean,
        },
    ),
    "datepicker": shape({}, {**PICKER, "initial_date": string(10)}),
    "timepicker": shape({}, {**PICKER, "initial_time": string(5), "timezone": string(64)}),
    "datetimepicker": shape({}, {**PICKER, "initial_date_time": whole(10**9, 10**10)}),
    "feedback_buttons": shape({"positive_button": FEEDBACK, "negative_button": FEEDBACK}, {"action_id": string(255)}),
    "icon_button": shape(
        {"icon": one_of("trash"), "text": text(75)},
        {
            "action_id": string(255),
            "value": string(2000),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
            "visible_to_user_ids": many(string(255), 1, 100),
        },
    ),
    "image": image(),
    "overflow": shape({"options": many(PLAIN_OPTION, 1, 5)}, {"action_id": string(255), "confirm": CONFIRM}),
    "radio_buttons": shape(
        {"options": many(OPTION, 1, 10)},
        {"action_id": string(255), "initial_option": OPTION, "confirm": CONFIRM, "focus_on_load": boolean},
    ),
    "static_select": select(),
    "multi_static_select": select(many_of=True),
    "users_select": people_select("initial_user"),
    "channels_select": people_select("initial_channel"),
    "conversations_select": people_select("initial_conversation"),
    "plain_text_input": shape(
        {},
        {
            "action_id": string(255),
            "initial_value": string(3000, least=0),
            "multiline": boolean,
            "min_length": whole(0, 3000),
            "max_length": whole(1, 3000),
            "dispatch_action_config": DISPATCH,
            "focus_on_load": boolean,
            "placeholder": text(150),
        },
    ),
    "number_input": shape(
        {"is_decimal_allowed": boolean},
        {
            "action_id": string(255),
            "initial_value": string(100),
            "min_value": string(100),
            "max_value": string(100),
            "focus_on_load": boolean,
            "placeholder": text(150),
        },
    ),
}

MENUS = ("static_select", "multi_static_select", "users_select", "channels_select", "conversations_select")
PICKERS = ("datepicker", "timepicker", "checkboxes", "radio_buttons", *MENUS)
IN_ACTIONS = ("button", "overflow", "datetimepicker", *PICKERS)
IN_SECTION = ("button", "overflow", "image", *PICKERS)
IN_INPUT = ("plain_text_input", "number_input", "datetimepicker", *PICKERS)


def element(*allowed: str) -> Check:
    """One element of the allowed kinds; an action_id may stand once in a block."""
    inner = of_type(ELEMENTS, allowed)

    def check(value: Any, path: str, findings: Findings) -> None:
        inner(value, path, findings)
        if isinstance(value, dict) and isinstance(value.get("action_id"), str):
            place = ("/".join(path.split("/")[:3]), value["action_id"])
            if place in findings.action_ids:
                findings.add(f"action_id already exists: {value['action_id']}", f"{path}/action_id")
            findings.action_ids.add(place)

    return check
