"""Do lines that say the same get the same template."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from clew.causal.template import masked, templates


@given(st.uuids(), st.uuids())
def test_an_identifier_never_makes_a_line_new(one: uuid.UUID, other: uuid.UUID) -> None:
    assert masked(f"order {one} not found") == masked(f"order {other} not found")


@given(st.floats(0, 1e9, allow_nan=False), st.integers(0, 10**12))
def test_numbers_are_taken_out(value: float, count: int) -> None:
    assert masked(f"waited {value:.3f} s for {count} rows") == "waited <num> s for <num> rows"


def test_times_addresses_and_hex_are_taken_out() -> None:
    text = "2026-11-22T18:36:40.123Z 10.0.0.1:8080 refused 0xdeadbeef trace 4bf92f3577b34da6a3ce929d0e0e4736"
    assert masked(text) == "<time> <ip> refused <hex> trace <hex>"


def test_words_that_look_like_hex_stay() -> None:
    assert masked("added facade to deadbeef") == "added facade to deadbeef"


def test_codes_follow_the_messages() -> None:
    codes, names = templates(["a 1", "b", "a 2", "b"])
    assert codes.tolist() == [0, 1, 0, 1]
    assert names == ("a <num>", "b")
