"""Do tables refuse what does not fit, and is an empty one of every kind really empty."""

import dataclasses

import numpy as np
import pytest

from clew.tables import CallGraph, ChangeTable, LogTable, Matrix, SeriesKey, Spans

KEYS = (SeriesKey("web", "", "cpu", "%"), SeriesKey("cart", "", "cpu", "%"))


@pytest.mark.parametrize("shape", [(2, 4), (3, 2), (1, 3), (0, 0), (6,)])
def test_values_that_do_not_fit_their_series_and_times_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="do not fit 2 series x 3 times"):
        Matrix(np.arange(3.0), KEYS, np.zeros(shape))


def test_values_that_fit_are_taken() -> None:
    assert Matrix(np.arange(3.0), KEYS, np.zeros((2, 3))).query == ""


def test_empty_tables_have_no_rows_and_keep_their_query() -> None:
    spans, lines, matrix = Spans.empty("all spans"), LogTable.empty("all lines"), Matrix.empty("all series")
    assert (len(spans), len(lines), len(matrix.keys), len(matrix.times)) == (0, 0, 0, 0)
    assert (spans.query, lines.query, matrix.query) == ("all spans", "all lines", "all series")
    assert spans.error.dtype == np.bool_
    assert {getattr(spans, name).dtype for name in ("trace", "parent", "service", "operation")} == {np.dtype(np.int32)}
    assert {len(getattr(lines, name)) for name in ("times", "service", "severity", "trace", "messages")} == {0}


@pytest.mark.parametrize(
    "table", [Matrix.empty(), Spans.empty(), LogTable.empty(), ChangeTable(), CallGraph(), KEYS[0]]
)
def test_tables_cannot_be_changed(table: object) -> None:
    with pytest.raises((dataclasses.FrozenInstanceError, TypeError)):
        setattr(table, dataclasses.fields(table)[-1].name, "other")  # type: ignore[arg-type]


def test_tables_are_known_by_identity_not_by_their_arrays() -> None:
    one, other = Matrix.empty(), Matrix.empty()
    assert one == one  # noqa: PLR0124 an array's own comparison would raise here
    assert one != other


def lines(times: list[float], service: str, stands: list[int] | None = None, partial: str = "") -> LogTable:
    zero = np.zeros(len(times), dtype=np.int32)
    held = np.array(stands or [], dtype=np.int32)
    messages = tuple(f"{service} at {time:g}" for time in times)
    return LogTable(
        np.array(times),
        zero,
        zero,
        zero - 1,
        messages,
        (service,),
        ("ERROR",),
        (),
        service,
        stands=held,
        partial=partial,
    )


def test_lines_of_several_sources_are_one_table_in_order_of_time() -> None:
    one = LogTable.joined([lines([1.0, 3.0], "web"), LogTable.empty("none"), lines([2.0], "pods", [7], "cut")])
    assert one.messages == ("web at 1", "pods at 2", "web at 3")
    assert [one.services[code] for code in one.service] == ["web", "pods", "web"]
    assert one.severities == ("ERROR",)
    assert one.weights.tolist() == [1, 7, 1]
    assert one.trace.tolist() == [-1, -1, -1]
    assert (one.query, one.partial) == ("web; pods", "cut")
    alone = lines([1.0], "web")
    assert LogTable.joined([alone]) is alone
    assert len(LogTable.joined([])) == 0
