"""Can anything that a machine or a stranger wrote call somebody, lead away, press a button or break a block?"""

import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.card import Card
from bot.cards import card
from bot.slack.blocks import Dialect, message, picked
from bot.slack.check import BLOCKS, CHARACTERS, characters
from bot.slack.forms import reject_form
from bot.slack.home import home
from bot.slack.ids import Act, Target, target
from bot.slack.windows import copy_window, evidence_window, fix_window, queries_window, voters_window, why_window
from clew.hypothesis import Confidence
from clew.progress import HypothesisView, Progress, View
from playground.slack.blocks import check_message
from playground.slack.views import check_view
from tests.acceptance.reading import every, hosts, loose_times, mentions, oversure, words
from tests.unit.bot.test_text import hidden

CORPUS = Path(__file__).parents[4] / "shared" / "data" / "injection" / "cases.jsonl"
NEWER = frozenset({"plan", "task_card", "markdown", "container", "data_table", "data_visualization"})
#: Ids that we make ourselves, people that the platform names, and addresses that a source was configured with.
OURS = frozenset(
    {"id", "kind", "team", "channel", "root", "platform", "incident", "hypothesis", "key", "by", "asker", "link"}
) | {"opened_by", "stopped_by"}
OWN_HOSTS = {"metrics.example", "git.example", "a.slack.com"}
PEOPLE = {"@U0MIA", "@U0LEE", "@U0SAM"}
ATTACKS = (
    "<!channel> <!here|everyone> <!subteam^S012|team>",
    "<@U0EVIL> <#C0EVIL|general>",
    "U0EVIL",
    "W012A3CDE",
    "<https://evil.example/login|re-authenticate>",
    "https://evil.example/?x=secrets",
    "[click](https://evil.example) ![x](https://evil.example/x.png)",
    "&lt;!channel&gt; &amp;lt;!here&amp;gt;",
    "```\n<!channel>\n``` `rm -rf /` *b* _i_ ~s~",
    "\u202eevil\u202c \u200b\u200d\u2066\u00ad\ufeff zero\U000e0041width",
    "<!date^1^{date}|now> <!date^1^{date}^https://evil.example|now>",
    '{"incident":"other","hypothesis":1}',
    "a\x00b\ud800c\x1b[31m",
    "> quote\n• list\n1. list\n---",
    "x" * 5_000,
    "",
)
PIECE = st.sampled_from(ATTACKS) | st.text(
    alphabet=st.one_of(st.sampled_from("<>&|!@#*_~`:/^\n\t \u202e\u200b\ud800UW0A9"), st.characters()), max_size=120
)


def poisoned(value: Any, texts: "itertools.cycle[str]", name: str = "") -> Any:
    """The same model in which every text from outside is the next of `texts`."""
    if isinstance(value, tuple):
        return tuple(poisoned(item, texts, name) for item in value)
    if type(value) is str:
        return value if name in OURS or name == "evidence" else next(texts)
    fields = getattr(type(value), "model_fields", None)
    if fields is None:
        return value
    return value.model_copy(update={field: poisoned(getattr(value, field), texts, field) for field in fields})


def harmless(payload: Any, fallback: str = "") -> None:
    """Nobody is called but people who acted, no address but a source's own, no hidden character, no foreign button."""
    assert {m.split("|")[0] for m in mentions(payload)} <= PEOPLE
    assert hosts(payload) <= OWN_HOSTS
    for kind, text in (*words(payload), ("plain", fallback)):
        assert not hidden(text.replace("\n", "")), text
        assert text.count("```") % 2 == 0 or kind == "plain"
    assert not set("<>*`~") & set(fallback)
    assert "://" not in fallback
    assert set(every(payload, "action_id")) <= {*Act, "reason", "text", "channel"}
    for value in every(payload, "value"):
        about = target(value) or (found[1] if (found := picked(value)) else None)
        assert value in REASONS or (about is not None and about.incident in ("", "7f3a90c1d2e4")), value


