"""Which series moved, compared with their own past and with the fleet."""

from typing import NamedTuple

from clew.causal.moment import Moment
from clew.hypothesis import Clue
from clew.tables import Matrix, SeriesKey


class SeriesClue(NamedTuple):
    """A clue and the series it was read from. `row` is the row of the matrix; levels are in the series' own unit."""

    clue: Clue
    key: SeriesKey
    row: int
    normal: float
    after: float


def resource_clues(matrix: Matrix, normal: Matrix, moment: Moment) -> tuple[SeriesClue, ...]:
    """All clues of the metrics, strongest first."""
    return ()
