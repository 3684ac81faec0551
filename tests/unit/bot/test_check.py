"""Does anything at all leave that Slack would refuse?"""

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.card import Card
from bot.cards import card
from bot.slack.blocks import Dialect, message, picked
from bot.slack.check import BLOCKS, CHARACTERS, characters, fit, fitted_modal
from bot.slack.forms import modal
from bot.slack.ids import Form, More, Target
from bot.slack.shapes import Home, Modal, section
from bot.slack.windows import evidence_window, queries_window, voters_window
from clew.hypothesis import Gap
from clew.progress import HypothesisView, Progress, Step, View
from playground.slack.blocks import check_blocks, check_message
from playground.slack.shapes import Findings

MEGABYTE = 1_000_000
BOMBS = (
    "x" * MEGABYTE,
    "<!channel> " * 90_000,
    "`" * MEGABYTE,
    "&" * MEGABYTE,
    "\u202e" * MEGABYTE,
    "\n" * MEGABYTE,
    "a\ud800\x00" * 300_000,
    "18:36 UTC " * 100_000,
    "https://e.example/" + "y" * MEGABYTE,
    "",
    " ",
)
FIELDS = ("text", "says", "query", "title", "story", "headline", "so_far", "note", "reason", "effect", "link")
LEAF = st.none() | st.booleans() | st.integers() | st.text(max_size=60) | st.just("x" * 4_000)
BLOCK_TYPES = "section header context actions image plan input divider"
PART_TYPES = "mrkdwn plain_text button overflow task_card radio_buttons plain_text_input hologram"
TYPES = st.sampled_from(f"{BLOCK_TYPES} {PART_TYPES}".split())
CONTENT = "text elements accessory title tasks alt_text slack_file id options label element fields"
NAMES = st.sampled_from(f"{CONTENT} value action_id block_id style url status task_id".split())


def typed(kind: str, rest: dict[str, Any]) -> dict[str, Any]:
    return {**rest, "type": kind}


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=8) | st.builds(typed, TYPES, st.dictionaries(NAMES, inner, max_size=5))


ANYTHING = st.recursive(LEAF, nested, max_leaves=25)


def sound(blocks: list[dict[str, Any]]) -> None:
    assert len(blocks) <= BLOCKS
    assert characters(blocks) <= CHARACTERS
    check_message(blocks, frozenset(), lambda _: True)
    json.dumps(blocks).encode()


def swollen(value: Any, bomb: str) -> Any:
    """The same model with every sentence in it replaced."""
    if isinstance(value, tuple):
        return tuple(swollen(item, bomb) for item in value)
    fields = getattr(type(value), "model_fields", None)
    if fields is None:
        return value
    changed: dict[str, Any] = {}
    for name in fields:
        old = getattr(value, name)
        changed[name] = bomb if name in FIELDS and type(old) is str else swollen(old, bomb)
    return value.model_copy(update=changed)


@pytest.mark.parametrize("bomb", BOMBS, ids=range(len(BOMBS)))
def test_point_9_hostile_text_fits_and_does_nothing(views: dict[str, View], bomb: str) -> None:
    for view in views.values():
        made = card(swollen(view, bomb), now=2e9)
        for dialect in Dialect:
            out = message(made, dialect, {"E1": "F1"})
            sound(out.wire())
            assert 0 < len(out.text) <= 200
            assert "<!channel" not in json.dumps(out.wire())


@pytest.mark.parametrize("bomb", BOMBS, ids=range(len(BOMBS)))
def test_hostile_text_fits_in_windows(views: dict[str, View], bomb: str) -> None:
    told = views["hypothesis_challenged"]
    assert isinstance(told, HypothesisView)
    big: HypothesisView = swollen(told, bomb)
    for view in (*(evidence_window(fact) for fact in big.evidence), queries_window(big), voters_window(big)):
        found = Findings("modal")
        check_blocks(view["blocks"], found, 100)
        assert found.errors == []
        assert characters([{**b} for b in view["blocks"]]) <= CHARACTERS


def test_many_of_everything_is_folded_with_a_note(views: dict[str, View]) -> None:
    view = views["progress_cause"]
    assert isinstance(view, Progress)
    assert view.report is not None
    gaps = tuple(Gap(source=f"s{i}", reason="r" * 2_400, effect="e") for i in range(400))
    steps = tuple(Step(key="same", title=f"step {i}", note="n" * 500) for i in range(300))
    out = message(card(view.model_copy(update={"gaps": gaps, "steps": steps}), now=2e9), Dialect.NEW)
    sound(out.wire())
    assert "more left out" in json.dumps(out.wire())
    assert [block["type"] for block in out.wire()][-2:] == ["actions", "context"]
    running = views["progress_minute"].model_copy(update={"steps": steps})
    sound(message(card(running, now=2e9), Dialect.NEW).wire())
    sound(message(card(running, now=2e9), Dialect.CLASSIC).wire())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.dictionaries(st.just("x"), LEAF, max_size=1) | ANYTHING, max_size=40))
