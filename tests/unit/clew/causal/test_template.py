"""Do lines that say the same get the same template, in any order, and with bounded memory whoever writes them."""

import random
import string
import sys
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.causal.template import Miner, templates

LINES = st.lists(
    st.one_of(
        st.sampled_from(
            ("connected", "GET /cart took 12 ms", "GET /pay took 7 ms", "state went from IDLE to BUSY", "")
        ),
        st.from_regex(r"user [a-z]{1,4} paid [0-9]{1,3} for order [a-z]{2}", fullmatch=True),
        st.text(max_size=30),
    ),
    max_size=60,
)


def said(messages: list[str]) -> list[str]:
    codes, names = templates(messages)
    return [names[code] for code in codes.tolist()]


def mined(messages: list[str]) -> list[str]:
    miner = Miner()
    numbers = miner.add(messages)
    names = miner.names()
    return [names[number] for number in numbers.tolist()]


def test_codes_follow_the_messages() -> None:
    codes, names = templates(["a 1", "b", "a 2", "b"])
    assert codes.tolist() == [0, 1, 0, 1]
    assert names == ("a <num>", "b")


def test_no_messages_have_no_templates() -> None:
    codes, names = templates([])
    assert codes.tolist() == []
    assert names == ()


@given(LINES, st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(lines: list[str], shuffle: random.Random) -> None:
    mixed = list(lines)
    shuffle.shuffle(mixed)
    assert dict(zip(lines, said(lines), strict=True)) == dict(zip(mixed, said(mixed), strict=True))
    assert templates(lines)[1] == templates(mixed)[1]


@given(LINES)
def test_equal_lines_have_equal_templates_and_every_template_is_some_lines(lines: list[str]) -> None:
    codes, names = templates(lines)
    assert len({(line, code) for line, code in zip(lines, codes.tolist(), strict=True)}) == len(set(lines))
    assert sorted(set(codes.tolist())) == list(range(len(names)))
    assert len(set(names)) == len(names)


@given(LINES, st.integers(1, 20))
def test_batches_give_a_line_one_number(lines: list[str], size: int) -> None:
    miner, seen = Miner(), dict[str, int]()
    for start in range(0, len(lines), size):
        part = lines[start : start + size]
        for line, number in zip(part, miner.add(part).tolist(), strict=True):
            assert seen.setdefault(line, number) == number
    assert all(number < len(miner.names()) for number in seen.values())


def test_many_values_are_a_gap_and_few_words_are_statements() -> None:
    users = [f"session opened for user {name}" for name in ("anna", "bo", "cy", "dee", "eve")]
    closed = [line.replace("opened", "closed") for line in users]
    assert mined(users + closed) == ["session opened for user <*>"] * 5 + ["session closed for user <*>"] * 5


def test_states_in_capitals_are_not_a_gap() -> None:
    states = ("NEW", "ASSIGNED", "RUNNING", "FAILED", "DONE_OK", "KILLED")
    assert len(set(mined([f"attempt 17 is now {state}" for state in states]))) == len(states)


def test_a_list_counts_as_one_word() -> None:
    assert len(set(mined(["delete blk_1 now", "delete blk_-2 blk_3 now", "delete blk_4 blk_5 blk_6 now"]))) == 1


def test_the_first_word_may_vary_too() -> None:
    rng = random.Random(7)
    lines = [f"{word(rng)} could not log in" for _ in range(200)]
    assert set(mined(lines)) == {"<*> could not log in"}


def test_a_wording_that_repeats_stands_for_itself_and_an_id_does_not() -> None:
    rng = random.Random(7)
    rare = [f"no instances of {word(rng)} were found" for _ in range(300)]
    found = Counter(said([*rare, *["no instances of cart were found"] * 10]))
    assert found["no instances of cart were found"] == 10
    assert found["no instances of <*> were found"] == 300


def test_planted_variants_do_not_make_a_real_message_one_of_them() -> None:
    planted = [f"no instances of {name} were found" for name in WORDS]
    more = [f"{line} by {name}" for line in planted[:100] for name in WORDS[:100]]
    real = [
        f"no instances of checkout were found for trace {random.Random(number).getrandbits(64):016x}"
        for number in range(5)
    ]
    wording = "no instances of checkout were found for trace <hex>"
    assert set(said([*planted, *real])[-5:]) == {wording}
    assert set(said([*planted, *more, *real])[-5:]) == {wording}


def test_lines_with_separators_keep_their_places() -> None:
    assert said(["one\0two", "one two", "\0", "x\ny"]) == ["one two", "one two", " ", "x\ny"]


def word(rng: random.Random) -> str:
    return "".join(rng.choices(string.ascii_lowercase, k=9))


WORDS = tuple(word(random.Random(seed)) for seed in range(3000))


def values(number: int) -> str:
    return f"user {WORDS[number % 3000]} could not log in from {WORDS[number // 3000]}"


def noise(number: int) -> str:
    return " ".join((WORDS[number % 3000], WORDS[number // 3000], *WORDS[: number % 5], WORDS[-number % 2999]))


def held(thing: object, seen: set[int]) -> int:
    """Bytes of a thing and of everything in it."""
    if id(thing) in seen:
        return 0
    seen.add(id(thing))
    parts: list[object] = []
    if isinstance(thing, dict):
        parts = [*thing.keys(), *thing.values()]
    elif isinstance(thing, list | tuple):
        parts = list(thing)
    elif isinstance(thing, Miner):
        parts = [vars(thing)]
    return sys.getsizeof(thing) + sum(held(part, seen) for part in parts)


@pytest.mark.parametrize(("line", "kinds", "lines"), [(values, 10, 1_000_000), (noise, 20_000, 400_000)])
def test_a_million_lines_that_all_differ_take_bounded_memory(
    line: Callable[[int], str], kinds: int, lines: int
) -> None:
    miner, sizes = Miner(), list[int]()
    usual = [f"{name} answered in 12 ms" for name in ("cart", "pay", "stock")] * 3
    before = miner.add(usual).tolist()
    for start in range(0, lines, 20_000):
        miner.add([line(number) for number in range(start, start + 20_000)])
        sizes.append(held(miner, set()))
    assert len(set(miner.names())) <= kinds
    assert max(sizes) < 20e6
    assert max(sizes[len(sizes) // 2 :]) <= 1.2 * max(sizes[: len(sizes) // 2]), "memory still grows"
    assert miner.add(usual).tolist() == before, "the usual lines were pushed out"


def test_a_flood_of_random_lines_does_not_draw_in_an_error() -> None:
    error = ["payment refused upstream"] * 10
    assert said([*error, *(noise(number * 7919 % 1_000_000) for number in range(10_000))])[:10] == error
