"""Do sampled lines count for those they stand for?"""

import numpy as np

from clew.causal.moment import Moment
from clew.causal.newerrors import LogClue, log_clues
from clew.incident import Window
from clew.tables import LogTable

ONSET = 1_000.0
MOMENT = Moment(onset=ONSET, window=Window(start=0.0, end=1_200.0), alerted_at=1_060.0)


def table(rows: list[tuple[float, str, str]], stands: list[int] | None = None) -> LogTable:
    """(time, severity, message) of `web`, ascending."""
    zero = np.zeros(len(rows), dtype=np.int32)
    names = ("INFO", "ERROR")
    return LogTable(
        times=np.array([time for time, _, _ in rows]),
        service=zero,
        severity=np.array([names.index(severity) for _, severity, _ in rows], dtype=np.int32),
        trace=zero - 1,
        messages=tuple(message for _, _, message in rows),
        services=("web",),
        severities=names,
        traces=(),
        stands=np.array(stands or [], dtype=np.int32),
    )


CALM = [(float(t), "INFO", "request served") for t in range(0, 1_000, 10)]


def new_errors(found: tuple[LogClue, ...]) -> dict[str, LogClue]:
    return {item.template: item for item in found if item.clue.channel == "new errors"}


def test_a_sample_says_what_all_lines_say() -> None:
    every = table([*CALM, *((ONSET + t, "ERROR", "pool exhausted") for t in range(40))])
    few = table([*CALM, *((ONSET + t, "ERROR", "pool exhausted") for t in range(0, 40, 10))], [1] * 100 + [10] * 4)
    whole, sample = (
        new_errors(log_clues(every, LogTable.empty(), MOMENT)),
        new_errors(log_clues(few, LogTable.empty(), MOMENT)),
    )
    assert whole["pool exhausted"].count == sample["pool exhausted"].count == 40
    assert whole["pool exhausted"].clue.amount == sample["pool exhausted"].clue.amount


def test_an_error_that_one_early_row_stands_for_often_is_not_new() -> None:
    rows = [(100.0, "ERROR", "cache miss"), *CALM[11:], *((ONSET + t, "ERROR", "cache miss") for t in range(40))]
    assert "cache miss" in new_errors(log_clues(table(rows), LogTable.empty(), MOMENT)), "one stray is not a habit"
    habit = table(rows, [500] + [1] * (len(rows) - 1))
    assert "cache miss" not in new_errors(log_clues(habit, LogTable.empty(), MOMENT))


def test_work_that_stopped_is_gone_and_a_line_in_other_words_is_not() -> None:
    """Every 10 s `order shipped`; from 60 s before the onset on either nothing, or the same in other words."""
    until = ONSET - 60.0
    shipped = [(float(t), "INFO", "order shipped") for t in np.arange(0.0, until, 10.0)]
    served = [(t + 1.0, severity, text) for t, severity, text in CALM]
    after = [(float(t), "INFO", "request served") for t in np.arange(ONSET, ONSET + 200.0, 10.0)]
    other = [(float(t), "INFO", "parcel handed over") for t in np.arange(until, ONSET + 200.0, 10.0)]

    def gone(rows: list[tuple[float, str, str]]) -> set[str]:
        found = log_clues(table(sorted(rows)), LogTable.empty(), MOMENT)
        return {item.template for item in found if item.clue.channel == "gone"}

    assert gone([*shipped, *served, *after]) == {"order shipped"}
    assert gone([*shipped, *served, *after, *other]) == set()
