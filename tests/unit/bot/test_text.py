"""Can outside text mention, link, format or hide anything once it is Slack text?"""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.card import Code, Link, Person, Strong, When
from bot.slack.text import cut_marked, escaped, fallback, fenced, marked, moment, person, plain, quoted, visible

NASTY = st.text(
    alphabet=st.one_of(
        st.sampled_from("<>&|!@#*_~`:/\\ \n\t^{}[]()aZ0\u202e\u2066\u200b\u00ad\ufeff\u2028\x00\x1b\u3164\u0301"),
        st.characters(),
        st.sampled_from([chr(0xE0041), chr(0xD800), chr(0xE0100)]),
    ),
    max_size=400,
) | st.sampled_from(
    [
        "<!channel>",
        "<!here|x>",
        "<@U0MIA>",
        "<https://evil.example|click>",
        "https://evil.example/a?b=c",
        "*bold* _it_ ~no~ `code` ```x```",
        "> quoted",
        ":fire: :100:",
        "&lt;!channel&gt;",
        "A" * 1_000_000,
        "<" * 1_000_000,
        "\u202e" * 1_000_000,
    ]
)
INVISIBLE = {"\u3164", "\u115f", "\u1160", "\uffa0", "\u2800", "\u034f"}


def hidden(text: str) -> list[str]:
    """Characters that a reader does not see or that move others."""
    return [c for c in text if unicodedata.category(c)[0] == "C" or c in INVISIBLE or 0xE0100 <= ord(c) <= 0xE01EF]


@given(NASTY)
def test_point_10_escaped_text_does_nothing(text: str) -> None:
    shown = escaped(text)
    assert "<" not in shown
    assert ">" not in shown
    assert not set(shown) & set("*~`")
    assert not re.search(r"&(?!amp;|lt;|gt;)", shown)
    assert not re.search(r"(?<![^\W_])_|_(?![^\W_])", shown)
    assert not re.search(r":[a-z0-9_+'-]*[a-z][a-z0-9_+'-]*:", shown, re.IGNORECASE)
    assert "://" not in shown
    assert not shown.startswith("&gt;")
    assert not hidden(shown)
    assert len(shown) <= 5 * 2_500


@given(NASTY)
def test_quoted_text_stays_in_its_span(text: str) -> None:
    shown = quoted(text)
    assert shown == "" or (shown.startswith("`") and shown.endswith("`") and shown.count("`") == 2 and len(shown) > 2)
    assert "<" not in shown
    assert not hidden(shown)


@given(NASTY)
def test_fenced_text_stays_in_its_block(text: str) -> None:
    shown = fenced(text)
    assert shown.startswith("```")
    assert shown.endswith("```")
    assert shown.count("`") == 6
    assert "<" not in shown
    assert len(shown) <= 3_000
    assert not hidden(shown.replace("\n", ""))


@given(NASTY, st.integers(1, 300))
def test_plain_text_is_bounded_and_shows_everything(text: str, most: int) -> None:
    shown = plain(text, most)
    assert len(shown) <= most
    assert "<" not in shown
    assert not hidden(shown)


@given(NASTY)
def test_point_7_fallback_has_no_markup_and_is_short(text: str) -> None:
    shown = fallback(text)
    assert 0 < len(shown) <= 200
    assert not set(shown) & set("*~`<>&")
    assert not re.search(r"(?<![^\W_])_|_(?![^\W_])", shown)
    assert fallback(shown) == shown
    shown.encode()


@given(
    st.lists(st.sampled_from(["&lt;", "&amp;", "<!date^17^{time}|x y>", "a", " ", "`b c`", "<@U0MIA>"]), max_size=60),
    st.integers(8, 90),
)
def test_a_cut_never_splits_an_entity_or_a_token(parts: list[str], most: int) -> None:
    shown = cut_marked("".join(parts), most)
    assert len(shown) <= most
    assert shown.count("<") == shown.count(">")
    assert not re.search(r"&(?!amp;|lt;|gt;)", shown)
    assert shown.count("`") % 2 == 0


def test_what_is_hidden_is_shown_as_an_escape() -> None:
    assert visible("a\u202eb\u200bc\U000e0041d\x00") == "a\\u202eb\\u200bc\\U000e0041d\\u0000"
    assert visible("two\nlines\tand  spaces ") == "two lines and spaces"
    assert visible("Zürich 東京 наш") == "Zürich 東京 наш"
    assert "\\u0301" in visible("a" + "\u0301" * 40)


def test_ordinary_text_reads_as_it_was() -> None:
    for text in ("p99 118 → 510 ms", "config/db.yaml max_pool_size: 50", "a_b_c", "18:36:40", "50% & more"):
        assert escaped(text).replace("&amp;", "&") == text


def test_indentation_survives_in_a_block() -> None:
    assert fenced(" pool:\n-  max: 50\n+  max: 5\n\tx") == "``` pool:\n-  max: 50\n+  max: 5\n    x```"


def test_people_and_links_are_only_what_they_say() -> None:
    assert person("U0MIA") == "<@U0MIA>"
    assert person("U0MIA> <!channel") == escaped("U0MIA> <!channel")
    line = (
        Link("E1", "https://a.example/?q=1&x=%3C"),
        " ",
        Link("E2", "javascript:alert(1)"),
        " ",
        Link("E3", "https://a b"),
    )
    assert marked(line) == "<https://a.example/?q=1&amp;x=%3C|E1> E2 E3"
    assert marked((Link("x", "https://a.example/|<!channel>"),)) == "x"
    assert marked((Link("x", "https://a.example/a|b"),)) == "<https://a.example/a%7Cb|x>"
    assert marked((Strong("a*b"), ": ", Code("`x`"), Person("lee"))) == "*a∗b*: `ˋxˋ`lee"


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (1_795_372_572.4, "<!date^1795372572^{time_secs}|18:36:12 UTC>"),
        (float("nan"), "an unknown time"),
        (float("inf"), "an unknown time"),
        (-1e18, "an unknown time"),
        (0.0, "an unknown time"),
    ],
)
def test_point_24_times_are_date_tokens(at: float, shown: str) -> None:
    assert moment(at) == shown
    assert marked((When(at),)) == shown
