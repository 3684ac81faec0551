"""What do other people's times mean: headers and stamps, as Unix seconds?"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def skew(headers: Mapping[str, str], now: float) -> float | None:
    """How far a server's clock is ahead of `now` by its Date header, seconds; None where it tells none."""
    told = next((value for name, value in headers.items() if name.lower() == "date"), "")
    try:
        return parsedate_to_datetime(told).timestamp() - now
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def stamped(text: object) -> float | None:
    """An RFC 3339 stamp as Unix seconds; None for anything else."""
    if not isinstance(text, str) or not text:
        return None
    try:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
