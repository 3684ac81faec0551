"""What is handed down: everything from outside, built once in `bot/composition.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from clew.limits import Limits
from clew.memory import Memory
from clew.ports import Clock, Mind, Source


@dataclass(frozen=True)
class Deps:
    """The frozen bundle that agents get as their graph's context."""

    sources: tuple[Source, ...]
    memory: Memory
    clock: Clock
    limits: Limits = Limits()
    mind: Mind | None = None
    scopes: Mapping[str, tuple[Source, ...]] = field(default_factory=dict[str, tuple[Source, ...]])
    """The sources that a scope's incidents may ask, by the scope's name; each is bound to its limits when it is opened."""

    def within(self, scope: str) -> Self:
        """The same with the sources of one scope alone; an unknown name has none, so that nothing leaks by a typing mistake."""
        return replace(self, sources=self.scopes.get(scope, ())) if scope else self
