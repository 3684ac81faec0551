"""What is handed down: everything from outside, built once in `bot/__main__.py`."""

from dataclasses import dataclass

from clew.limits import Limits
from clew.ports import Clock, Memory, Mind, Source


@dataclass(frozen=True)
class Deps:
    """The frozen bundle that agents get as their graph's context."""

    sources: tuple[Source, ...]
    memory: Memory
    clock: Clock
    limits: Limits = Limits()
    mind: Mind | None = None
