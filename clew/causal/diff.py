"""What does a diff do that could hurt: a setting with another number, a guard removed, a call put in a loop."""

import re
from difflib import SequenceMatcher
from typing import NamedTuple

from clew.causal.section import section

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:[._]\d+)*(?:ms|us|ns|s|m|h|d|k|kb|mb|gb|ki|mi|gi|%)?\b", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_][\w.\-]*")
_GUARD = re.compile(
    r"\b(?:if|unless|when|assert|require|check|validat\w*|guard|ensure|lock|unlock|mutex|synchronized|limit|try|except|catch|rescue|"
    r"recover|default|fallback|retry|timeout|return|raise|throw)\b",
    re.IGNORECASE,
)
_CALL = re.compile(r"\b[\w.]+\s*\(")
_LOOP = re.compile(r"^\s*(?:for|while|foreach|each)\b|\.(?:map|forEach|each)\(")
_COMMENT = re.compile(r"^\s*(?:#(?!include)|//|\*|/\*|--(?!\S)|<!--|\"\"\")")
_QUOTED = re.compile(r"[\"'`]([^\"'`]{1,60})[\"'`]")
_LOGGING = re.compile(
    r"\b(?:log\w*|logger|print\w*|console|counter|metrics?|histogram|gauge|span)\b\s*[.(]", re.IGNORECASE
)
_WORDING = re.compile(
    r"\b(?:class(?:Name)?|style|colou?r|placeholder|message|msg|caption)\b[\"']?\s*[=:(]", re.IGNORECASE
)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z_./-]*")
"""A name that code may look up: no sentence, no version, no colour."""
_GROWS = re.compile(r"\b(\w+)\s*\.(?:append|add|push|push_back|put|extend|insert|offer|enqueue)\s*\(")
_EMPTY = re.compile(
    r"(?!\s)(?:.*\bstatic\b.*\s|[\w<>,\[\] ]*\s)?(\w+)\s*(?::[^=]+)?=\s*(?:\[\]|\{\}|(?:list|dict|set)\(\)|new\s|make\(|make_shared)"
)
"""A container that begins empty; where it stands at the margin, or is static, it lives as long as the process."""
_GIVES_BACK = re.compile(
    r"\.(?:pop\w*|clear|remove\w*|discard|evict\w*|shift|poll|dequeue|truncate|expire\w*)\s*\(|\bdel(?:ete)?\b|max_?(?:len|size)|ttl|lru",
    re.IGNORECASE,
)
_LONG = 200
"""Of a line so much is searched for a container: a longer one was written by no person."""
_LINES = 400
_KINDS = (
    ("a guard", frozenset(["if", "unless", "when", "assert", "require", "check", "guard", "ensure"])),
    ("a lock", frozenset(["lock", "unlock", "mutex", "synchronized"])),
    ("a timeout", frozenset(("timeout",))),
    ("a retry", frozenset(("retry",))),
    ("a limit", frozenset(("limit",))),
    ("a fallback", frozenset(["fallback", "default", "recover"])),
    ("error handling", frozenset(["try", "except", "catch", "rescue", "raise", "throw"])),
    ("a way out", frozenset(("return",))),
)
"""What people call a line with these words, first hit first."""


class Hunk(NamedTuple):
    """The removed and added lines of one file, and all its shown lines."""

    path: str
    removed: tuple[str, ...]
    added: tuple[str, ...]
    context: tuple[str, ...]


class Risk(NamedTuple):
    """How likely a diff alters behaviour (0..1), and what it did: `cut the pool`, of a place, `size 12 → 2`."""

    amount: float
    act: str
    detail: str = ""
    link: str = "in"

    def told(self, where: str | None) -> str:
        """`cut the pool of checkout: size 12 → 2`."""
        place = f" {self.link} {where}" if where else ""
        return f"{self.act}{place}: {self.detail}" if self.detail else f"{self.act}{place}"


