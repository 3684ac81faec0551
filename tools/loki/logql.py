"""How is a question put into LogQL, from typed parts that no text can leave?"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

LOUD_LEVELS = ("error", "err", "fatal", "critical", "crit", "alert", "emerg", "panic", "severe")
LOUD_WORDS = (
    r"(?i)\b(?:errors?|exception|fatal|panic(?:ked)?|fail(?:ed|ure|ures|ing)?|timed? ?out|refused|unavailable|traceback"
    r"|denied|exhausted)\b"
)
"""Where lines have no level, these words stand for one."""


@dataclass(frozen=True)
class Selection:
    """Log lines by labels and by what they contain. Labels must be names; values and texts may be anything."""

    labels: tuple[tuple[str, str], ...] = ()
    present: str = ""
    """A label that must be there: LogQL wants one that says something."""
    pattern: str = ""
    """RE2 that a line must match."""
    levels: tuple[str, str] | None = None
    """A label of the level, and RE2 of the levels that are meant."""

    def where(self, label: str, value: str) -> "Selection":
        """The same, held to a label's value too."""
        return Selection((*self.labels, (label, value)), self.present, self.pattern, self.levels)

    def containing(self, text: str) -> "Selection":
        """The same, held to lines that contain a plain text, in upper or lower case."""
        return Selection(self.labels, self.present, f"(?i){re.escape(text)}", self.levels)

    def loud(self, level_label: str) -> "Selection":
        """The same, held to errors: by their level, or by words where `level_label` is empty."""
        if not level_label:
            return Selection(self.labels, self.present, LOUD_WORDS, self.levels)
        return Selection(self.labels, self.present, self.pattern, (level_label, f"(?i)({'|'.join(LOUD_LEVELS)})"))

    @property
    def text(self) -> str:
        """The query of the lines."""
        parts = [f"{label}={quoted(value)}" for label, value in self.labels]
        if self.present:
            parts.append(f'{self.present}=~".+"')
        out = "{" + ", ".join(parts) + "}"
        if self.pattern:
            out += f" |~ {quoted(self.pattern)}"
        if self.levels:
            out += f" | {self.levels[0]}=~{quoted(self.levels[1])}"
        return out

    def counted(self, by: Sequence[str], seconds: int) -> str:
        """The query of how many there are, by labels, in the `seconds` before the moment it is asked for."""
        inner = f"count_over_time({self.text} [{seconds}s])"
        return f"sum by ({', '.join(by)}) ({inner})" if by else f"sum({inner})"


def quoted(text: str) -> str:
    """A string of LogQL, which is one of Go: whatever is in it stays in it."""
    return json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=False).replace("\x7f", "\\u007f")
