"""Does text that a person types become what Slack stores?"""

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from playground.slack.posting import typed_text
from playground.slack.server import LocalSlack


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("@clew, why?", "<@U0BOT0001>, why?"),
        ("ask @Lee.", "ask <@U0LEE0001>."),
        ("@nobody and mia@clew", "@nobody and mia@clew"),
        ("a < b && c", "a &lt; b &amp;&amp; c"),
        ("<@U0BOT0001> hi", "<@U0BOT0001> hi"),
        ("<!channel> stays", "<!channel> stays"),
        ("see https://x.invalid/a?b=c&d.", "see <https://x.invalid/a?b=c&amp;d>."),
        ("<b>@mia</b>", "&lt;b&gt;<@U0MIA0001>&lt;/b&gt;"),
    ],
)
async def test_what_is_typed_is_escaped_and_linked(slack: LocalSlack, typed: str, stored: str) -> None:
    assert typed_text(slack.world, typed) == stored


async def test_a_channel_name_becomes_its_token(slack: LocalSlack) -> None:
    general = slack.channel_id("general")
    assert typed_text(slack.world, "in #general not #other") == f"in <#{general}|general> not #other"


async def test_a_choice_made_before_comes_with_the_next_click(slack: LocalSlack, bot: AsyncWebClient) -> None:
    options = [{"text": {"type": "plain_text", "text": v}, "value": v} for v in ("5m", "1h")]
    elements = [
        {"type": "static_select", "action_id": "window", "options": options},
        {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}},
    ]
    channel, mia = slack.channel_id("general"), slack.person("mia")
    blocks = [{"type": "actions", "block_id": "act", "elements": elements}]
    stamp = str((await bot.chat_postMessage(channel=channel, text="x", blocks=blocks))["ts"])
    await mia.clicks(channel, stamp, "window", "1h")
    await mia.clicks(channel, stamp, "go")
    await slack.person("lee").clicks(channel, stamp, "go")
    sent = [entry.payload["state"]["values"] for entry in slack.record.deliveries("block_actions")]
    chosen = {"act": {"window": {"type": "static_select", "selected_option": options[1]}}}
    assert sent == [chosen, chosen, {}]
