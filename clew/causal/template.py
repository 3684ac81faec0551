"""Which lines say the same thing, once their numbers, ids and quoted values are taken out."""

import re
from collections.abc import Sequence

import numpy as np

from clew.tables import Ints

_LONGEST = 400
"""Characters of a line that are compared: a stack trace's first lines tell it apart."""
_MASKS = re.compile(
    r"(?P<uuid>\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b)"
    r"|(?P<time>\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?|\b\d{1,2}:\d\d:\d\d(?:[.,]\d+)?\b)"
    r"|(?P<ip>\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b)"
    r"|(?P<hex>\b0x[0-9a-fA-F]+\b|\b(?=[0-9a-fA-F]*\d)(?=\d*[a-fA-F])[0-9a-fA-F]{12,}\b)"
    r"|(?P<num>\d+(?:[.,]\d+)*)"
)


def masked(text: str) -> str:
    """The line with UUIDs, times, addresses, hex ids and numbers replaced by marks, in that order, so that no id leaves a trace.

    An identifier that is masked digit by digit would look new each time; hence the longest shapes come first.
    """
    return _MASKS.sub(lambda hit: f"<{hit.lastgroup}>", text[:_LONGEST])


def templates(messages: Sequence[str]) -> tuple[Ints, tuple[str, ...]]:
    """Template number of each message (N,) and the templates by number; each distinct message is masked once."""
    seen: dict[str, int] = {}
    names: dict[str, int] = {}
    codes = np.empty(len(messages), dtype=np.int32)
    for row, text in enumerate(messages):
        code = seen.get(text)
        if code is None:
            code = names.setdefault(masked(text), len(names))
            seen[text] = code
        codes[row] = code
    return codes, tuple(names)
