"""What do people hear back from `/investigate` and from talk, and what stays silent?"""

from typing import Any

import pytest

from clew.errors import StoreError
from clew.progress import RunState


@pytest.fixture
async def channel(bench: Any) -> str:
    made: str = await bench.slack.person("mia").creates_channel("inc-checkout")
    await bench.settled()
    return made


async def test_command_again_shows_where_the_card_is(bench: Any, channel: str) -> None:
    await bench.slack.person("lee").command(channel, "/investigate")
    await bench.settled()
    assert len(bench.cards(channel)) == 1
    assert any("The card is here" in told for told in bench.whispers("lee"))
    assert bench.whispers("mia") == []


async def test_command_with_words_asks_the_running_one(bench: Any, channel: str) -> None:
    await bench.slack.person("lee").command(channel, "/investigate what changed?")
    await bench.settled()
    [question] = bench.copilot.questions
    assert question.text == "what changed?"
    assert question.incident == bench.copilot.opened[0].id
    assert len(bench.copilot.opened) == 1


@pytest.mark.parametrize(
    ("words", "expected"), [("help", "catchup"), ("status", "investigating"), ("CatchUp", "Catch-up")]
)
async def test_sub_commands_answer_the_caller_alone(bot: Any, words: str, expected: str) -> None:
    made = await bot.slack.person("mia").creates_channel("inc-checkout")
    await bot.settled()
    await bot.slack.person("lee").command(made, f"/investigate {words}")
    await bot.settled()
    assert any(expected in told for told in bot.whispers("lee"))
    assert bot.whispers("mia") == []
    assert bot.copilot.questions == []


async def test_stop_stops_and_says_so_when_there_is_nothing_to_stop(bench: Any, channel: str) -> None:
    mia = bench.slack.person("mia")
    await mia.command(channel, "/investigate stop")
    await bench.settled()
    assert bench.copilot.stops == [(bench.copilot.opened[0].id, mia.id)]
    await mia.command(channel, "/investigate stop")
    await bench.settled()
    assert any("nothing to stop" in told for told in bench.whispers())


async def test_a_channel_of_another_kind_needs_words(bot: Any) -> None:
    mia = bot.slack.person("mia")
    made = await mia.creates_channel("shop-talk")
    await mia.command(made, "/investigate")
    await bot.settled()
    assert any("Say what is wrong" in told for told in bot.whispers())
    await mia.command(made, "/investigate search is down")
    await bot.settled()
    [incident] = bot.copilot.opened
    assert (incident.title, incident.question) == ("search is down", "search is down")


async def test_wrong_places_get_a_helpful_private_answer(bench: Any) -> None:
    mia = bench.slack.person("mia")
    shared = await mia.creates_channel("inc-partners", is_ext_shared=True)
    private = await mia.creates_channel("inc-secret", is_private=True)
    await bench.settled()
    bench.copilot.opened.clear()
    places = {
        shared: "another organisation",
        private: "/invite",
        mia.im().id: "works in channels",
        bench.slack.channel_id("general"): "general",
    }
    for place, words in places.items():
        ack = await mia.command(place, "/investigate something is slow")
        assert ack.ok
        await bench.settled()
        assert any(words in told for told in bench.whispers()), place
    assert bench.copilot.opened == []
    assert bench.cards(shared) == []


async def test_an_externally_shared_channel_is_left_alone(bench: Any) -> None:
    made = await bench.slack.person("mia").creates_channel("inc-partners", is_ext_shared=True)
    await bench.settled()
    assert bench.copilot.opened == []
    assert not [call for call in bench.slack.record.calls("conversations.join") if call.ok]
    assert bench.cards(made) == []


async def test_other_channels_are_left_alone_until_their_name_matches(bench: Any) -> None:
    mia = bench.slack.person("mia")
    made = await mia.creates_channel("planning")
    await bench.settled()
    assert bench.copilot.opened == []
    await mia.renames_channel(made, "sev2-checkout")
    await bench.settled()
    [incident] = bench.copilot.opened
    assert incident.severity == "SEV2"
    assert incident.title == "checkout"


