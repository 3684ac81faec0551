"""Is an id, a time or a number never the reason that a line looks new."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from clew.causal.shape import LONGEST, form, masked, settled, shapes


@given(st.uuids(), st.uuids())
def test_an_identifier_never_makes_a_line_new(one: uuid.UUID, other: uuid.UUID) -> None:
    assert masked(f"order {one} not found") == masked(f"order {other} not found")


@given(st.floats(0, 1e9, allow_nan=False), st.integers(0, 10**12))
def test_numbers_are_taken_out(value: float, count: int) -> None:
    assert masked(f"waited {value:.3f} s for {count} rows") == "waited <num> s for <num> rows"


def test_times_addresses_and_hex_are_taken_out() -> None:
    text = "2026-11-22T18:36:40.123Z 10.0.0.1:8080 refused 0xdeadbeef trace 4bf92f3577b34da6a3ce929d0e0e4736"
    assert masked(text) == "<time> <ip> refused <hex> trace <hex>"


def test_dates_in_words_are_times() -> None:
    assert masked("from ::1 at Fri Jul  7 11:02:03 2005") == masked("from ::1 at Sat Jun 18 02:08:12 2005")
    assert masked("2026-11-22 18:36:40,123 started") == "<time> started"


def test_words_that_look_like_hex_stay() -> None:
    assert masked("added facade to deadbeef") == "added facade to deadbeef"


def test_a_sign_belongs_to_its_number_and_a_dash_to_its_name() -> None:
    assert masked("blk_-162 lost, blk_97 kept on node-4") == "blk_<num> lost, blk_<num> kept on node-<num>"


@given(st.lists(st.text(st.characters(exclude_characters="\0"), max_size=60), max_size=12))
def test_shapes_of_many_lines_are_the_shapes_of_each(lines: list[str]) -> None:
    found = shapes(lines)
    assert len(found) == len(lines)
    assert [form(shape) for shape in found] == [masked(line) for line in lines]


def test_a_long_line_is_cut() -> None:
    assert len(shapes(["x" * 10_000])[0]) == LONGEST
    assert masked("x" * 10_000) == "x" * LONGEST


@given(st.text(st.sampled_from("0af-xé .:TZ"), max_size=40))
def test_one_hex_id_for_all_leaves_the_form_as_it_was(line: str) -> None:
    (shape,) = shapes([line])
    assert form(settled(shape)) == form(shape) == masked(line)


def test_traces_of_one_message_have_one_shape() -> None:
    first, other = shapes(["trace 4bf92f3577b34da6 failed", "trace 00f067aa0ba902b7 failed"])
    assert first != other
    assert settled(first) == settled(other)
