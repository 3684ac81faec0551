"""What did people see of an incident in Slack, and when: its channel, the first finding, the verdict?"""

from collections.abc import Callable, Mapping
from typing import Any

from playground.slack.record import Entry, Record
from playground.transcript import lines

SHOWN = frozenset({"message", "edited"})
WORKING = ("investigating", "rechecking")
NOTHING_YET = ("Looking at: what changed, who is affected, since when.", "nothing", "no clear beginning yet")


def card_said(entry: Entry) -> str | None:
    """The text of the card as it was posted or edited; None for what is no card."""
    message: Mapping[str, Any] = entry.payload.get("message", entry.payload)
    threaded = message.get("thread_ts", message.get("ts")) != message.get("ts")
    if entry.kind not in SHOWN or not message.get("bot_id") or threaded:
        return None
    return "\n".join((str(message.get("text", "")), *lines(message, {})))


def finds(text: str) -> bool:
    """Whether a card names something that was found: who is affected since when, a leading cause, or the verdict."""
    if not any(word in text for word in WORKING):
        return True
    told = [line for line in text.splitlines() if line.startswith(("So far", "Leading"))]
    return any(not any(words in line for words in NOTHING_YET) for line in told)


def ends(text: str) -> bool:
    """Whether a card says how the investigation ended."""
    return not any(word in text for word in WORKING)


def first(record: Record, channel: str, wanted: Callable[[str], bool]) -> float | None:
    """When the card in `channel` first was as wanted; None if it never was."""
    for entry in record.entries():
        if entry.channel == channel and (text := card_said(entry)) is not None and wanted(text):
            return entry.at
    return None
