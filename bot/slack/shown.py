"""What is one state of one message, ready to go out?"""

import hashlib
import json
from dataclasses import dataclass

from bot.card import Card
from bot.slack.blocks import Dialect, message
from bot.slack.posts import Place
from bot.slack.rendering import Draft
from bot.slack.shapes import Message


@dataclass(frozen=True)
class Shown:
    """One state of one message, ready to go out."""

    place: Place
    draft: Draft
    revision: int
    digest: str
    final: bool = True
    running: bool = False


def drawn(made: Card, file: str | None) -> tuple[Draft, str]:
    """A card ready to be rendered in any dialect, and a digest of what it shows."""

    def render(dialect: Dialect, file: str | None) -> Message:
        files = {made.image.key: file} if made.image is not None and file is not None else None
        return message(made, dialect, files)

    shows = render(Dialect.NEW, file)
    body = json.dumps([shows.text, shows.blocks], sort_keys=True, default=str)
    return Draft(render, file), hashlib.blake2s(body.encode(), digest_size=8).hexdigest()
