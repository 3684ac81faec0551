"""What is every value that crosses a floor: immutable, closed to unknown fields, equal by content."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value. Tuples instead of lists; every field added after the first release needs a default (checkpoints are read back)."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")
