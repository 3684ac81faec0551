"""Can somebody who makes the system log harmless lines make a new error's words look ordinary?"""

import numpy as np

from clew.causal.moment import Moment
from clew.causal.newerrors import log_clues
from clew.incident import Window
from clew.tables import LogTable

ONSET = 600.0
WHEN = Moment(onset=ONSET, window=Window(start=0.0, end=900.0), alerted_at=ONSET + 20)


def table(rows: list[tuple[float, str, str]]) -> LogTable:
    ordered = sorted(rows)
    return LogTable(
        times=np.array([at for at, _, _ in ordered]),
        service=np.zeros(len(ordered), dtype=np.int32),
        severity=np.array([0 if level == "INFO" else 1 for _, level, _ in ordered], dtype=np.int32),
        trace=np.full(len(ordered), -1, dtype=np.int32),
        messages=tuple(text for _, _, text in ordered),
        services=("checkout",),
        severities=("INFO", "ERROR"),
        traces=(),
    )


def words(lines: LogTable) -> set[str]:
    found = log_clues(lines, LogTable.empty(), WHEN)
    return {word for one in found if one.clue.channel == "vocabulary" for word in one.clue.detail.split()}


def test_lines_planted_during_the_incident_make_no_word_ordinary() -> None:
    calm = [(float(at), "INFO", "order placed for a visitor") for at in range(0, 590, 10)]
    broken = [(ONSET + at, "ERROR", "stock leaked from the hoard") for at in range(10)]
    planted = [(ONSET + 5 + at / 10, "INFO", "fine, the hoard leaked no stock") for at in range(200)]
    usual = words(table([*calm, *broken]))
    assert {"order", "placed", "visitor"} <= usual
    assert words(table([*calm, *broken, *planted])) == usual


def test_without_any_earlier_line_the_harmless_ones_have_to_do() -> None:
    broken = [(ONSET + at, "ERROR", "stock leaked from the hoard") for at in range(10)]
    calm = [(ONSET + at + 0.5, "INFO", "order placed") for at in range(10)]
    assert {"order", "placed"} <= words(table([*broken, *calm]))
