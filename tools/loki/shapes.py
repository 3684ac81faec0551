"""What does Loki answer: the parts that we read, checked where they enter."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

LIKE = "Loki"


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Names(_Shape):
    """The answer of /loki/api/v1/labels and of /loki/api/v1/label/NAME/values; without `data` there are none."""

    status: Literal["success"]
    data: tuple[str, ...] = ()


class Stream(_Shape):
    """Lines with the same labels: pairs of nanoseconds and text, sometimes with more after them."""

    stream: dict[str, str]
    values: tuple[tuple[Any, ...], ...]


class Streams(_Shape):
    """Lines."""

    resultType: Literal["streams"]  # noqa: N815
    result: tuple[Stream, ...]


class Count(_Shape):
    """A number with the labels that it is of: a moment and the number as text."""

    metric: dict[str, str]
    value: tuple[float, str]


class Counts(_Shape):
    """Numbers at one moment."""

    resultType: Literal["vector"]  # noqa: N815
    result: tuple[Count, ...]


class Lines(_Shape):
    """The answer to a query of lines; `warnings` where not everything could be read."""

    status: Literal["success"]
    data: Streams
    warnings: tuple[str, ...] | None = None


class Volumes(_Shape):
    """The answer to a query of counts."""

    status: Literal["success"]
    data: Counts
    warnings: tuple[str, ...] | None = None
