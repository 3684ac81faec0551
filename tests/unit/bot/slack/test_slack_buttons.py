"""What does each button and form do, and who sees it?"""

from typing import Any

import pytest

from clew.feedback import RejectReason
from clew.progress import RunState


@pytest.fixture
async def thread(bench: Any, samples: Any) -> tuple[Any, str, dict[str, Any]]:
    """(the incident, its channel, the message of hypothesis H1) as they stand after a run."""
    mia = bench.slack.person("mia")
    channel = await mia.creates_channel("inc-checkout")
    await bench.settled()
    [incident] = bench.copilot.opened
    view = samples.views["hypothesis_likely"].model_copy(update={"incident": incident, "chart": None})
    bench.copilot.hypotheses[incident.id, 1] = view
    for fact in samples.facts:
        bench.copilot.facts[incident.id, fact.number] = fact
    await bench.bot.platform.show(view)
    return incident, channel, mia.messages(channel)[-1]


async def test_point_15_agree_counts_for_the_person_who_pressed(bench: Any, thread: Any) -> None:
    incident, channel, message = thread
    lee = bench.slack.person("lee")
    assert (await lee.clicks(channel, message["ts"], "clew.agree")).ok
    await bench.settled()
    [vote] = bench.copilot.votes
    assert (vote.incident, vote.hypothesis, vote.by, vote.agree) == (incident.id, "h-pool", lee.id, True)


async def test_point_15_a_reject_needs_its_reason(bench: Any, thread: Any) -> None:
    incident, channel, message = thread
    lee = bench.slack.person("lee")
    await lee.clicks(channel, message["ts"], "clew.reject")
    await bench.settled()
    [form] = lee.views
    refused = await lee.submits(form, {"text": "pool was 5 before too"})
    assert refused.body.get("response_action") == "errors" or not refused.ok
    assert bench.copilot.votes == []
    await lee.submits(
        form,
        {
            "reason": {"reason": {"type": "radio_buttons", "selected_option": {"value": "wrong evidence"}}},
            "text": {"text": {"type": "plain_text_input", "value": "pool was 5 before too"}},
        },
    )
    await bench.settled()
    [vote] = bench.copilot.votes
    assert (vote.agree, vote.reason, vote.text, vote.by) == (
        False,
        RejectReason.WRONG_EVIDENCE,
        "pool was 5 before too",
        lee.id,
    )
    assert vote.incident == incident.id


async def test_point_11_every_fact_on_the_card_opens(bench: Any, thread: Any) -> None:
    _, channel, message = thread
    mia = bench.slack.person("mia")
    buttons = [
        block["accessory"]
        for block in message["blocks"]
        if block.get("accessory", {}).get("action_id") == "clew.evidence"
    ]
    assert buttons
    for button in buttons:
        await mia.clicks(channel, message["ts"], "clew.evidence", button["value"])
        await bench.settled()
        view = mia.views[-1]
        assert view["title"]["text"].startswith("Evidence E")
        assert "Query" in str(view["blocks"])
        await mia.closes(view)
    assert bench.slack.person("lee").views == []


@pytest.mark.parametrize(
    ("choice", "title"),
    [("queries", "full queries"), ("voters", "who voted"), ("why", "why this rank"), ("copy", "as text")],
)
async def test_the_dots_open_windows(bot: Any, samples: Any, choice: str, title: str) -> None:
    mia = bot.slack.person("mia")
    channel = await mia.creates_channel("inc-checkout")
    await bot.settled()
    [incident] = bot.copilot.opened
    view = samples.views["hypothesis_likely"].model_copy(update={"incident": incident, "chart": None})
    bot.copilot.hypotheses[incident.id, 1] = view
    await bot.bot.platform.show(view)
    message = mia.messages(channel)[-1]
    menus = [e for block in message["blocks"] for e in block.get("elements", ()) if e.get("type") == "overflow"]
    [value] = [option["value"] for menu in menus for option in menu["options"] if option["value"].startswith(choice)]
    await mia.clicks(channel, message["ts"], "clew.more", value)
    await bot.settled()
    assert title in mia.views[-1]["title"]["text"]


async def test_point_18_the_stop_button_stops_and_the_card_says_who(bench: Any) -> None:
    mia = bench.slack.person("mia")
    channel = await mia.creates_channel("inc-checkout")
    await bench.settled()
    [card] = bench.cards(channel)
    await mia.clicks(channel, card["ts"], "clew.stop")
    await bench.settled()
    [(_, by)] = bench.copilot.stops
    assert by == mia.id
    [card] = bench.cards(channel)
    assert mia.id in str(card["blocks"])
    await mia.clicks(channel, card["ts"], "clew.resume")
    await bench.settled()
    assert bench.copilot.resumes == [(bench.copilot.opened[0].id, mia.id)]


async def test_point_18_slacks_own_stop_stops_and_leaves_the_session_not_processing(bench: Any) -> None:
    lee = bench.slack.person("lee")
    channel = await lee.creates_channel("inc-checkout")
    await bench.settled()
    [card] = bench.cards(channel)
    await lee.stops(channel, card["ts"])
    await bench.settled()
    assert [by for _, by in bench.copilot.stops] == [lee.id]
    assert bench.slack.record.calls("agents.sessions.setStatus")[-1].payload["status"] == "active"


