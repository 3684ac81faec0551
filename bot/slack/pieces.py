"""Which limits does Slack set for each block and element, and what is left of one that breaks them?"""

from collections.abc import Callable
from typing import Any, cast

from bot.slack.shapes import Json
from bot.slack.text import cut, cut_marked, linkable

STATUSES = frozenset({"pending", "in_progress", "complete", "error"})
STYLES = frozenset({"primary", "danger"})
TASKS = 50


def piece(block: Any, surface: str) -> Json | None:
    """The block with every field inside its limit; None if Slack would not take it on this surface."""
    fields = _object(block)
    kind = fields.get("type")
    make = _BLOCKS.get(kind) if isinstance(kind, str) else None
    if make is None or (kind in _MESSAGES_ONLY and surface != "message") or (kind == "input" and surface == "message"):
        return None
    made = make(fields)
    if made is None:
        return None
    name = fields.get("block_id")
    kept = {"block_id": name} if isinstance(name, str) and 0 < len(name) <= 255 else {}
    return {"type": kind, **kept, **made}


def plain_piece(value: Any, most: int, otherwise: str = "") -> Json | None:
    """A plain text object of at most `most` characters; `otherwise` stands in for an empty one."""
    written = _object(value).get("text")
    text = cut(written.strip() if isinstance(written, str) else "", most) or otherwise
    return {"type": "plain_text", "text": text, "emoji": False} if text else None


def _text(value: Any, most: int) -> Json | None:
    fields = _object(value)
    if fields.get("type") != "mrkdwn":
        return plain_piece(value, most)
    written = fields.get("text")
    text = cut_marked(written, most) if isinstance(written, str) else ""
    return {"type": "mrkdwn", "text": text, "verbatim": True} if text.strip() else None


def _object(value: Any) -> Json:
    return cast(Json, value) if isinstance(value, dict) else {}


def _several(value: Any, make: Callable[[Any], Json | None], most: int) -> list[Json]:
    items = cast(list[Any], value) if isinstance(value, list) else []
    return [made for made in (make(item) for item in items[:most]) if made is not None]


def _set(**fields: Any) -> Json:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


# --- blocks


def _header(block: Json) -> Json | None:
    text = plain_piece(block.get("text"), 150)
    return {"text": text} if text else None


def _section(block: Json) -> Json | None:
    text = _text(block.get("text"), 3_000)
    return _set(text=text, accessory=_element(block.get("accessory"))) if text else None


def _context(block: Json) -> Json | None:
    elements = _several(block.get("elements"), lambda item: _text(item, 3_000), 10)
    return {"elements": elements} if elements else None


def _divider(_block: Json) -> Json | None:
    return {}


def _actions(block: Json) -> Json | None:
    elements = _several(block.get("elements"), _element, 25)
    seen = {element["action_id"]: element for element in reversed(elements)}
    unique = [element for element in elements if seen[element["action_id"]] is element]
    return {"elements": unique} if unique else None


def _image(block: Json) -> Json | None:
    file = _object(block.get("slack_file")).get("id")
    url = block.get("image_url")
    alt = block.get("alt_text")
    if not isinstance(alt, str) or not alt.strip():
        return None
    shows: Json = {"alt_text": cut(alt.strip(), 2_000)} | _set(title=plain_piece(block.get("title"), 2_000))
    if isinstance(file, str) and file:
        return {**shows, "slack_file": {"id": file[:255]}}
    return {**shows, "image_url": url} if isinstance(url, str) and linkable(url) else None


def _plan(block: Json) -> Json | None:
    title = block.get("title")
    tasks = _several(block.get("tasks"), _task, TASKS)
    if not isinstance(title, str) or not title.strip() or not tasks:
        return None
    for place, task in enumerate(tasks):
        if any(other["task_id"] == task["task_id"] for other in tasks[:place]):
            task["task_id"] = f"{task['task_id'][:240]}-{place}"
    return {"title": cut(title.strip(), 150), "tasks": tasks}


def _task(value: Any) -> Json | None:
    fields = _object(value)
    name, title, status = fields.get("task_id"), fields.get("title"), fields.get("status")
    if not isinstance(title, str) or not title.strip():
        return None
    return {
        "type": "task_card",
        "task_id": name[:240] if isinstance(name, str) and name else "task",
        "title": cut(title.strip(), 300),
        "status": status if isinstance(status, str) and status in STATUSES else "pending",
    }


def _input(block: Json) -> Json | None:
    label, element = plain_piece(block.get("label"), 2_000), _element(block.get("element"))
    if label is None or element is None:
        return None
    hint = plain_piece(block.get("hint"), 2_000)
    return _set(label=label, element=element, hint=hint, optional=bool(block.get("optional")))


# --- elements


def _element(value: Any) -> Json | None:
    fields = _object(value)
    kind, name = fields.get("type"), fields.get("action_id")
    make = _ELEMENTS.get(kind) if isinstance(kind, str) else None
    made = make(fields) if make and isinstance(name, str) and 0 < len(name) <= 255 else None
    return {"type": kind, "action_id": name, **made} if made is not None else None


def _button(fields: Json) -> Json | None:
    """A value is an identity: a button whose value is too long is left out, never cut."""
    text, value, url, style = (
        plain_piece(fields.get("text"), 75),
        fields.get("value"),
        fields.get("url"),
        fields.get("style"),
    )
    if text is None or (isinstance(value, str) and len(value) > 2_000):
        return None
    reads = fields.get("accessibility_label")
    return _set(
        text=text,
        value=value if isinstance(value, str) and value else None,
        url=linkable(url) if isinstance(url, str) else None,
        style=style if isinstance(style, str) and style in STYLES else None,
        accessibility_label=cut(reads, 75) if isinstance(reads, str) and reads else None,
    )


def _option(value: Any) -> Json | None:
    fields = _object(value)
    text, chosen = plain_piece(fields.get("text"), 75), fields.get("value")
    if text is None or not isinstance(chosen, str) or not 0 < len(chosen) <= 150:
        return None
    return _set(text=text, value=chosen, description=plain_piece(fields.get("description"), 75))


def _choices(most: int) -> Callable[[Json], Json | None]:
    def make(fields: Json) -> Json | None:
        options = _several(fields.get("options"), _option, most)
        return {"options": options} if options else None

    return make


def _text_input(fields: Json) -> Json | None:
    most, first = fields.get("max_length"), fields.get("initial_value")
    return _set(
        multiline=bool(fields.get("multiline")),
        max_length=min(3_000, max(1, most)) if isinstance(most, int) else 3_000,
        initial_value=first[:3_000] if isinstance(first, str) else None,
        placeholder=plain_piece(fields.get("placeholder"), 150),
    )


def _channels(fields: Json) -> Json | None:
    chosen = fields.get("initial_channel")
    return _set(
        placeholder=plain_piece(fields.get("placeholder"), 150),
        initial_channel=chosen if isinstance(chosen, str) and chosen else None,
    )


_BLOCKS: dict[str, Callable[[Json], Json | None]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "divider": _divider,
    "actions": _actions,
    "image": _image,
    "plan": _plan,
    "input": _input,
}
_MESSAGES_ONLY = frozenset({"plan"})
_ELEMENTS: dict[str, Callable[[Json], Json | None]] = {
    "button": _button,
    "overflow": _choices(5),
    "radio_buttons": _choices(10),
    "plain_text_input": _text_input,
    "channels_select": _channels,
}
