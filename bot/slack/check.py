"""Would Slack refuse this payload: a last look at everything that goes out, which makes it fit and never raises.

Limits are Slack's own (docs.slack.dev, Block Kit reference) except BLOCKS and CHARACTERS, which are ours and tighter.
"""

from typing import Any, cast

from bot.slack.pieces import piece
from bot.slack.shapes import Block, Home, Json, Message, Modal, PlainText, context, plain_text
from bot.slack.text import cut, cut_marked, fallback

BLOCKS = 30
CHARACTERS = 9_000
METADATA = 3_000
_TEXTS = frozenset({"text", "title", "alt_text", "label", "hint", "description", "placeholder", "accessibility_label"})
_CAPS = (3_000, 2_000, 1_200, 700, 400, 200, 100)
_TAIL = 2
"""Blocks kept from the end when there are too many: the buttons and the footer."""


def fitted(message: Message) -> Message:
    """The message within every limit: long texts cut, surplus blocks folded into a note, faulty ones left out."""
    return Message(text=fallback(message.text), blocks=_typed(fit([{**b} for b in message.blocks], "message")))


def fitted_modal(view: Modal) -> Modal:
    """The window within every limit; a form that lost an input still opens."""
    blocks = _typed(fit([{**b} for b in view["blocks"]], "modal")) or (context("Nothing to show"),)
    sound: Modal = {
        **view,
        "callback_id": view["callback_id"][:255],
        "private_metadata": view["private_metadata"] if len(view["private_metadata"]) <= METADATA else "",
        "title": _words(view["title"]),
        "close": _words(view["close"]),
        "blocks": list(blocks),
    }
    if "submit" in view:
        sound["submit"] = _words(view["submit"])
    return sound


def _words(text: PlainText) -> PlainText:
    return plain_text(cut(text["text"].strip(), 24) or "Clew")


def fitted_home(view: Home) -> Home:
    """The Home tab within every limit."""
    return {"type": "home", "blocks": list(_typed(fit([{**b} for b in view["blocks"]], "home")))}


def characters(value: Any, field: str = "") -> int:
    """Characters that a person could read in a payload."""
    if isinstance(value, str):
        return len(value) if field in _TEXTS else 0
    if isinstance(value, dict):
        return sum(characters(child, name) for name, child in cast(Json, value).items())
    if isinstance(value, list):
        return sum(characters(child, field) for child in cast(list[Any], value))
    return 0


def fit(blocks: list[Json], surface: str) -> list[Json]:
    """Blocks that Slack takes on this surface (`message`, `modal` or `home`), in the same order."""
    sound = [b for b in (piece(block, surface) for block in blocks) if b is not None]
    lost = len(blocks) - len(sound)
    if len(sound) + bool(lost) > BLOCKS:
        room = BLOCKS - _TAIL - 1
        lost += len(sound) - room - _TAIL
        sound = [*sound[:room], *sound[-_TAIL:]]
    if lost:
        tail = _TAIL if len(sound) > _TAIL else 0
        sound.insert(len(sound) - tail, _note(lost))
    return _shortened(_ids_once(sound))


def _note(lost: int) -> Json:
    return {**context(f"… {lost} more left out to keep this short")}


def _shortened(blocks: list[Json]) -> list[Json]:
    for cap in _CAPS:
        if characters(blocks) <= CHARACTERS:
            return blocks
        blocks = [_capped(block, cap) for block in blocks]
    while characters(blocks) > CHARACTERS and len(blocks) > 1:
        del blocks[len(blocks) // 2]
    return blocks


def _capped(value: Any, cap: int, field: str = "") -> Any:
    """The same payload with no readable text longer than `cap`."""
    if isinstance(value, str):
        return cut_marked(value, cap) if field in _TEXTS else value
    if isinstance(value, dict):
        return {name: _capped(child, cap, name) for name, child in cast(Json, value).items()}
    if isinstance(value, list):
        return [_capped(child, cap, field) for child in cast(list[Any], value)]
    return value


def _ids_once(blocks: list[Json]) -> list[Json]:
    """A block id that stands twice is left to Slack to choose."""
    seen: set[str] = set()
    for block in blocks:
        name = block.get("block_id")
        if isinstance(name, str) and name in seen:
            del block["block_id"]
        elif isinstance(name, str):
            seen.add(name)
    return blocks


def _typed(blocks: list[Json]) -> tuple[Block, ...]:
    return cast(tuple[Block, ...], tuple(blocks))
