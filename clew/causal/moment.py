"""When did it happen, as well as we know, and which stretch of time is looked at."""

from clew.frozen import Frozen
from clew.incident import Window


class Moment(Frozen):
    """One incident's times in Unix seconds. `alerted_at` is a hint that can be off by minutes; `onset` is our own estimate."""

    onset: float | None = None
    window: Window
    alerted_at: float

    @property
    def start(self) -> float:
        """The onset where one was found, else the alert's time."""
        return self.alerted_at if self.onset is None else self.onset