async def test_slacks_own_stop_on_a_finished_run_only_clears_the_session(bot: Any) -> None:
    mia = bot.slack.person("mia")
    channel = await mia.creates_channel("inc-checkout")
    await bot.settled()
    [card] = bot.cards(channel)
    incident = bot.copilot.opened[0].id
    bot.copilot.shown[incident] = bot.copilot.shown[incident].model_copy(update={"state": RunState.DONE})
    await mia.stops(channel, card["ts"])
    await bot.settled()
    assert bot.copilot.stops == []
    assert bot.slack.record.calls("agents.sessions.setStatus")[-1].payload["status"] == "active"


async def test_the_ask_form_asks(bench: Any) -> None:
    mia = bench.slack.person("mia")
    channel = await mia.creates_channel("inc-checkout")
    await bench.settled()
    [card] = bench.cards(channel)
    await mia.clicks(channel, card["ts"], "clew.ask")
    await bench.settled()
    await mia.submits(mia.views[-1], {"text": {"text": {"type": "plain_text_input", "value": "is it over?"}}})
    await bench.settled()
    assert [(q.text, q.asker) for q in bench.copilot.questions] == [("is it over?", mia.id)]


async def test_a_button_of_another_incident_or_version_does_nothing(bot: Any) -> None:
    mia = bot.slack.person("mia")
    channel = await mia.creates_channel("inc-checkout")
    await bot.settled()
    [card] = bot.cards(channel)
    bot.copilot.shown.clear()
    await mia.clicks(channel, card["ts"], "clew.stop")
    await bot.settled()
    assert bot.copilot.stops == []
    assert any("does not know this card" in told for told in bot.whispers())


async def test_a_form_that_opened_too_late_is_explained(opened: Any, samples: Any) -> None:
    async with opened(trigger_seconds=0.0) as bench:
        mia = bench.slack.person("mia")
        channel = await mia.creates_channel("inc-checkout")
        await bench.settled()
        [card] = bench.cards(channel)
        await mia.clicks(channel, card["ts"], "clew.ask")
        await bench.settled()
        assert any("Press the button again" in told for told in bench.whispers())


async def test_point_17_a_follow_up_ends_in_one_whole_message_when_streams_expire(bot: Any, samples: Any) -> None:
    bot.slack.faults.streams_expired = True
    mia = bot.slack.person("mia")
    channel = await mia.creates_channel("inc-checkout")
    await bot.settled()
    answer = samples.views["answer"].model_copy(update={"incident": bot.copilot.opened[0], "asker": mia.id})
    await bot.bot.platform.show(answer)
    replies = [m for m in mia.messages(channel) if m.get("thread_ts") and m["ts"] != m["thread_ts"]]
    assert len(replies) == 1
    shown = str(replies[0]["blocks"])
    assert "One change before" in shown
    assert "It sets" in shown
    assert "I could not see feature flags." in shown


async def test_home_lists_runs_sources_and_what_is_missing(opened: Any) -> None:
    scopes = {
        "commands",
        "app_mentions:read",
        "chat:write",
        "channels:read",
        "channels:join",
        "channels:history",
        "assistant:write",
        "im:history",
    }
    async with opened(scopes=scopes) as bench:
        mia = bench.slack.person("mia")
        await mia.creates_channel("inc-checkout")
        await bench.settled()
        await mia.opens_home()
        await bench.settled()
        shown = str(mia.home)
        assert "checkout" in shown
        assert "files:write" in shown
        assert "metrics" in shown
        assert "down" in shown
        assert "groups:history" in shown


async def test_point_27_home_hides_what_happens_in_private_channels(bot: Any) -> None:
    mia, lee = bot.slack.person("mia"), bot.slack.person("lee")
    channel = await mia.creates_channel("inc-merger", is_private=True)
    await mia.invites(channel)
    await bot.settled()
    assert len(bot.copilot.opened) == 1
    for person in (mia, lee):
        await person.opens_home()
        await bot.settled()
    assert "merger" in str(mia.home)
    assert "merger" not in str(lee.home)


async def test_home_starts_a_run_in_a_chosen_channel(bot: Any) -> None:
    mia = bot.slack.person("mia")
    channel = await mia.creates_channel("shop-talk")
    await mia.opens_home()
    await bot.settled()
    assert mia.home is not None
    await mia.clicks_in_view(mia.home["id"], "clew.new")
    await bot.settled()
    values = {
        "channel": {"channel": {"type": "channels_select", "selected_channel": channel}},
        "text": {"text": {"type": "plain_text_input", "value": "search is slow"}},
    }
    await mia.submits(mia.views[-1], values)
    await bot.settled()
    assert [i.question for i in bot.copilot.opened] == ["search is slow"]


async def test_a_megabyte_of_question_is_cut_not_refused(bot: Any) -> None:
    mia = bot.slack.person("mia")
    channel = await mia.creates_channel("inc-checkout")
    await bot.settled()
    [card] = bot.cards(channel)
    await mia.says(channel, "<@U0BOT0001> " + "why " * 250_000, thread_ts=card["ts"])
    await bot.settled(20)
    [question] = bot.copilot.questions
    assert question.text.startswith("why why")
    assert len(question.text) <= 2_000
