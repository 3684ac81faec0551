"""Do windows only run forwards, and is one incident always the same incident."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from clew.incident import Window, incident_id

TIMES = st.floats(1.0, 4e9, allow_nan=False)


@pytest.mark.parametrize(("start", "end"), [(10.0, 10.0), (10.0, 9.0), (math.nan, 10.0), (10.0, math.nan)])
def test_a_window_that_does_not_run_forwards_is_refused_with_both_ends(start: float, end: float) -> None:
    with pytest.raises(ValidationError, match="must end after it starts") as caught:
        Window(start=start, end=end)
    assert f"{start} .. {end}" in str(caught.value)


@given(start=TIMES, seconds=st.floats(1.0, 1e6), factor=st.floats(1.001, 50.0))
def test_a_widened_window_keeps_its_end_and_reaches_further_back(start: float, seconds: float, factor: float) -> None:
    window = Window(start=start, end=start + seconds, reason="the first look")
    wider = window.widened(factor, "nothing clear yet")
    assert wider.end == window.end
    assert wider.seconds == pytest.approx(window.seconds * factor, rel=1e-6, abs=1e-5)
    assert wider.start <= window.start
    assert wider.reason == "nothing clear yet"
    assert window.reason == "the first look"


def test_a_window_cannot_be_widened_to_nothing() -> None:
    with pytest.raises(ValidationError, match="must end after it starts"):
        Window(start=0.0, end=60.0).widened(0.0, "nothing")


PARTS = st.lists(
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x1f"), max_size=12), min_size=1, max_size=4
)


@given(one=PARTS, other=PARTS)
def test_an_incident_has_one_id_for_its_parts_and_another_for_any_others(one: list[str], other: list[str]) -> None:
    assert incident_id(*one) == incident_id(*one)
    assert len(incident_id(*one)) == 12
    assert (incident_id(*one) == incident_id(*other)) is (one == other)


def test_parts_do_not_run_into_each_other() -> None:
    assert incident_id("T1", "C12") != incident_id("T1C", "12") != incident_id("T1C12")
