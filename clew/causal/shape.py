"""What is left of a log line once its numbers, times, addresses and ids are taken out?"""

import re
from collections.abc import Sequence

import numpy as np

LONGEST = 400
"""Characters of a line that are compared: a stack trace's first lines tell it apart."""
_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
_RUN = re.compile(r"[0-9]+")
_CLOCK = r"0:0(?::0)?(?:[.,]0)?"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
# Every run of digits is one `0` here: the marks then depend on a line's shape alone, so each shape is masked once.
_SPACED = re.compile(
    rf"\b(?:0-0-0|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{{0,6}},? +)?{_MONTH} +0),? +{_CLOCK}"
    r"(?:Z|[+-]0(?::?0)?| [A-Z]{3,4}\b)?(?: +0\b(?![.:]))?",
    re.ASCII,
)
"""A date, a space and a clock."""
_MARKS = re.compile(
    r"(?P<uuid>\b[0-9a-fA-F]{1,8}(?:-[0-9a-fA-F]{1,4}){3}-[0-9a-fA-F]{1,12}\b)"
    rf"|(?P<time>\b0-0-0T{_CLOCK}(?:Z|[+-]0(?::?0)?)?|\b0:0:0(?:[.,]0)?\b)"
    r"|(?P<ip>\b0\.0\.0\.0(?::0)?\b)"
    r"|(?P<hex>\b0x[0-9a-fA-F]+\b|\b(?=[a-fA-F]*0)(?=0*[a-fA-F])[0-9a-fA-F]{5,}\b)"
    r"|(?P<num>(?:(?<![A-Za-z0-9>])-)?0(?:[.,]0)*)",
    re.ASCII,
)
_IDS = re.compile(rb"\b(?=[a-fA-F]*0)(?=0*[a-fA-F])[0-9a-fA-F]{5,}\b")


def masked(text: str) -> str:
    """The line with UUIDs, times, addresses, hex ids and numbers replaced by marks, in that order, so that no id leaves a trace.

    An identifier that is masked digit by digit would look new each time; hence the longest shapes come first.
    """
    return _marked(_RUN.sub("0", text[:LONGEST]))


def shapes(lines: Sequence[str]) -> list[bytes]:
    """Each line (N) cut to LONGEST characters, every run of digits one `0`; one pass over all bytes, no work per line."""
    joined = "\0".join([line[:LONGEST] for line in lines])
    if joined.count("\0") != len(lines) - 1:
        joined = "\0".join([line[:LONGEST].replace("\0", " ") for line in lines])
    flat = np.frombuffer(joined.encode("utf-8", "surrogatepass").translate(_DIGITS), dtype=np.uint8)
    digit = flat == ord("0")
    kept = np.ones(len(flat), dtype=np.bool_)
    np.logical_and(digit[1:], digit[:-1], out=kept[1:])
    np.logical_not(kept[1:], out=kept[1:])
    return flat[kept].tobytes().split(b"\0") if len(lines) else []


def settled(shape: bytes) -> bytes:
    """The shape with every hex id the same one; its form stays. Cheaper than a form: most lines differ only in a trace's id."""
    return _IDS.sub(b"a0a0a", shape)


def form(shape: bytes) -> str:
    """The masked text of a shape: `form(shapes([text])[0]) == masked(text)` for text without NUL."""
    return _marked(shape.decode("utf-8", "surrogatepass"))


def _marked(shape: str) -> str:
    if " 0:0" in shape:
        shape = _SPACED.sub("<time>", shape)
    return " ".join([_MARKS.sub(_mark, word) if "0" in word or "-" in word else word for word in shape.split(" ")])


def _mark(hit: re.Match[str]) -> str:
    return f"<{hit.lastgroup}>"
