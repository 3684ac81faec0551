"""How is a change's diff kept: redacted, within a budget, with what tells most in front?"""

from collections.abc import Sequence

import re2

from tools.redact import redacted

DIFF_CHARACTERS = 20_000
"""Of one change."""
PART_CHARACTERS = 6_000
"""Of one file, where a change touches several."""
LEAST = 200
"""Characters below which a further file is not begun."""
CUT = "\n@@ cut @@\n"
ARID = re2.compile(
    r"(?i)(?:^|/)(?:package-lock\.json|yarn\.lock|pnpm-lock\.yaml|poetry\.lock|uv\.lock|cargo\.lock|go\.sum|gemfile\.lock|"
    r"composer\.lock)$|\.min\.(?:js|css)$|\.(?:map|snap|svg|md|rst|txt|lock|pb\.go)$|_pb2(?:_grpc)?\.pyi?$|"
    r"(?:^|/)(?:vendor|node_modules|dist|docs?|tests?|testdata|fixtures|generated)/"
)
"""Files that tell the least: generated, locked, texts and tests; their part comes last."""


def composed(parts: Sequence[tuple[str, str]]) -> str | None:
    """One unified diff out of (path, diff) of each file; None where there is none. What is cut is marked `@@ cut @@`."""
    if not parts:
        return None
    most = DIFF_CHARACTERS if len(parts) == 1 else PART_CHARACTERS
    ordered = sorted(parts, key=lambda part: bool(ARID.search(part[0])))
    out: list[str] = []
    left = DIFF_CHARACTERS - len(CUT)
    for _, text in ordered:
        if left < LEAST:
            out.append(CUT)
            break
        shown = cut(text, min(most, left))
        out.append(shown)
        left -= len(shown)
    return "".join(out)


def cut(text: str, most: int) -> str:
    """The beginning of `text` in at most `most` characters, redacted, whole lines, ending in a newline."""
    # redacted before it is cut: half a secret would not be recognised
    clean = redacted(text[: most * 2 + 1_000])
    if len(clean) < most:
        return clean if clean.endswith("\n") else clean + "\n"
    kept = clean[: max(0, most - len(CUT))]
    return (kept[: kept.rfind("\n")] if "\n" in kept else kept) + CUT