def hunks(diff: str) -> tuple[Hunk, ...]:
    """The parts of a unified diff (with or without headers), at most 400 lines; comment and blank lines left out."""
    out: list[Hunk] = []
    path, removed, added, context = "", list[str](), list[str](), list[str]()

    def close() -> None:
        if removed or added or context:
            out.append(Hunk(path, tuple(removed), tuple(added), tuple(context)))
        removed.clear()
        added.clear()
        context.clear()

    for line in diff.splitlines()[:_LINES]:
        if line.startswith(("diff ", "--- ", "index ")):
            close()
        elif line.startswith("+++ "):
            path = line[4:].removeprefix("b/").strip()
        elif line.startswith("@@"):
            close()
            name = line.strip("@ ").strip()
            path = name if "/" in name and " " not in name else path
        elif line[1:].strip() and not _COMMENT.match(line[1:]):
            (removed if line[0] == "-" else added if line[0] == "+" else context).append(line[1:])
    close()
    return tuple(out)


def risk(diff: str, path_hint: str = "") -> Risk:
    """The strongest danger of the diff. A pure move, a comment or a log line is near 0."""
    parts = hunks(diff)
    gone = {" ".join(line.split()) for part in parts for line in part.removed}
    new = {" ".join(line.split()) for part in parts for line in part.added}
    found = [Risk(0.15, "changed code", _shown(gone, new))] if gone | new else [Risk(0.0, "changed nothing that runs")]
    for part in parts:
        removed = [line for line in part.removed if " ".join(line.split()) not in new]
        added = [line for line in part.added if " ".join(line.split()) not in gone]
        elsewhere = [line for other in parts for line in other.added]
        found += [_setting(diff, removed, added), _guard(removed, added, elsewhere)]
        found += [_loop(part, added), _renamed(removed, added), _hoard(part, added)]
    return max(found, key=lambda r: r.amount)


def _shown(gone: set[str], new: set[str]) -> str:
    """The longest line that is new (or gone, where none is), for a person to recognise the change by."""
    lines = sorted(line for line in (new - gone or gone - new) if not _LOGGING.search(line))
    longest = max(lines, key=len, default="")
    return f"“{longest[:48]}”" if longest else ""


def _setting(diff: str, removed: list[str], added: list[str]) -> Risk:
    """The same line with another number."""
    best = Risk(0.0, "")
    for old in removed:
        for new in added:
            before, after = _NUMBER.findall(old), _NUMBER.findall(new)
            if (
                len(before) != len(after)
                or before == after
                or _NUMBER.sub("#", old).split() != _NUMBER.sub("#", new).split()
            ):
                continue
            pair = next((a, b) for a, b in zip(before, after, strict=True) if a != b)
            if _LOGGING.search(new):
                continue
            name = _NAME.findall(_NUMBER.sub(" ", new))
            label = max(name, key=len) if name else "a setting"
            amount = _ratio(*pair)
            if amount > best.amount:
                best = _set(amount, section(diff, new), label[:40], pair)
    return best


def _set(amount: float, heading: str, label: str, pair: tuple[str, str]) -> Risk:
    before, after = _value(pair[0]), _value(pair[1])
    known = before is not None and after is not None and before != after
    verb = "changed" if not known else ("cut" if (after or 0.0) < (before or 0.0) else "raised")
    if heading and heading != label:
        return Risk(amount, f"{verb} the {heading}", f"{label} {pair[0]} → {pair[1]}", "of")
    return Risk(amount, f"{verb} {label}", f"{pair[0]} → {pair[1]}", "of")


def _ratio(before: str, after: str) -> float:
    """A halved limit is worse than a doubled one; a nudge is little."""
    a, b = _value(before), _value(after)
    if a is None or b is None or a == b:
        return 0.5
    low, high = sorted((abs(a) + 1e-9, abs(b) + 1e-9))
    steep = min(1.0, 0.35 + 0.25 * (high / low - 1.0))
    return steep if abs(b) < abs(a) else 0.7 * steep


def _value(text: str) -> float | None:
    scale = {
        "ms": 1e-3,
        "us": 1e-6,
        "ns": 1e-9,
        "s": 1,
        "m": 60,
        "h": 3600,
        "d": 86400,
        "k": 1e3,
        "kb": 1e3,
        "mb": 1e6,
        "gb": 1e9,
    }
    hit = re.match(r"(-?[\d._]+)([a-z%]*)", text.lower())
    if hit is None:
        return None
    try:
        return float(hit[1].replace("_", "").strip(".")) * scale.get(hit[2], 1.0)
    except ValueError:
        return None


