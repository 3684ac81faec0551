"""Can anyone read the picture of the onsets: in words, in colour, in grey, with hostile names and too many of them?"""

import io
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from PIL import Image

from bot.chart import DETAILED, Painter, picture
from bot.chart_marks import placed
from bot.timeline import alternative, in_words, title, window
from bot.timeline_spec import timeline_spec
from clew.evidence import Mark
from clew.hypothesis import Began, Label, Timeline
from clew.incident import Window

ONSET = 1_795_372_600.0  # 2026-11-22 18:36:40 UTC


@pytest.fixture
async def painter() -> AsyncGenerator[Painter]:
    async with Painter(seconds=60) as painter:
        yield painter


def spread(**more: Any) -> Timeline:
    base = Timeline(
        rows=(
            Began(service="web", depth=0, onset=ONSET + 30, amount=0.3, label=Label.SYMPTOM),
            Began(service="checkout", depth=1, onset=ONSET + 12, amount=0.5, label=Label.CONTRIBUTOR),
            Began(service="catalog", depth=1),
            Began(service="stock", depth=2, onset=ONSET, amount=1.0, label=Label.CAUSE, leading=True),
        ),
        edges=(("checkout", "stock"), ("web", "catalog"), ("web", "checkout"), ("web", "stock")),
        marks=(Mark(at=ONSET - 90, label="deploy 4f2c1a9 stock"),),
        onset=ONSET + 5,
        alerted_at=ONSET + 60,
    )
    return base.model_copy(update=more)


def texts(timeline: Timeline) -> list[str]:
    """Every word that is drawn, once."""
    layers = [layer for layer in timeline_spec(timeline)["layer"] if layer["mark"]["type"] == "text"]
    return [
        value.get("says", value.get("name", ""))
        for layer in layers
        if layer["mark"]["color"] != "white"
        for value in layer["data"]["values"]
    ]


def marks(timeline: Timeline, kind: str) -> list[dict[str, Any]]:
    return [layer for layer in timeline_spec(timeline)["layer"] if layer["mark"]["type"] == kind]


def test_the_title_names_who_began_and_never_a_time_without_its_zone() -> None:
    assert title(spread()) == "First signs: stock 18:36:40 UTC → checkout 18:36:52 UTC → web 18:37:10 UTC"
    assert title(spread(), 64) == "First signs: stock 18:36:40 UTC → checkout 18:36:52 UTC, 1 later"
    long = spread(rows=(Began(service="s" * 90, onset=ONSET), Began(service="t" * 90, onset=ONSET)))
    assert title(long) == "First signs of 2 services from 18:36:40 UTC"


def test_the_words_say_what_the_picture_shows() -> None:
    said = alternative(spread())
    for words in (
        "stock (cause) first sign at 18:36:40 UTC",
        "web (symptom) first sign at 18:37:10 UTC",
        "catalog: no sign of its own",
        "the incident begins at 18:36:45 UTC",
        "alert at 18:37:40 UTC",
        "marked deploy 4f2c1a9 stock at 18:35:10 UTC",
        "checkout to stock",
    ):
        assert words in said
    assert in_words(spread()) == "stock (cause) → checkout (contributes) → web (symptom)"


def test_a_service_that_is_off_without_a_time_is_told_from_one_that_is_well() -> None:
    rows = (Began(service="web", onset=ONSET), Began(service="slow", amount=0.9), Began(service="well"))
    drawn = texts(spread(rows=rows, edges=()))
    assert "off, since when is not known" in drawn
    blamed = Began(service="slow", amount=0.9, label=Label.CAUSE, leading=True)
    assert "cause, since when is not known" in texts(spread(rows=(rows[0], blamed), edges=()))
    assert "no sign of its own" in drawn


def test_every_row_has_its_name_time_and_word_and_every_call_between_two_signs_its_line() -> None:
    drawn = texts(spread())
    for words in (
        "web",
        "stock",
        "18:36:40 cause",
        "18:36:52 contributes",
        "alert 18:37:40",
        "incident 18:36:45",
    ):
        assert words in drawn
    assert len(marks(spread(), "point")) == 3
    assert len(marks(spread(), "line")) == 3, "the call to catalog has no second sign to lead to"


def test_what_a_service_is_shows_in_shape_and_word_as_well_as_in_colour() -> None:
    looks = {
        label: marks(spread(rows=(Began(service="a", onset=ONSET, label=label),), edges=()), "point")[0]["mark"]
        for label in Label
    }
    assert len({look["shape"] for look in looks.values()}) == len(Label)
    assert len({look["fill"] for look in looks.values()}) == len(Label)
    words = {texts(spread(rows=(Began(service="a", onset=ONSET, label=label),), edges=()))[-2] for label in Label}
    assert len(words) == len(Label)


def test_the_words_of_marks_touch_no_other_and_cross_no_rule() -> None:
    span = Window(start=ONSET - 600, end=ONSET + 600)
    some = [Mark(at=ONSET + 150 * i, label=f"deploy {i:06}") for i in range(-3, 4)]
    words = placed(some, span)
    boxes: list[tuple[int, float, float, float]] = []
    for mark, word in zip(some, words, strict=True):
        x = 510 * (mark.at - span.start) / span.seconds
        wide = 5.9 * len(word.says)
        boxes.append((word.tier, x, x - wide if word.leftward else x, x if word.leftward else x + wide))
    for tier, x, start, end in boxes:
        for other, rule, begins, ends in boxes:
            across, back = start <= rule <= end, begins <= x <= ends
            if rule != x and tier == other:
                assert end < begins or ends < start
            if rule != x and across and not back:
                assert tier > other, "a rule would run through these words"


def test_the_window_holds_everything_and_has_a_length_even_for_one_moment() -> None:
    span = window(spread())
    assert span.start < ONSET - 90 < ONSET + 60 < span.end
    single = window(Timeline(rows=(), alerted_at=ONSET))
    assert single.start < ONSET < single.end


def test_long_names_stay_apart_and_hostile_ones_are_cleaned() -> None:
    names = (
        "lambda_step_price_AWS::Lambda",
        "lambda_step_price_AWS::Lambda::Function",
        "bad\u202e<!channel>\n" + "x" * 400,
    )
    drawn = texts(spread(rows=tuple(Began(service=name, onset=ONSET + i) for i, name in enumerate(names)), edges=()))
    shown = [text for text in drawn if "…" in text]
    assert len(set(shown)) == len(shown) == 3
    assert all(len(text) <= 24 for text in shown)
    assert "\u202e" not in "".join(drawn)
    assert "\n" not in "".join(drawn)


@pytest.mark.parametrize("rows", [2, 12])
async def test_the_picture_is_drawn_within_its_size(painter: Painter, rows: int) -> None:
    many = tuple(
        Began(service=f"service-number-{i}", depth=i // 3, onset=ONSET + 7 * i, amount=i / 12, label=list(Label)[i % 5])
        for i in range(rows)
    )
    edges = tuple((f"service-number-{i}", f"service-number-{i + 1}") for i in range(rows - 1))
    told = spread(rows=many, edges=edges)
    made = await picture(told, window(told), painter)
    drawn = Image.open(io.BytesIO(made.png))
    assert 1300 < drawn.size[0] <= 1600
    assert 1.3 < drawn.size[0] / drawn.size[1] < 2.3
    assert len(made.png) <= DETAILED
    assert (made.alt, made.title) == (alternative(told), title(told))
