"""What can be set about a Jaeger?"""

from pydantic import Field

from tools.address import Address


class JaegerSettings(Address):
    """Jaeger's query service: spans and the call graph."""

    services: tuple[str, ...] = Field(
        default=(), description="Services whose spans may be read, with `*`; empty: all that there are."
    )
    tenant: str | None = Field(default=None, description="Sent as `x-tenant`, where one Jaeger serves several.")
    traces: int = Field(
        default=1_500, ge=20, le=20_000, description="Traces in one read, about; spread over the window and services."
    )
    megabytes: float = Field(default=64.0, gt=0.1, le=256.0, description="Size of the traces in one read at most.")
    history_seconds: float = Field(
        default=3600.0, ge=0, le=604_800, description="How far before the window is read, to know what is usual."
    )
    normal_offset_seconds: float | None = Field(
        default=None, gt=0, description="So much earlier the same window is a reference; without it there is none."
    )
