"""What can be set about an OpenSearch, or whatever else speaks its search API?"""

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, field_validator

from tools.address import Address

INDEX = re.compile(r"[a-z0-9.][a-z0-9._:*,+-]*")
"""One pattern or several with commas; nothing that could lead to another part of the API."""


class OpenSearchSettings(Address):
    """OpenSearch and its Elasticsearch-compatible kin: log lines, OpenTelemetry spans, the service map."""

    log_index: str | None = Field(default=None, description="Indices that hold log lines, such as `logs-*`.")
    span_index: str | None = Field(default=None, description="Indices that hold spans, such as `otel-v1-apm-span-*`.")
    service_map_index: str | None = Field(
        default=None, description="Index of the service map, such as `otel-v1-apm-service-map`, if there is one."
    )
    layout: Literal["auto", "ecs", "otel", "plain"] = Field(
        default="auto",
        description="How lines and spans name their fields; `auto` looks which of the known names are there.",
    )
    time_field: str | None = Field(default=None, description="Field of a line's time, where it has a name of its own.")
    service_field: str | None = Field(default=None, description="Field of a line's service, likewise.")
    instance_field: str | None = Field(default=None, description="Field of a line's instance, likewise.")
    severity_field: str | None = Field(default=None, description="Field of a line's severity, likewise.")
    message_field: str | None = Field(default=None, description="Field of a line's text, likewise.")
    trace_field: str | None = Field(default=None, description="Field of a line's trace id, likewise.")
    only: Mapping[str, str] = Field(
        default={}, description="Fields and values that every request is held to, such as `kubernetes.namespace=shop`."
    )
    lines: int = Field(default=20_000, ge=100, le=200_000, description="Rows of log lines in one read at most.")
    megabytes: float = Field(default=16.0, gt=0.1, le=256.0, description="Size of the log lines in one read at most.")
    spans: int = Field(
        default=20_000, ge=100, le=500_000, description="Spans in one read at most; whole traces are taken."
    )
    history_seconds: float = Field(
        default=3600.0, ge=0, le=604_800, description="How far before the window is read, to know what is usual."
    )
    normal_offset_seconds: float | None = Field(
        default=None, gt=0, description="So much earlier the same window is a reference; without it there is none."
    )

    @field_validator("log_index", "span_index", "service_map_index")
    @classmethod
    def _index(cls, name: str | None) -> str | None:
        if name is not None and (not INDEX.fullmatch(name) or not name.strip(".*,:-+")):
            raise ValueError(f"{name!r} is no index or pattern such as logs-*; a pattern for everything is refused")
        return name

    @field_validator("only")
    @classmethod
    def _held(cls, given: Mapping[str, str]) -> Mapping[str, str]:
        for name, value in given.items():
            if not name or not value or "*" in name:
                raise ValueError(f"{name!r} must be a field with a value")
        return given
