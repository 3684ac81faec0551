"""What is every source opened with, beside its own settings?"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from clew.memory import Memory
from tools.links import Links
from tools.usage import Usage


@dataclass(frozen=True)
class Outside:
    """The same for all sources of a process."""

    seconds: float = 8.0
    """How long one question may take, all its requests together."""
    usage: Usage = field(default_factory=Usage)
    links: Links = Links()
    now: Callable[[], float] = time.time
    """Unix seconds."""
    memory: Memory | None = None
    """The open store, for a source that answers from what was told to Clew; None where nothing is kept."""
