"""Do numbers read as people say them?"""

import pytest

from bot.caption import MARGIN, alternative, change, framed, number, quantity, scale, spark, title
from bot.card import clock
from clew.evidence import Mark, Series
from clew.incident import Window

WINDOW = Window(start=1_795_370_400.0, end=1_795_374_000.0)


def series(*values: float | None, unit: str = "", before: float | None = None, after: float | None = None) -> Series:
    times = tuple(WINDOW.start + i for i in range(len(values)))
    return Series(name="m", service="s", unit=unit, times=times, values=values, before=before, after=after)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (510.0, "510"),
        (1240.0, "1,240"),
        (0.0021, "0.0021"),
        (4.5678, "4.57"),
        (-3.0, "-3"),
        (1e300, "1e+300"),
        (float("nan"), "?"),
    ],
)
def test_three_digits_and_thousands(value: float, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (series(0.1, 0.5, unit="s", before=0.118, after=0.51), "118 → 510 ms"),
        (series(1.0, 2.5, unit="s", before=1.0, after=2.5), "1 → 2.5 s"),
        (series(2e8, 4e8, unit="bytes", before=2e8, after=4e8), "200 → 400 MB"),
        (series(0.1, 0.5, unit="ratio", before=0.1, after=0.5), "10 → 50%"),
        (series(1.0, 3.0), "between 1 and 3"),
        (series(2.0, 2.0, unit="req/s"), "steady at 2 req/s"),
        (series(None, float("nan")), "nothing measured"),
    ],
)
def test_a_change_is_said_in_the_unit_people_use(given: Series, shown: str) -> None:
    assert change(given) == shown


def test_a_percent_sign_sticks_to_its_number() -> None:
    assert quantity(9.1, "%") == "9.1%"
    assert quantity(9.1, "ms") == "9.1 ms"
    assert scale(series(1.0)).factor == 1


def test_the_spark_shows_shape_and_gaps() -> None:
    assert spark(series(0.0, 1.0, None, 7.0)) == "▁▂·█"
    assert spark(series(None, None)) == ""
    assert len(spark(series(*(float(i) for i in range(1000))))) == 24


def test_words_for_those_who_do_not_see_the_picture() -> None:
    told = series(0.1, 0.5, unit="s", before=0.1, after=0.5).model_copy(
        update={"onset": WINDOW.start + 60, "normal": 0.11, "marks": (Mark(at=WINDOW.start + 5, label="flag x"),)}
    )
    assert alternative(told, WINDOW) == (
        "Line chart of s m in ms, 18:00 UTC to 19:00 UTC, before 100 ms, after 500 ms, changes at 18:01:00 UTC, "
        "usual level 110 ms, marked flag x at 18:00:05 UTC."
    )
    assert title(told) == "s m 100 → 500 ms from 18:01:00 UTC"


@pytest.mark.parametrize(("seconds", "shown"), [(3, "0:03"), (62.9, "1:02"), (3_723, "1:02:03"), (-5, "0:00")])
def test_a_stopwatch(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


def sampled(first: float, last: float, onset: float | None, *marks: float) -> Series:
    """One sample every 5 s from `first` to `last`, seconds into a window of an hour."""
    times = tuple(WINDOW.start + at for at in range(int(first), int(last) + 1, 5))
    return Series(
        name="m",
        service="s",
        times=times,
        values=(1.0,) * len(times),
        onset=None if onset is None else WINDOW.start + onset,
        marks=tuple(Mark(at=WINDOW.start + at, label="deploy") for at in marks),
    )


@pytest.mark.parametrize(
    ("given", "start", "end"),
    [
        (sampled(1800, 2160, 2100), 1800, 2160),
        (sampled(0, 3600, 3000), 1800, 3600),
        (sampled(0, 2200, 2100), 1800, 2200),
        (sampled(0, 2200, 2100, 1500, 100), 1500 - MARGIN, 2200),
        (sampled(1800, 2160, 2100, 1700), 1700 - MARGIN, 2160),
        (sampled(1800, 2160, 2100, 2300), 1800, 2300 + MARGIN),
        (sampled(1800, 2160, None), 1800, 2160),
        (sampled(1800, 1800, None), 0, 3600),
    ],
)
def test_a_chart_shows_the_data_around_the_onset(given: Series, start: float, end: float) -> None:
    shown = framed(given, WINDOW)
    assert (shown.start - WINDOW.start, shown.end - WINDOW.start) == (start, end)
