"""What can a person read, press and be called by in one payload of Slack's?"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

READABLE = frozenset({"title", "alt_text", "accessibility_label"})
TOKEN = re.compile(r"<([^<>]*)>")
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
CLOCK = re.compile(r"(?<![\d:.])(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?![\d:])")
IN_UTC = re.compile(r" UTC| to \d\d:\d\d(?::\d\d)? UTC")
CERTAINTY = re.compile(
    r"\d\s?(?:%|percent)\s+(?:confiden|certain|sure|likel|probab|chance)"
    r"|(?:confiden\w*|certain\w*|likelihood|probability)\W{0,3}(?:of|is|at|level|score)?\W{0,3}\d",
    re.IGNORECASE,
)
ROOT_CAUSE = re.compile(r"root\s+cause", re.IGNORECASE)


class Words(NamedTuple):
    """One text and how Slack reads it: `mrkdwn` or `plain`."""

    kind: str
    text: str


def words(value: Any, field: str = "") -> Iterator[Words]:
    """Every text of blocks or of a view, in order."""
    if isinstance(value, list):
        for child in value:
            yield from words(child, field)
    elif isinstance(value, dict):
        if value.get("type") in ("mrkdwn", "plain_text") and isinstance(value.get("text"), str):
            yield Words("mrkdwn" if value["type"] == "mrkdwn" else "plain", value["text"])
            return
        for name, child in value.items():
            yield from words(child, name)
    elif isinstance(value, str) and field in READABLE:
        yield Words("plain", value)


def every(value: Any, wanted: str) -> Iterator[Any]:
    """All values that stand under one key, however deep."""
    if isinstance(value, list):
        for child in value:
            yield from every(child, wanted)
    elif isinstance(value, dict):
        for name, child in value.items():
            if name == wanted:
                yield child
            yield from every(child, wanted)


def tokens(blocks: Any) -> list[str]:
    """What Slack would turn into something: the insides of `<...>` in formatted texts."""
    return [found for kind, text in words(blocks) if kind == "mrkdwn" for found in TOKEN.findall(text)]


def mentions(blocks: Any) -> set[str]:
    """Everybody and everything that is called: people, channels, groups, @here."""
    return {t for t in tokens(blocks) if t[:1] in "@#!" and not t.startswith("!date^")}


def hosts(blocks: Any) -> set[str]:
    """The hosts that links and pictures lead to; a link that is no http(s) address shows as itself."""
    found = [t.split("|")[0] for t in tokens(blocks) if t[:1] not in "@#!"]
    found += [url for name in ("url", "image_url", "title_url") for url in every(blocks, name)]
    return {urlsplit(url).hostname or url for url in found}


def loose_times(blocks: Any) -> list[str]:
    """Texts with a time of day that a reader elsewhere would misread: outside a date token, or without UTC in plain text.

    Quoted material (code spans and blocks) keeps its own times; a stopwatch (`· 12:40`) is none.
    """
    found: list[str] = []
    for kind, text in words(blocks):
        bare = CODE.sub("", TOKEN.sub("", text)) if kind == "mrkdwn" else text
        times = [match for match in CLOCK.finditer(bare) if not bare[: match.start()].endswith("· ")]
        found += [text for match in times if kind == "mrkdwn" or not IN_UTC.match(bare[match.end() :])]
    return found


def oversure(text: str, confirmed: bool) -> bool:
    """Certainty in numbers, or talk of the root cause before it is confirmed."""
    return bool(CERTAINTY.search(text)) or (not confirmed and bool(ROOT_CAUSE.search(text)))
