"""What is a stand: a store filled with the suite's content, and the sources that read it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

from clew.ports import Source, Telemetry

Program = Callable[[str], str | None]
"""Where a program is; None if it is not here."""


@dataclass(frozen=True)
class Stand:
    """One kind of source on a store of its own. Adding one is a file `stand_<kind>.py` and a line in `stands.py`."""

    name: str
    needs: tuple[str, ...]
    """Programs that it starts; without them it is skipped by name."""
    telemetry: tuple[Telemetry, ...]
    """What its sources tell; each is a run of the suite. The suite takes the first source of each kind."""
    opened: Callable[[Path, Program], AbstractAsyncContextManager[tuple[Source, ...]]]
    """Given an empty folder: the sources over `content`, while open. Opened once for all tests of one telemetry, in their loop."""
    types: Mapping[str, str] = field(default_factory=dict[str, str])
    """What a person would type for `text`, by the name of a `@query` method that has a language of its own."""
    timeless: bool = False
    """A stand-in that answers the same whatever the window is."""
