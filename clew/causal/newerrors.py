"""Which errors are new, and who erred first."""

from typing import NamedTuple

from clew.causal.moment import Moment
from clew.hypothesis import Clue
from clew.tables import LogTable


class LogClue(NamedTuple):
    """A clue and the lines it was read from. `rows` are sample rows of the table; times in Unix seconds."""

    clue: Clue
    service: str
    severity: str
    template: str
    count: int
    usual: int
    first: float | None
    last: float | None
    rows: tuple[int, ...]


def log_clues(lines: LogTable, normal: LogTable, moment: Moment) -> tuple[LogClue, ...]:
    """All clues of the logs, strongest first."""
    return ()
