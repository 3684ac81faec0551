"""Would the readers of payloads see the harm that they look for?"""

import pytest

from tests.acceptance.reading import hosts, loose_times, mentions, oversure


def marked(text: str) -> list[dict[str, object]]:
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]


def plain(text: str) -> list[dict[str, object]]:
    return [{"type": "header", "text": {"type": "plain_text", "text": text}}]


@pytest.mark.parametrize("text", ["<!channel>", "<@U0EVIL>", "<#C0EVIL|general>", "<!subteam^S1|all>"])
def test_a_call_is_seen(text: str) -> None:
    assert mentions(marked(f"a {text} b"))
    assert not mentions(plain(text))


def test_a_link_is_seen_wherever_it_stands() -> None:
    assert hosts(marked("<https://evil.example/x|y>")) == {"evil.example"}
    assert hosts([{"type": "button", "url": "https://evil.example"}]) == {"evil.example"}
    assert hosts(marked("<!date^1^{time}|18:36 UTC>")) == set()


@pytest.mark.parametrize("text", ["since 18:36:40", "at 18:36 UTC", "(22:18:10, 5 s before)"])
def test_a_loose_time_is_seen(text: str) -> None:
    assert loose_times(marked(text)) == [text]


@pytest.mark.parametrize(
    "text", ["at <!date^1^{time}|18:36 UTC>", "`18:36:40`", "*web · investigating · 12:40*", "40:1"]
)
def test_a_time_that_everybody_reads_alike_is_fine(text: str) -> None:
    assert loose_times(marked(text)) == []


def test_plain_text_has_to_say_utc() -> None:
    assert loose_times(plain("from 18:36:40"))
    assert not loose_times(plain("from 18:36:40 UTC"))
    assert not loose_times(plain("18:00 to 19:00 UTC"))


@pytest.mark.parametrize("text", ["92% confident", "confidence: 0.9", "90 % likely", "the root cause is the pool"])
def test_certainty_is_seen(text: str) -> None:
    assert oversure(text, confirmed=False)


def test_what_measures_or_is_confirmed_may_be_said() -> None:
    assert not oversure("9.1% of payments failed, CPU 97 %", confirmed=False)
    assert not oversure("the root cause is the pool", confirmed=True)
