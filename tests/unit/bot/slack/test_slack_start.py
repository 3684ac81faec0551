"""Does an investigation start when it should, and only then?"""

from typing import Any


async def test_command_in_an_incident_channel_opens_one_card(bench: Any) -> None:
    mia = bench.slack.person("mia")
    channel = await mia.creates_channel("war-room")
    await mia.renames_channel(channel, "inc-checkout")
    await bench.settled()
    ack = await mia.command(channel, "/investigate")
    await bench.settled()
    assert ack.ok
    assert len(bench.copilot.opened) == 1
    assert len(bench.cards(channel)) == 1


async def test_created_channel_is_joined_and_says_why(bench: Any) -> None:
    mia = bench.slack.person("mia")
    channel = await mia.creates_channel("inc-2026-checkout-slow")
    await bench.settled()
    [incident] = bench.copilot.opened
    assert incident.title == "checkout slow"
    assert "inc-*" in incident.why_joined
    [card] = bench.cards(channel)
    assert "joined because" in str(card["blocks"])


async def test_mention_starts_in_the_thread_under_it(bench: Any) -> None:
    mia = bench.slack.person("mia")
    channel = await mia.creates_channel("shop-talk")
    await mia.invites(channel)
    ts = await mia.says(channel, f"@{bench.slack.workspace.users['U0BOT0001'].name} checkout is slow")
    await bench.settled()
    [incident] = bench.copilot.opened
    assert incident.thread.root == ts
    assert incident.question == "checkout is slow"
    assert bench.cards(channel) == []
