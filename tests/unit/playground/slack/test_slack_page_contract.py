"""Does the server give the web page what the page is built on?"""

from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.acts import Scenario
from playground.slack.installation import BOT_USER
from playground.slack.limits import Limits
from playground.slack.server import LocalSlack

Json = dict[str, Any]


async def state(slack: LocalSlack, user: str) -> Json:
    async with aiohttp.ClientSession() as session, session.get(f"{slack.url}/ui/state", params={"user": user}) as got:
        return await got.json()


async def act(slack: LocalSlack, user: str, kind: str, **fields: Any) -> Json:
    body = {"user": user, "type": kind, **fields}
    async with aiohttp.ClientSession() as session, session.post(f"{slack.url}/ui/act", json=body) as got:
        return await got.json()


async def test_the_state_holds_what_one_person_sees(slack: LocalSlack, bot: AsyncWebClient) -> None:
    mia, channel = slack.person("mia"), slack.channel_id("general")
    root = await mia.says(channel, "hello")
    await mia.says(channel, "again", thread_ts=root)
    await bot.chat_postEphemeral(channel=channel, user=mia.id, text="only you")
    secret = await slack.person("lee").creates_channel("secret", is_private=True)
    await bot.views_publish(user_id=mia.id, view={"type": "home", "blocks": [{"type": "divider"}]})

    shown = await state(slack, mia.id)
    assert shown["me"] == mia.id
    assert [m["text"] for m in shown["messages"][channel]][-3:] == ["hello", "again", "only you"]
    assert secret not in [c["id"] for c in shown["channels"]]
    assert {"id", "name", "is_private", "is_im", "is_archived", "topic", "members"} <= set(shown["channels"][0])
    assert {u["name"] for u in shown["users"]} == {"mia", "lee", "sam", "clew"}
    assert shown["home"]["blocks"][0]["type"] == "divider"
    assert shown["views"] == []
    assert not shown["bot"]["connected"]


async def test_a_page_does_what_a_person_does(slack: LocalSlack, bot: AsyncWebClient) -> None:
    mia = slack.person("mia").id
    made = await act(slack, mia, "create_channel", name="Inc 7")
    channel = made["channel"]
    assert slack.workspace.channel(channel).name == "inc-7"
    said = await act(slack, mia, "post", channel=channel, text="hello @clew")
    assert slack.workspace.channel(channel).messages[said["ts"]]["text"] == f"hello <@{BOT_USER}>"
    assert await act(slack, BOT_USER, "invite", channel=channel) == {"ok": True}
    assert BOT_USER in slack.workspace.channel(channel).members
    assert await act(slack, mia, "react", channel=channel, ts=said["ts"], name="eyes") == {"ok": True}
    assert (await act(slack, mia, "rename_channel", channel=channel, name="inc-8"))["ok"]
    assert (await act(slack, mia, "archive_channel", channel=channel))["ok"]
    assert (await act(slack, mia, "post", channel=channel, text="x"))["error"] == "is_archived"
    assert (await act(slack, mia, "post", channel="C404", text="x"))["error"] == "channel_not_found"
    assert (await act(slack, mia, "post", text="x"))["error"] == "invalid_arguments"
    assert (await act(slack, mia, "post", channel=["C1"], text="x"))["error"] == "invalid_arguments"
    assert (await act(slack, mia, "dance"))["error"] == "unknown_type"
    assert (await act(slack, mia, "stop_session", channel=channel, ts="1.0"))["error"] == "not_processing"
    card = await bot.chat_postMessage(channel=slack.channel_id("general"), text="x")
    gone = {"block_id": "a", "action_id": "b", "type": "button"}
    clicked = await act(slack, mia, "block_action", channel=card["channel"], ts=card["ts"], action=gone)
    assert clicked["error"] == "no_such_action"


async def test_a_page_hears_what_happens_as_it_happens(slack: LocalSlack, bot: AsyncWebClient) -> None:
    mia, channel = slack.person("mia"), slack.channel_id("general")
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{slack.url}/ui/stream", params={"user": mia.id}) as page,
    ):
        card = await bot.chat_postMessage(channel=channel, text="x")
        stamp = str(card["ts"])
        await bot.chat_update(channel=channel, ts=stamp, text="y")
        await bot.chat_postEphemeral(channel=channel, user=mia.id, text="z")
        await bot.agents_sessions_setStatus(channel_id=channel, thread_ts=stamp, status="processing")
        await mia.reacts(channel, stamp, "eyes")
        await mia.creates_channel("inc-1")
        await bot.views_publish(user_id=mia.id, view={"type": "home", "blocks": []})
        await bot.chat_delete(channel=channel, ts=stamp)
        frames = [await page.receive_json(timeout=5) for _ in range(8)]
    kinds = [frame["type"] for frame in frames]
    assert kinds == [
        "message",
        "message_changed",
        "ephemeral",
        "status",
        "reaction",
        "channel",
        "home",
        "message_deleted",
    ]
    assert frames[1]["message"]["text"] == "y"
    assert frames[3]["status"] == "processing"


async def test_a_page_of_another_site_is_turned_away(slack: LocalSlack) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{slack.url}/ui/act", json={}, headers={"Origin": "https://evil.invalid"}) as got:
            assert got.status == 403
        async with session.get(f"{slack.url}/ui/state", headers={"Host": "rebound.invalid"}) as got:
            assert got.status == 403
        async with session.get(f"{slack.url}/page/..%2f..%2fpyproject.toml") as got:
            assert got.status == 404


async def test_scenarios_are_offered_and_run() -> None:
    ran: list[str] = []

    async def breaks() -> str:
        ran.append("pool")
        return "C0SHOP"

    offered = (Scenario("pool", "Shrink a pool", "A deploy shrinks a connection pool.", breaks),)
    async with LocalSlack.serving(scenarios=offered, limits=Limits(on=False)) as slack:
        mia = slack.person("mia").id
        assert [s["name"] for s in (await state(slack, mia))["scenarios"]] == ["pool"]
        assert (await act(slack, mia, "scenario", name="pool")) == {"ok": True, "channel": "C0SHOP"}
        assert (await act(slack, mia, "scenario", name="other"))["error"] == "unknown_scenario"
    assert ran == ["pool"]
