"""Which moment does a sender mean?"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator


def _zoned(at: datetime) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_zoned)]
"""ISO 8601 or Unix seconds; without a zone it is UTC."""
