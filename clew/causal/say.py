"""How are numbers, times, names and measured things put into one plain sentence."""

import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from clew.hypothesis import Clue

_UNITS = {"seconds": "s", "percent": "%", "bytes": "B", "milliseconds": "ms", "1/s": "/s"}
_UNIT_SUFFIX = re.compile(r"\([^)]*\)$")
_TARGET = re.compile(r"\[([^\]]*)\]")
_NAME = re.compile(r"[A-Za-z0-9_.:/%\[\]\- ]+")
"""Names that are taken apart; whatever holds other signs is left as it is."""
_TIME_UNITS = {"ms": "ms", "milliseconds": "ms", "us": "us", "ns": "ns", "seconds": "s"}
_PREFIX = re.compile(r"^(?:[\s\[\](){}|:,.\-]|<[a-z]+>|(?:ERROR|ERR|WARN(?:ING)?|FATAL|CRITICAL|SEVERE|INFO)\b)+")
_LOGGER = re.compile(r"^(?:[\w$]+\.){2,}\S*\s+(?=\S)")
"""The class that wrote a line, before what it wrote."""
_IDS = re.compile(r"\b(?:trace|span|request|correlation)[_-]?id\s*[:=]\s*\S+\s*", re.IGNORECASE)
_GAPS = re.compile(r"…{2,}")
_MARK = re.compile(r"<(?:time|uuid|ip|hex|num|\*)>")
_JOINTS = re.compile(r"[^A-Za-z0-9%]+|(?<=[a-z])(?=[A-Z])")
_PERCENTILE = re.compile(r"p\d{2,3}")
_CAPITALS = frozenset(
    ("cpu", "rss", "gc", "fd", "io", "http", "https", "sql", "db", "dns", "tcp", "rpc", "grpc", "jvm", "ip", "api")
)


def clock(at: float) -> str:
    """`18:36:40 UTC`."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S UTC")


def hashed(ref: str) -> bool:
    """Whether a change's name is a hash."""
    return len(ref) > 10 and all(c in "0123456789abcdef" for c in ref.lower())


def short(ref: str) -> str:
    """`4f2c1a9`: a hash as short as people say it, any other name as it is."""
    return ref[:7] if hashed(ref) else ref[:40]


def number(value: float) -> str:
    """Three significant digits, no exponent for everyday sizes: `0.0042`, `12`, `1,240`, `3.1M`."""
    size = abs(value)
    value += 0.0  # no minus zero
    if size >= 1e6:
        for bound, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
            if size >= bound:
                return f"{value / bound:.3g}{letter}"
    if size >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if size >= 1e-4 or value == 0 else f"{value:.1e}"


def change(before: float, after: float, unit: str = "") -> str:
    """`12 → 96 %`, the smaller as exact as the larger: `0.32 → 1.12 s`; seconds below one as `118 → 510 ms`."""
    short = _UNITS.get(unit.lower(), unit)
    largest = max(abs(before), abs(after))
    if short == "s" and largest < 1:
        short, before, after, largest = "ms", before * 1e3, after * 1e3, largest * 1e3
    sides = f"{beside(before, largest)} → {beside(after, largest)}"
    return f"{sides}{short}" if short.startswith("/") else f"{sides} {short}".rstrip()


def beside(value: float, largest: float) -> str:
    """The value as exact as one of size `largest` is said: what stands beside `1.12` is `0.32`, not `0.323`."""
    if not (math.isfinite(value) and 0 < largest < 1e4):
        return number(value)
    near = round(value, max(0, 2 - math.floor(math.log10(largest))))
    return number(near) if near or not value else f"{value:.1g}"


def spoken(metric: str) -> str:
    """A series' name in a person's words: `latency-p99` is `p99 latency`, `call-errors[pay](1/s)` is `call errors to pay`."""
    bare = _UNIT_SUFFIX.sub("", metric.strip())
    if not _NAME.fullmatch(bare):
        return bare
    target = _TARGET.search(bare)
    words = [word for word in _JOINTS.split(_TARGET.sub(" ", bare)) if word]
    lower = [word.upper() if word.lower() in _CAPITALS else word.lower() for word in words]
    shares = [word for word in lower if _PERCENTILE.fullmatch(word)]
    rest = [word for word in lower if word not in shares]
    ordered = [*shares, *(rest[:-1] if unit_of(bare) else rest)]
    said = " ".join(ordered) or metric
    return f"{said} to {target[1]}" if target else said


def unit_of(metric: str) -> str:
    """The time unit that a name ends in, but for a percentile: `ms` of `db_latency_ms_p99`; empty if it names none."""
    words = [word for word in _JOINTS.split(_UNIT_SUFFIX.sub("", metric).lower()) if word]
    plain = [word for word in words if not _PERCENTILE.fullmatch(word)]
    return _TIME_UNITS.get(plain[-1], "") if len(plain) > 1 else ""


def gist(template: str) -> str:
    """What a log template says, without the clock, level and brackets that loggers put before it, gaps as `…`."""
    bare = " ".join(_GAPS.sub("…", _IDS.sub("", _MARK.sub("…", _LOGGER.sub("", _PREFIX.sub("", template))))).split())
    return bare or " ".join(template.split())


def several(names: Sequence[str], limit: int = 3) -> str:
    """`a`, `a and b`, `a, b and 4 more`."""
    shown = list(names[:limit])
    rest = len(names) - len(shown)
    if rest > 0:
        return f"{', '.join(shown)} and {rest} more"
    if len(shown) > 1:
        return f"{', '.join(shown[:-1])} and {shown[-1]}"
    return shown[0] if shown else ""


def within(text: str, limit: int) -> str:
    """The text on one line, cut at a word with an ellipsis when it is too long; a quotation that was cut is closed."""
    flat = " ".join(text.split())
    if len(flat) <= limit:
        return flat
    kept = flat[: limit - 2].rsplit(" ", 1)[0].rstrip(",;:…")
    kept = kept if len(kept) > limit // 2 else flat[: limit - 2]
    return kept + "…" + ("”" if kept.count("“") > kept.count("”") else "")


def capital(text: str) -> str:
    """The sentence with its first letter large."""
    return text[:1].upper() + text[1:]


def seen(services: Iterable[str], where: str) -> Clue:
    """A clue of channel `seen`, amount 0, whose detail lists by line the services that send this telemetry: what is not listed is dark."""
    names = sorted({name for name in services if name})[:400]
    return Clue(channel="seen", amount=0.0, says=f"{len(names)} services send {where}", detail="\n".join(names))
