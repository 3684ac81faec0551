"""What does one entry of a stream say: its moment, level, words and trace?"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tools.loki.logql import LOUD_LEVELS, LOUD_WORDS
from tools.loki.shapes import Stream
from tools.rows import MESSAGE_CHARACTERS, Row

TRACES = ("trace_id", "traceID", "traceid", "traceId", "TraceId")
LEVELS = ("level", "severity", "lvl", "loglevel")
WORDS = ("msg", "message", "log", "body")
_TRACE = re.compile(r"trace_?id[\"']?[=:]\s*[\"']?([0-9a-f]{16,32})\b", re.IGNORECASE)
_LEVEL = re.compile(r"\b(?:level|lvl|severity)=\"?([A-Za-z]{3,8})\b")
_LOUD = re.compile(LOUD_WORDS)
_NAMED = {"err": "ERROR", "crit": "CRITICAL", "warning": "WARN", "unknown": ""}


class Entry(NamedTuple):
    """One line as a row, and whether `Selection.loud` would select it."""

    row: Row
    loud: bool


def entries(stream: Stream, service_label: str, level_label: str, *, levelled: bool = False) -> Iterator[Entry]:
    """The entries of one stream, unredacted; those without a time are left out. `levelled`: the level says what is loud."""
    labels = stream.stream
    service = labels.get(service_label, "")
    for value in stream.values:
        if len(value) < 2 or not isinstance(value[1], str) or not str(value[0]).isdecimal():
            continue
        moment, line = str(value[0]), value[1][: 4 * MESSAGE_CHARACTERS]
        inner = _inner(line)
        told = labels.get(level_label, "")
        level = (told if told != "unknown" else "") or _first(labels, LEVELS) or _first(inner, LEVELS)
        found = level or next(iter(_LEVEL.findall(line[:400])), "")
        trace = _first(labels, TRACES) or _first(inner, TRACES) or next(iter(_TRACE.findall(line)), "")
        key = hashlib.blake2s(f"{moment}\x1f{sorted(labels.items())}\x1f{line}".encode("utf-8", "replace"))
        message = (_first(inner, WORDS) or line)[:MESSAGE_CHARACTERS]
        severity = _NAMED.get(found.lower(), found.upper())
        row = Row(key.hexdigest(), int(moment) / 1e9, service, severity, trace, message)
        loud = labels.get(level_label, "").lower() in LOUD_LEVELS if levelled else bool(_LOUD.search(line))
        yield Entry(row, loud)


def _inner(line: str) -> Mapping[str, Any]:
    """The fields of a line that is JSON."""
    if not line.startswith("{"):
        return {}
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _first(held: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((value for name in names if isinstance(value := held.get(name), str) and value), "")
