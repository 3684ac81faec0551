"""What does Jaeger's query API answer: the parts of it that we read, checked where they enter."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field

from tools.redact import redacted
from tools.spans import Span

NAME_CHARACTERS = 300
SECONDS = 1e6
"""Its times are in microseconds."""
LONGEST = 1e7
"""A span that took longer, in seconds, is a clock that jumped."""

LIKE = "Jaeger's query API"


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Reference(_Shape):
    """A span that another one came from."""

    kind: str = Field(alias="refType")
    trace: str = Field(alias="traceID")
    span: str = Field(alias="spanID")


class Tag(_Shape):
    """A name with a value of any plain type."""

    key: str
    value: bool | int | float | str | None = None


class SpanShape(_Shape):
    """One span of a trace."""

    trace: str = Field(alias="traceID")
    id: str = Field(alias="spanID")
    operation: str = Field(alias="operationName")
    references: tuple[Reference, ...] | None = None
    start: float = Field(alias="startTime")
    duration: float
    tags: tuple[Tag, ...] | None = None
    process: str = Field(alias="processID")

    @property
    def parent(self) -> str:
        """Whose child it is; else what it follows from, within its own trace."""
        own = sorted((r for r in self.references or () if r.trace == self.trace), key=lambda r: r.kind != "CHILD_OF")
        return own[0].span if own else ""

    @property
    def failed(self) -> bool:
        told = {tag.key: str(tag.value).lower() for tag in self.tags or ()}
        return told.get("error") == "true" or told.get("otel.status_code") == "error"


class Process(_Shape):
    """Who wrote a span."""

    service: str = Field(alias="serviceName")


class Trace(_Shape):
    """One request, whole."""

    id: str = Field(alias="traceID")
    spans: tuple[SpanShape, ...]
    processes: dict[str, Process]

    def ones(self) -> Iterator[Span]:
        """Its spans, those without a sensible time left out."""
        for span in self.spans:
            owner = self.processes.get(span.process)
            if owner is not None and 0 <= span.duration / SECONDS < LONGEST:
                yield Span(
                    self.id,
                    span.id,
                    span.parent,
                    owner.service,
                    redacted(span.operation)[:NAME_CHARACTERS],
                    span.start / SECONDS,
                    span.duration / SECONDS,
                    span.failed,
                )


class Traces(_Shape):
    """The answer of /api/traces; `data` is null where nothing was found."""

    data: tuple[Trace, ...] | None


class Services(_Shape):
    """The answer of /api/services."""

    data: tuple[str, ...] | None


class Call(_Shape):
    """One edge."""

    caller: str = Field(alias="parent")
    callee: str = Field(alias="child")


class Calls(_Shape):
    """The answer of /api/dependencies."""

    data: tuple[Call, ...] | None