REASONS = {"wrong cause", "wrong evidence", "already known"}


def sound(made: Card) -> None:
    for dialect, refused in ((Dialect.NEW, frozenset[str]()), (Dialect.CLASSIC, NEWER)):
        out = message(made, dialect, {"E1": "F1"})
        blocks = out.wire()
        check_message(blocks, refused, lambda _: True)
        assert len(blocks) <= BLOCKS
        assert characters(blocks) <= CHARACTERS
        assert 0 < len(out.text) <= 200
        harmless(blocks, out.text)


def everything(views: dict[str, View], texts: Iterable[str]) -> None:
    """Every message in both dialects and every window, with these texts in them."""
    supply = itertools.cycle(texts)
    runs: list[Progress] = []
    for view in views.values():
        bad: View = poisoned(view, supply)
        sound(card(bad, now=2e9))
        if isinstance(bad, Progress):
            runs.append(bad)
        if isinstance(bad, HypothesisView):
            for window in windows(bad):
                check_view({**window}, window["type"], frozenset(), lambda _: True)
                harmless(window["blocks"])
    tab = home(runs, (), (), now=2e9)
    check_view({**tab}, "home", frozenset(), lambda _: True)
    harmless(tab["blocks"])


def windows(view: HypothesisView) -> list[Any]:
    made = [make(view) for make in (queries_window, voters_window, why_window, fix_window, copy_window)]
    about = Target(incident=view.incident.id, hypothesis=view.number)
    return [*made, reject_form(about, view), *(evidence_window(fact) for fact in view.evidence)]


@pytest.mark.parametrize("start", range(len(ATTACKS)))
def test_point_10_outside_text_does_nothing_in_any_view(views: dict[str, View], start: int) -> None:
    everything(views, ATTACKS[start:] + ATTACKS[:start])


@pytest.mark.parametrize("start", range(0, 170, 17))
def test_point_10_every_known_attack_does_nothing_in_any_view(views: dict[str, View], start: int) -> None:
    if not CORPUS.is_file():
        pytest.skip("needs the corpus of hostile texts beside the checkout (../shared/data/injection)")
    texts = [json.loads(line)["text"] for line in CORPUS.read_text(encoding="utf-8").splitlines()]
    everything(views, texts[start:] + texts[:start])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(st.lists(PIECE, min_size=1, max_size=12))
def test_point_09_and_10_any_text_fits_and_does_nothing(views: dict[str, View], texts: list[str]) -> None:
    everything(views, texts)


def test_the_checks_above_would_see_it() -> None:
    """Each kind of harm, made on purpose, is found."""
    for text in ("<!channel>", "<@U0EVIL>", "<https://evil.example|x>", "a\u202eb"):
        with pytest.raises(AssertionError):
            harmless([{"type": "section", "text": {"type": "mrkdwn", "text": text}}])
    with pytest.raises(AssertionError):
        harmless([{"type": "actions", "elements": [{"type": "button", "action_id": "evil"}]}])
    with pytest.raises(AssertionError):
        harmless([{"type": "button", "action_id": Act.AGREE, "value": '{"incident":"other"}'}])


def test_point_13_no_recorded_payload_is_surer_than_its_word(cards: dict[str, Card], views: dict[str, View]) -> None:
    for name, made in cards.items():
        view = views.get(name)
        leading = view.report.open[:1] if isinstance(view, Progress) and view.report else ()
        confirmed = any(h.confidence is Confidence.CONFIRMED for h in leading)
        out = message(made, Dialect.NEW)
        for text in (out.text, *(text for _, text in words(out.wire()))):
            assert not oversure(text, confirmed), (name, text)


def test_point_24_no_recorded_payload_has_a_loose_time(cards: dict[str, Card]) -> None:
    for name, made in cards.items():
        for dialect, files in itertools.product(Dialect, ({"E1": "F1"}, {})):
            assert loose_times(message(made, dialect, files).wire()) == [], name