def _guard(removed: list[str], added: list[str], elsewhere: list[str]) -> Risk:
    """A condition, a lock, a limit or a call that is gone, and that nothing of its kind added anywhere resembles.

    Where as many of its kind were added as removed, one was put in another's place: that is a rewrite, and counts for half.
    """
    best = Risk(0.0, "")
    for line in removed:
        if _LOGGING.search(line) or re.match(r"\s*(?:import|from|using|#include|require)\b", line):
            continue
        guard, call = _guards(line), bool(_CALL.search(line))
        if not guard and not call:
            continue
        alike = [other for other in elsewhere if not guard or guard & _guards(other)]
        like = max((SequenceMatcher(None, _parts(line), _parts(other)).ratio() for other in alike[:60]), default=0.0)
        names = set(_NAME.findall(line))
        kept = len(names & {n for other in alike for n in _NAME.findall(other)}) / max(1, len(names))
        amount = (0.95 if guard else 0.85) * (1.0 - max(like, kept)) * (1.0 if len(added) <= len(removed) else 0.8)
        if guard and _count(guard, added) >= _count(guard, removed):
            amount *= 0.5
        if amount > best.amount:
            best = Risk(amount, f"removed {_kind(line)}", f"“{' '.join(line.split())[:48]}”")
    return best


def _guards(line: str) -> set[str]:
    return {word.lower() for word in _GUARD.findall(line)}


def _count(words: set[str], lines: list[str]) -> int:
    return sum(1 for line in lines if words & _guards(line))


def _parts(line: str) -> list[str]:
    """Names and signs: `params.Amount` and `p.Amount` share most of theirs."""
    return re.findall(r"\w+|[^\w\s]", line)


def _kind(line: str) -> str:
    """What sort of line is gone, by its own words."""
    words = _guards(line)
    for kind, telling in _KINDS:
        if words & telling:
            return kind
    return "a guard" if words else "a call"


def _loop(part: Hunk, added: list[str]) -> Risk:
    """A loop that is new, with a call in what was added."""
    if not any(_LOOP.search(line) for line in added) or any(_LOOP.search(line) for line in part.removed):
        return Risk(0.0, "")
    calls = [line for line in added if _CALL.search(line) and not _LOOP.match(line) and not _LOGGING.search(line)]
    return Risk(0.75, "put a call into a loop", f"“{' '.join(calls[0].split())[:40]}”") if calls else Risk(0.0, "")


def _hoard(part: Hunk, added: list[str]) -> Risk:
    """Something is put into a container that outlives the request, and nothing shown ever takes anything out."""
    shown = [line[:_LONG] for line in (*part.added, *part.context)]
    lasting = {found[1] for line in shown if (found := _EMPTY.match(line.lstrip() if "static " in line else line))}
    for line in added:
        found = _GROWS.search(line[:_LONG])
        if found is None or not (found[1] in lasting or (found[1].isupper() and len(found[1]) > 2)):
            continue
        if not any(found[1] in other and _GIVES_BACK.search(other) for other in shown):
            return Risk(0.6, f"lets {found[1][:30]} only grow", f"“{' '.join(line.split())[:40]}”")
    return Risk(0.0, "")


def _renamed(removed: list[str], added: list[str]) -> Risk:
    """The same line with another quoted name or identifier: readers of the old name break."""
    for old in removed:
        for new in added:
            if _LOGGING.search(new) or _WORDING.search(new):
                continue
            before, after = _QUOTED.findall(old), _QUOTED.findall(new)
            if (
                before
                and len(before) == len(after)
                and before != after
                and _QUOTED.sub("#", old).split() == _QUOTED.sub("#", new).split()
            ):
                a, b = next((x, y) for x, y in zip(before, after, strict=True) if x != y)
                if not (_PLAIN.fullmatch(a) and _PLAIN.fullmatch(b)):
                    continue
                return Risk(0.7, f"renamed “{a[:24]}” to “{b[:24]}”")
    return Risk(0.0, "")
