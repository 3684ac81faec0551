"""Do ten replayed incidents keep the points that can be read off what people saw?"""

import json
import re
from collections import defaultdict

import pytest

from bot.slack.blocks import picked
from bot.slack.check import BLOCKS, CHARACTERS, characters
from bot.slack.ids import target
from clew.hypothesis import Confidence
from playground.slack.blocks import check_message
from tests.acceptance.reading import every, hosts, loose_times, mentions, oversure, words
from tests.acceptance.replay import RUNS, Json, Replays, Told, heading

pytestmark = pytest.mark.timeout(600)

VERDICTS = (
    "investigating",
    "likely cause",
    "possible cause",
    "cause not found",
    "looks healthy",
    "likely:",
    "Ruled out",
)
HYPOTHESIS = re.compile(r"H\d+ (?:confirmed|likely|possible|ruled out|not found): ")
WORDS = {word.upper() for word in Confidence}
SENTENCE = re.compile(r"[.!?](?=\s|$)")


def test_point_04_one_card_and_at_most_three_other_posts_in_ten_runs(replays: Replays) -> None:
    assert len(replays.told) >= RUNS
    for told in replays.told:
        assert len(told.tops) == 1, [m["text"] for m in told.tops]
        posts = [e for e in replays.calls if e.method == "chat.postMessage" and e.payload["channel"] == told.channel]
        top = [e for e in posts if not e.payload.get("thread_ts")]
        assert len(top) == 1, "not even one that was taken away again"
        assert len(told.hypotheses) <= 4
        assert len([m for m in told.hypotheses if "RULED OUT" not in heading(m)]) <= 3


def test_point_07_every_fallback_is_short_plain_and_names_the_state(replays: Replays) -> None:
    texts = [str(e.payload["text"]) for e in replays.calls]
    assert len(texts) > 3 * RUNS
    for text in texts:
        assert 0 < len(text) <= 200
        assert not re.search(r"[*`~<>&]|(?<!\w)_|_(?!\w)|://", text), text
    for told in replays.told:
        assert any(word in told.tops[0]["text"] for word in VERDICTS), told.tops[0]["text"]
        assert all(HYPOTHESIS.match(m["text"]) for m in told.hypotheses)


def test_point_09_every_payload_is_within_all_limits(replays: Replays) -> None:
    for call in replays.calls:
        blocks = call.payload["blocks"]
        blocks = json.loads(blocks) if isinstance(blocks, str) else blocks
        assert len(blocks) <= BLOCKS
        assert characters(blocks) <= CHARACTERS
        check_message(blocks, frozenset(), lambda _: True)


def test_point_10_nobody_is_called_and_nothing_leads_away(replays: Replays) -> None:
    for told in replays.told:
        sent = [block for m in (*told.messages, *told.answers) for block in m["blocks"] if block["type"] != "image"]
        for payload in (sent, *(opened.view for opened in told.windows)):
            assert mentions(payload) <= {"@U0MIA0001"}, "only who asked"
            assert hosts(payload) <= {"127.0.0.1"}, (
                "recorded sources have no address: only Slack's own picture is linked"
            )


def test_point_11_every_claim_opens_its_evidence(replays: Replays) -> None:
    """Each line that cites has a button; the window it opens is of the first number cited and shows the query or a link."""
    seen = 0
    for told in replays.told:
        for message in told.hypotheses:
            cited = [b for b in message["blocks"] if re.match(r"[*<].*?E\d+", b.get("text", {}).get("text", ""))]
            assert all("accessory" in block for block in cited)
            assert cited, f"{told.name}: {message['text']} cites nothing"
        assert told.windows
        for opened in told.windows:
            found = re.search(r"\bE(\d+)\b", opened.line)
            assert found is not None, opened.line
            assert opened.view["title"]["text"] == f"Evidence E{found[1]}"
            texts = [text for _, text in words(opened.view["blocks"])]
            fences = [text for text in texts if text.startswith("```")]
            query = texts[next(i for i, text in enumerate(texts) if text.startswith("*Query*")) + 1]
            assert query in fences
            assert query.strip("`").strip() not in ("", "none"), opened.line
            seen += 1
    assert seen >= 4 * RUNS


def test_point_11_every_number_on_a_hypothesis_has_its_query(replays: Replays) -> None:
    """A line has one button, for its first number; the others are opened elsewhere in the thread or by "Full queries"."""
    for told in replays.told:
        opens = {opened.view["title"]["text"].removeprefix("Evidence ") for opened in told.windows}
        for message in told.hypotheses:
            cited = set(re.findall(r"\bE\d+\b", " ".join(block_texts(message))))
            listed = {
                number
                for opened in told.queries
                if opened.line == heading(message)
                for _, text in words(opened.view["blocks"])
                for number in re.findall(r"\*(E\d+)\*", text)
            }
            assert cited
            assert cited <= opens | listed, (told.name, heading(message), cited - opens - listed)


