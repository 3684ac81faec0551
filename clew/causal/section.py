"""Under which heading of its file does a changed line stand."""

import re

_HEADING = re.compile(
    r"^\s*(?:-\s+)?(?:\[+\s*(?P<table>[\w.\-]+)\s*\]+|[\"']?(?P<key>[A-Za-z_][\w.\-]*)[\"']?\s*(?:[:=]\s*)?[{\[]?)\s*$"
)
_LINES = 400


def section(diff: str, line: str) -> str:
    """The nearest heading above `line` (a changed line without its sign) that opens what it stands in: `pool` for `size: 2`.

    Reads the indentation of settings files and the `[table]` heads of others; where the diff does not show it, what git put behind the
    hunk's `@@`. Empty if nothing is known.
    """
    above: list[str] = []
    for raw in diff.splitlines()[:_LINES]:
        if raw.startswith("@@"):
            above = [raw.rsplit("@@", 1)[-1].removeprefix(" ")]
        elif raw.startswith(("+++", "---", "diff ", "index ")):
            above = []
        elif raw[:1] in "+ " and raw[1:] == line:
            return _nearest(above, line)
        elif raw[:1] in "+ ":
            above.append(raw[1:])
    return ""


def _nearest(above: list[str], line: str) -> str:
    depth = _indent(line)
    for other in reversed(above):
        found = _HEADING.match(other)
        if found is None or not other.strip():
            continue
        if found["table"]:
            return found["table"][:40]
        if _indent(other) < depth and other.rstrip()[-1:] in ":{[=":
            return (found["key"] or "")[:40]
    return ""


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
