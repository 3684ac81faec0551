"""Which part of a fleet is this, when the whole is too large to be read at once?"""

import zlib
from typing import Self

from pydantic import Field, model_validator

from clew.frozen import Frozen


class Part(Frozen):
    """The services whose name falls to `index` of `of`: every service belongs to exactly one part, on every machine the same."""

    index: int = Field(ge=0)
    of: int = Field(ge=1)

    @model_validator(mode="after")
    def _within(self) -> Self:
        if self.index >= self.of:
            raise ValueError(f"there is no part {self.index} of {self.of}")
        return self

    def holds(self, service: str) -> bool:
        """True if the series of this service are in this part; the whole system's own (an empty name) are in one part too."""
        return zlib.crc32(service.encode("utf-8", "surrogatepass")) % self.of == self.index