def block_texts(message: Json) -> list[str]:
    """What stands in the sections of a message."""
    return [block["text"]["text"] for block in message["blocks"] if block["type"] == "section"]


def test_point_12_the_same_evidence_twice_has_the_same_words(replays: Replays) -> None:
    """An incident that was replayed several times got the same hypotheses with the same words each time."""
    runs: dict[str, list[Told]] = defaultdict(list)
    for told in replays.told:
        runs[told.name].append(told)
    repeated = [several for several in runs.values() if len(several) > 1]
    assert repeated
    for several in repeated:
        assert len({tuple(m["text"] for m in told.hypotheses) for told in several}) == 1
    said = {heading(m).split(" · ")[1] for told in replays.told for m in told.hypotheses}
    assert said
    assert said <= WORDS


def test_point_13_nothing_is_surer_than_its_word(replays: Replays) -> None:
    for told in replays.told:
        for message in (*told.messages, *told.answers):
            confirmed = "CONFIRMED" in heading(message)
            for text in (message["text"], *(text for _, text in words(message["blocks"]))):
                assert not oversure(text, confirmed), text


def test_point_14_what_was_ruled_out_stands_with_its_reason(replays: Replays) -> None:
    folded = 0
    for told in replays.told:
        card = "\n".join(text for _, text in words(told.tops[0]["blocks"]))
        out = [m for m in told.messages if heading(m).startswith("*RULED OUT")]
        assert len(out) <= 1
        if not out:
            assert "Ruled out (" not in card
            continue
        folded += 1
        lines = [line for _, text in words(out[0]["blocks"]) for line in text.splitlines() if line.startswith("~")]
        assert lines
        assert all(re.match(r"~[^~]+~ +\S{2,}", line) for line in lines), lines
        assert f"Ruled out ({len(lines)})" in card
    assert folded >= RUNS // 2


def test_point_16_answers_are_at_most_five_sentences_and_seven_hundred_characters(replays: Replays) -> None:
    answers = [m for told in replays.told for m in told.answers]
    assert len(answers) >= RUNS
    for message in answers:
        said = re.sub(r"<!date[^|]*\|([^>]*)>", r"\1", message["blocks"][0]["text"]["text"])
        said = re.sub(r" \[[^\]]*\]", "", said.split("\n", 1)[1])
        assert len(said) <= 700 + 10, said
        assert len(SENTENCE.findall(re.sub(r"“[^”]*”", "“”", said))) <= 5, said


def test_point_21_every_picture_has_words_and_its_numbers_stand_in_the_text(replays: Replays) -> None:
    """A chart that could not be drawn in time leaves its numbers as text; either way the numbers can be read."""
    shown = 0
    for told in replays.told:
        for message in told.hypotheses:
            text = "\n".join(text for kind, text in words(message["blocks"]) if kind == "mrkdwn")
            for block in message["blocks"]:
                if block["type"] == "image":
                    shown += 1
                    for part in ("Line chart of ", "before ", "after ", " UTC", "alert"):
                        assert part in block["alt_text"]
                    [titled] = levels(block["title"]["text"])
                    near = pytest.approx(titled, rel=0.05, abs=0.01 * max(titled))
                    assert near in levels(text), (titled, text)
    drawn = [e for e in replays.entries if e.kind == "call" and e.method == "files.completeUploadExternal" and e.ok]
    assert shown <= len(drawn)


def levels(text: str) -> list[tuple[float, float]]:
    """Each `before → after`, as read: in whatever unit stands there."""
    found = re.findall(r"(-?[\d.,]*\d) → (-?[\d.,]*\d)", text)
    return [(float(before.replace(",", "")), float(after.replace(",", ""))) for before, after in found]


def test_point_24_every_time_is_a_date_token_or_says_utc(replays: Replays) -> None:
    for told in replays.told:
        for message in (*told.messages, *told.answers):
            assert loose_times(message["blocks"]) == []
        for opened in told.windows:
            assert loose_times(opened.view["blocks"]) == []


def test_no_button_carries_anything_but_ids(replays: Replays) -> None:
    for told in replays.told:
        for message in (*told.messages, *told.answers):
            for value in every(message["blocks"], "value"):
                assert target(value) is not None or picked(value) is not None, value
