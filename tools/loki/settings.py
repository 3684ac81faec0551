"""What can be set about a Loki?"""

import re
from collections.abc import Mapping

from pydantic import Field, field_validator

from tools.address import Address

LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class LokiSettings(Address):
    """Loki: log lines by labels."""

    tenant: str | None = Field(default=None, description="Sent as `X-Scope-OrgID`, where one Loki serves several.")
    only: Mapping[str, str] = Field(
        default={}, description="Labels and values that every request is held to, such as `namespace=shop`."
    )
    service_label: str | None = Field(
        default=None, description="Label of a line's service; not set: the first of the usual names that is there."
    )
    level_label: str = Field(default="detected_level", description="Label, or structured metadata, of a line's level.")
    lines: int = Field(default=10_000, ge=240, le=100_000, description="Log lines in one read at most.")
    page: int = Field(
        default=1_000, ge=20, le=5_000, description="Lines in one answer; the server's own limit is often 5,000."
    )
    megabytes: float = Field(default=32.0, gt=0.1, le=256.0, description="Size of the log lines in one read at most.")
    history_seconds: float = Field(
        default=3600.0, ge=0, le=604_800, description="How far before the window is read, to know what is usual."
    )
    normal_offset_seconds: float | None = Field(
        default=None, gt=0, description="So much earlier the same window is a reference; without it there is none."
    )

    @field_validator("only")
    @classmethod
    def _held(cls, given: Mapping[str, str]) -> Mapping[str, str]:
        for name, value in given.items():
            if not LABEL.fullmatch(name) or not value:
                raise ValueError(f"{name!r} must be a label with a value")
        return given

    @field_validator("service_label", "level_label")
    @classmethod
    def _label(cls, name: str | None) -> str | None:
        if name is not None and not LABEL.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a label")
        return name