def test_any_json_comes_out_sound(blocks: list[Any]) -> None:
    out = fit(blocks, "message")
    sound(out)
    assert fit(out, "message") == out


def test_a_faulty_block_is_left_out_and_the_rest_stays() -> None:
    good = {**section("first")}
    out = fit([good, {"type": "hologram"}, {"type": "header"}, {**section("last")}], "message")
    texts = [block["text"]["text"] if "text" in block else block["elements"][0]["text"] for block in out]
    assert sorted(texts) == ["first", "last", "… 2 more left out to keep this short"]


def test_a_button_with_a_value_too_long_is_left_out_not_cut() -> None:
    button = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "go"}, "value": "v" * 2_001}
    other = {**button, "action_id": "b", "value": "v"}
    (block,) = fit([{"type": "actions", "elements": [button, other]}], "message")
    assert [element["action_id"] for element in block["elements"]] == ["b"]


def test_a_window_title_and_its_ids_fit() -> None:
    view = modal(Form.SHOW, "A title that is far too long for a window", [], about=Target(incident="i" * 4_000))
    assert len(view["title"]["text"]) <= 24
    assert view["private_metadata"] == ""
    assert len(view["blocks"]) == 1
    assert fitted_modal(view) == view


def test_point_21_and_24_pictures_and_times_in_every_payload(
    cards: dict[str, Card], windows: dict[str, Modal | Home]
) -> None:
    pictures = 0
    for made in cards.values():
        out = message(made, Dialect.NEW, {"E1": "F1"}).wire()
        for block in out:
            if block["type"] == "image":
                pictures += 1
                for part in ("p99 latency", "before 118 ms", "after 510 ms", "18:36:40 UTC", "deploy 4f2c1a"):
                    assert part in block["alt_text"]
                assert "118 → 510 ms" in json.dumps([b for b in out if b["type"] == "section"], ensure_ascii=False)
        assert not bare_times(out)
    assert pictures == 2
    for view in windows.values():
        assert not bare_times([b for b in view["blocks"] if "```" not in json.dumps(b)])


def bare_times(blocks: Any) -> list[str]:
    """Clock times for people outside a Slack date token; plain-text fields (titles, alternative texts) cannot hold one."""
    texts = [b["text"]["text"] for b in blocks if b["type"] == "section"]
    texts += [e["text"] for b in blocks if b["type"] == "context" for e in b["elements"] if "`" not in e["text"]]
    return [
        found for text in texts for found in re.findall(r"\d\d:\d\d(?::\d\d)? UTC", re.sub(r"<!date[^>]*>", "", text))
    ]


def test_a_chart_that_is_not_there_leaves_its_numbers_and_shape(cards: dict[str, Card]) -> None:
    out = message(cards["hypothesis_likely"], Dialect.NEW).wire()
    assert all(block["type"] != "image" for block in out)
    assert re.search(r"`[▁▂▃▄▅▆▇█· ]+ 118 → 510 ms`", json.dumps(out, ensure_ascii=False))


def test_menu_choices_come_back_as_they_went_out(cards: dict[str, Card]) -> None:
    out = message(cards["hypothesis_likely"], Dialect.NEW).wire()
    (menu,) = [e for b in out if b["type"] == "actions" for e in b["elements"] if e["type"] == "overflow"]
    chosen = [picked(option["value"]) for option in menu["options"]]
    about = Target(incident="7f3a90c1d2e4", hypothesis=1)
    assert chosen == [(More.WHY, about), (More.QUERIES, about), (More.VOTERS, about), (More.COPY, about)]
    assert picked("nothing of ours") is None
    assert picked('why {"incident": 3}') is None


def test_the_classic_form_says_the_same(cards: dict[str, Card]) -> None:
    plan = cards["progress_minute"].plan
    assert plan is not None
    classic = json.dumps(message(cards["progress_minute"], Dialect.CLASSIC).wire(), ensure_ascii=False)
    for task in plan.tasks:
        assert task.title in classic
        assert task.note in classic
    assert "! Past incidents" in classic