async def test_a_reply_under_the_card_is_a_question_and_other_talk_is_not(bench: Any, channel: str) -> None:
    mia, lee = bench.slack.person("mia"), bench.slack.person("lee")
    [card] = bench.cards(channel)
    before = bench.slack.record.last_seq
    await lee.says(channel, "is anybody on this?")
    other = await lee.says(channel, "unrelated")
    await mia.says(channel, "indeed", thread_ts=other)
    await mia.says(channel, "@lee can you look?", thread_ts=card["ts"])
    await bench.settled()
    assert bench.copilot.questions == []
    assert [c.method for c in bench.slack.record.calls(after=before) if c.method.startswith("chat.")] == []
    asked = await mia.says(channel, "what changed?", thread_ts=card["ts"])
    await bench.settled()
    [question] = bench.copilot.questions
    assert (question.text, question.asker, question.key) == ("what changed?", mia.id, f"{channel}:{asked}")


async def test_a_mention_in_the_thread_is_asked_once(bench: Any, channel: str) -> None:
    [card] = bench.cards(channel)
    await bench.slack.person("mia").says(channel, "<@U0BOT0001> who else is affected?", thread_ts=card["ts"])
    await bench.settled()
    assert [q.text for q in bench.copilot.questions] == ["who else is affected?"]


async def test_a_direct_message_gets_help(bot: Any) -> None:
    mia = bot.slack.person("mia")
    await mia.says("bot", "hello?")
    await bot.settled()
    assert "/investigate" in str(mia.messages(mia.im().id)[-1])


async def test_the_shortcut_makes_the_thread_under_a_message_the_run(bench: Any) -> None:
    mia = bench.slack.person("mia")
    made = await mia.creates_channel("alerts")
    ts = await mia.says(made, "p99 of checkout above 500 ms")
    await mia.shortcut("clew.shortcut.investigate", made, ts)
    await bench.settled()
    [incident] = bench.copilot.opened
    assert incident.thread.root == ts
    assert incident.question == "p99 of checkout above 500 ms"
    await mia.shortcut("clew.shortcut.investigate", made, ts)
    await bench.settled()
    assert len(bench.copilot.opened) == 1
    assert any("investigated already" in told for told in bench.whispers())


async def test_a_failure_is_told_to_the_person_and_the_log_only(bot: Any) -> None:
    made = await bot.slack.person("mia").creates_channel("inc-a")
    await bot.settled()
    bot.copilot.failure = ZeroDivisionError("a secret detail")
    await bot.slack.person("lee").command(made, "/investigate what changed?")
    await bot.settled()
    [told] = bot.whispers("lee")
    assert "went wrong on Clew's side" in told
    assert "secret" not in told


async def test_a_finished_one_is_asked_in_its_incident_channel(bot: Any) -> None:
    made = await bot.slack.person("mia").creates_channel("inc-a")
    await bot.settled()
    progress = next(iter(bot.copilot.shown.values()))
    await bot.copilot.show(progress.model_copy(update={"state": RunState.DONE, "revision": 5}))
    await bot.slack.person("lee").command(made, "/investigate was it the deploy?")
    await bot.settled()
    assert [q.text for q in bot.copilot.questions] == ["was it the deploy?"]


async def test_a_store_that_is_down_later_keeps_the_delivery(bot: Any) -> None:
    made = await bot.slack.person("mia").creates_channel("inc-a")
    await bot.settled()
    bot.copilot.failure = StoreError("the disk is full")
    await bot.slack.person("lee").command(made, "/investigate what changed?")
    await bot.settled()
    assert any("keeps it for later" in told for told in bot.whispers("lee"))
    assert len(await bot.memory.unsettled()) == 1
