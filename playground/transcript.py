"""What does a channel look like to somebody who has only a terminal?"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from playground.slack.record import Entry, Record

STEP = {"complete": "✓", "in_progress": "◐", "pending": "○", "error": "!"}
QUIET_STEPS = frozenset({"pending", "in_progress"})
TOKEN = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")


class Transcript:
    """Follows a record and prints what is new in one channel: new messages whole, edited ones only where they changed."""

    def __init__(self, console: Console, names: Mapping[str, str]) -> None:
        self._console = console
        self._names = names
        self._said: dict[str, set[str]] = {}

    async def follow(self, record: Record, channel: str) -> None:
        """Prints until cancelled."""
        last = 0
        while True:
            entry = await record.until(
                lambda e: e.channel == channel and e.kind in {"message", "edited"}, timeout=86_400, after=last
            )
            last = entry.seq
            self.show(entry)

    def show(self, entry: Entry) -> None:
        """Prints one entry of the record."""
        message = entry.payload.get("message", entry.payload)
        if message.get("subtype"):
            return
        said = self._said.setdefault(entry.ts, set())
        fresh = [line for line in lines(message, self._names) if line not in said]
        said.update(fresh)
        if not fresh:
            return
        threaded = bool(message.get("thread_ts")) and message.get("thread_ts") != message.get("ts")
        who = self._names.get(str(message.get("user", "")), "app")
        head = Text(f"{'    ' if threaded else ''}{who}", style="bold cyan" if message.get("bot_id") else "bold")
        if entry.kind == "message":
            self._console.print()
            self._console.print(head)
        for line in fresh:
            self._console.print(Text(f"{'    ' if threaded else ''}  {line}"), soft_wrap=False)


def lines(message: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """The message as plain lines, in the order of its blocks; its text if it has none."""
    blocks = message.get("blocks") or []
    found = (
        [plain(line, names) for block in blocks for line in _block(block)]
        if blocks
        else [plain(str(message.get("text", "")), names)]
    )
    return [part for text in found for part in text.splitlines() if part.strip()]


def plain(text: str, names: Mapping[str, str]) -> str:
    """Slack's markup as words."""

    def said(match: re.Match[str]) -> str:
        target, label = match.group(1), match.group(2)
        if target.startswith("@"):
            return "@" + names.get(target[1:], target[1:])
        return label or target.lstrip("#!")

    bare = re.sub(r"(?<!\w)[*_~](\S(?:[^*_~\n]*\S)?)[*_~](?!\w)", r"\1", TOKEN.sub(said, text))
    return bare.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _block(block: Mapping[str, Any]) -> Iterator[str]:
    kind = block.get("type")
    if kind in {"section", "header"}:
        if block.get("text"):
            yield str(block["text"]["text"])
        yield from (str(field["text"]) for field in block.get("fields", ()))
    elif kind == "context":
        yield " ".join(str(part.get("text", "")) for part in block.get("elements", ()))
    elif kind == "plan":
        yield from (step for task in block.get("tasks", ()) for step in _task(task))
    elif kind == "markdown":
        yield str(block.get("text", ""))
    elif kind == "image":
        yield f"[chart] {block.get('alt_text', '')}"
    elif kind == "actions":
        yield "  ".join(
            f"[ {part['text']['text']} ]" for part in block.get("elements", ()) if isinstance(part.get("text"), dict)
        )


def _task(task: Mapping[str, Any]) -> Iterator[str]:
    status = str(task.get("status", "pending"))
    if status not in QUIET_STEPS:
        note = "".join(_words(task.get("details") or task.get("output") or {}))
        yield f"{STEP.get(status, '·')} {task.get('title', '')}" + (f"  {note}" if note else "")


def _words(rich_text: Any) -> Iterator[str]:
    if isinstance(rich_text, dict):
        if isinstance(rich_text.get("text"), str):
            yield rich_text["text"]
        for value in rich_text.get("elements", ()):
            yield from _words(value)
