"""What does a missing right take away? Its own feature, nothing else, and people are told."""

import time
from typing import Any

import pytest

from bot.slack.config import SlackConfig
from bot.slack.scopes import SCOPES
from clew.progress import RunState

ALL = frozenset(scope.name for scope in SCOPES)
OPTIONAL = [scope for scope in SCOPES if scope.optional]


@pytest.mark.parametrize("missing", OPTIONAL, ids=lambda scope: scope.name)
async def test_point_20_without_one_optional_scope_the_rest_works_and_home_names_it(
    opened: Any, samples: Any, missing: Any
) -> None:
    async with opened(scopes=ALL - {missing.name}) as bench:
        mia = bench.slack.person("mia")
        channel = await mia.creates_channel("inc-checkout")
        await bench.settled()
        [incident] = bench.copilot.opened
        view = samples.views["hypothesis_likely"].model_copy(update={"incident": incident})
        bench.copilot.hypotheses[incident.id, 1] = view
        await bench.bot.platform.show(view)
        shown = mia.messages(channel)[-1]
        assert "118" in str(shown["blocks"]), "the numbers stand, as a picture's title or as text"
        await mia.clicks(channel, shown["ts"], "clew.agree")
        await mia.says(channel, "<@U0BOT0001> what changed?", thread_ts=bench.cards(channel)[0]["ts"])
        await bench.settled()
        assert len(bench.copilot.votes) == 1
        assert len(bench.copilot.questions) == 1
        failed = [c for c in bench.slack.record.calls() if not c.ok]
        assert [c.method for c in failed if c.answer.get("error") == "missing_scope"] == [], "it does not even try"
        await mia.opens_home()
        await bench.settled()
        told = str(mia.home)
        assert missing.without in told
        assert missing.name in told
        for other in OPTIONAL:
            assert other.name == missing.name or f"{other.name}" not in told


async def test_point_20_with_every_scope_home_lists_none_as_missing(opened: Any) -> None:
    async with opened(scopes=ALL) as bench:
        mia = bench.slack.person("mia")
        await mia.opens_home()
        await bench.settled()
        assert not [scope.name for scope in OPTIONAL if scope.name in str(mia.home)]


async def test_point_19_where_slack_offers_no_stop_ours_stands_on_the_card_and_works(opened: Any) -> None:
    async with opened() as bench:
        bench.slack.faults.not_agent = True
        mia = bench.slack.person("mia")
        channel = await mia.creates_channel("inc-checkout")
        await bench.settled()
        [card] = bench.cards(channel)
        assert "clew.stop" in str(card["blocks"])
        await mia.clicks(channel, card["ts"], "clew.stop")
        await bench.settled()
        assert [by for _, by in bench.copilot.stops] == [mia.id]
        [progress] = bench.copilot.shown.values()
        assert progress.state is RunState.STOPPED
        assert "not_authorized" not in str(bench.slack.record.seen_by(mia.id))
        assert bench.whispers() == []
        assert mia.notices == []


async def test_point_23_the_text_version_stands_within_ten_seconds_as_shipped(opened: Any, samples: Any) -> None:
    """With the patience that real installations have, and a file that never settles."""
    shipped = SlackConfig(bot_token="x")
    patience = {
        "chart_seconds": shipped.chart_seconds,
        "chart_patience_seconds": shipped.chart_patience_seconds,
    }
    async with opened(config=patience) as bench:
        bench.slack.faults.never_settle = True
        mia = bench.slack.person("mia")
        channel = await mia.creates_channel("inc-checkout")
        await bench.settled()
        [incident] = bench.copilot.opened
        began = time.monotonic()
        await bench.bot.platform.show(samples.views["hypothesis_likely"].model_copy(update={"incident": incident}))
        assert time.monotonic() - began < 10
        blocks = mia.messages(channel)[-1]["blocks"]
        assert "image" not in {block["type"] for block in blocks}
        assert "118 → 510 ms" in str(blocks)
