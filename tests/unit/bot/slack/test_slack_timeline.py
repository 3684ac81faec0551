"""Does the verdict's picture stand in the thread once, with its words, and does the card lead there?"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from clew.hypothesis import Report, Timeline, Verdict
from clew.incident import Incident
from clew.progress import Progress, RunState, Step, StepState, TimelineView

ADDRESS = "first signs of 2 services, on the call graph"


def progress(incident: Incident, revision: int, told: Timeline | None, state: RunState = RunState.DONE) -> Progress:
    report = Report(incident=incident.id, verdict=Verdict.NOT_FOUND, headline="checkout p99 rose", timeline=told)
    return Progress(
        incident=incident,
        revision=revision,
        state=state,
        steps=(Step(key="read", title="Read the alert", state=StepState.DONE),),
        report=report if state is RunState.DONE else None,
        updated_at=incident.opened_at + revision,
    )


@asynccontextmanager
async def war_room(opened: Any, samples: Any, **options: Any) -> AsyncGenerator[tuple[Any, Incident, Timeline]]:
    """A bot whose card stands in a channel, and the picture that it will show."""
    async with opened(**options) as bench:
        mia = bench.slack.person("mia")
        channel = await mia.creates_channel("war-room")
        await mia.invites(channel)
        thread = samples.incident.thread.model_copy(update={"channel": channel, "root": ""})
        incident = samples.incident.model_copy(update={"thread": thread})
        await bench.bot.platform.show(progress(incident, 1, None, RunState.INVESTIGATING))
        yield bench, incident, samples.views["timeline"].timeline


def replies(bench: Any, incident: Incident) -> list[dict[str, Any]]:
    messages = bench.slack.person("mia").messages(incident.thread.channel)
    return [m for m in messages if m.get("thread_ts", m["ts"]) != m["ts"]]


async def test_the_picture_is_posted_once_and_the_card_links_to_it(opened: Any, samples: Any) -> None:
    async with war_room(opened, samples) as (bench, incident, told):
        await bench.bot.platform.show(TimelineView(incident=incident, timeline=told))
        await bench.bot.platform.show(TimelineView(incident=incident, timeline=told))
        [reply] = replies(bench, incident)
        [image] = [block for block in reply["blocks"] if block["type"] == "image"]
        assert "checkout (cause) first sign at 18:36:40 UTC" in image["alt_text"]
        assert len(bench.slack.record.calls("files.getUploadURLExternal")) == 1
        await bench.bot.platform.show(progress(incident, 2, told))
        [card] = bench.cards(incident.thread.channel)
        assert ADDRESS in str(card["blocks"])
        assert f"ts={reply['ts']}" in str(card["blocks"])


async def test_a_new_picture_takes_the_place_of_the_old_one(opened: Any, samples: Any) -> None:
    async with war_room(opened, samples) as (bench, incident, told):
        await bench.bot.platform.show(TimelineView(incident=incident, timeline=told))
        later = told.model_copy(update={"rows": told.rows[:2]})
        await bench.bot.platform.show(TimelineView(incident=incident, timeline=later))
        [reply] = replies(bench, incident)
        assert "TIMELINE (2 services)" in str(reply["blocks"])
        assert len(bench.slack.record.calls("files.getUploadURLExternal")) == 2


async def test_without_a_picture_the_order_stands_as_words(opened: Any, samples: Any) -> None:
    scopes = {
        "commands",
        "chat:write",
        "channels:read",
        "channels:join",
        "channels:history",
        "groups:read",
        "app_mentions:read",
    }
    async with war_room(opened, samples, scopes=scopes) as (bench, incident, told):
        await bench.bot.platform.show(TimelineView(incident=incident, timeline=told))
        [reply] = replies(bench, incident)
        assert "image" not in {block["type"] for block in reply["blocks"]}
        assert "checkout (cause) → web (symptom)" in str(reply["blocks"])


async def test_a_card_without_a_picture_in_its_thread_links_nowhere(opened: Any, samples: Any) -> None:
    async with war_room(opened, samples) as (bench, incident, told):
        await bench.bot.platform.show(progress(incident, 2, told))
        [card] = bench.cards(incident.thread.channel)
        assert ADDRESS not in str(card["blocks"])
        assert not bench.slack.record.calls("chat.getPermalink")


async def test_a_slack_that_gives_no_address_takes_nothing_from_the_verdict(opened: Any, samples: Any) -> None:
    async with war_room(opened, samples) as (bench, incident, told):
        await bench.bot.platform.show(TimelineView(incident=incident, timeline=told))
        bench.slack.faults.refuse["chat.getPermalink"] = "message_not_found"
        await bench.bot.platform.show(progress(incident, 2, told))
        [card] = bench.cards(incident.thread.channel)
        assert "CAUSE NOT FOUND" in str(card["blocks"])
        assert ADDRESS not in str(card["blocks"])


async def test_a_slack_that_is_slow_to_give_an_address_does_not_hold_up_the_verdict(opened: Any, samples: Any) -> None:
    async with war_room(opened, samples) as (bench, incident, told):
        await bench.bot.platform.show(TimelineView(incident=incident, timeline=told))
        bench.slack.faults.delays["chat.getPermalink"] = 60.0
        async with asyncio.timeout(20):
            await bench.bot.platform.show(progress(incident, 2, told))
        [card] = bench.cards(incident.thread.channel)
        assert "CAUSE NOT FOUND" in str(card["blocks"])
