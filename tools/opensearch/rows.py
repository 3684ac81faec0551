"""What does a document say as a log line?"""

from tools.opensearch.fields import Fields
from tools.opensearch.store import Hit
from tools.rows import MESSAGE_CHARACTERS, Row

ROLES = ("service", "severity", "number", "message", "trace")
_NUMBERED = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
"""Names of the severity numbers 1..4, 5..8, ... (OpenTelemetry log data model)."""


def row(hit: Hit, fields: Fields) -> Row | None:
    """A document as a row; None where it has no time that can be read."""
    at = fields.at(hit)
    if at is None:
        return None
    return Row(
        f"{hit.index}/{hit.id}",
        at,
        fields.text(hit, "service"),
        severity(fields.text(hit, "severity"), fields.text(hit, "number")),
        fields.text(hit, "trace"),
        fields.text(hit, "message")[:MESSAGE_CHARACTERS],
    )


def severity(name: str, number: str = "") -> str:
    """Upper case as the source wrote it; from the number where only that is there."""
    if name or not number.isdecimal():
        return name.upper()
    return _NUMBERED[min(max(int(number) - 1, 0) // 4, 5)]
