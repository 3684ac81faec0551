"""Does a team's incident ask that team's sources, within its limits, and nobody else's?"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml

from agents.copilot import GraphCopilot
from bot.settings import Settings, load
from bot.sources import sourced
from clew.errors import Misconfigured
from clew.incident import Incident
from clew.progress import RunState
from clew.question import Question
from tests.contracts.troublemaker import Trouble, Troublemaker, troublemaker
from tests.flows.story import Houses, incident
from tools.outside import Outside

EVERYBODY, PAYMENTS = "t0k3n-of-everybody", "t0k3n-of-payments"


@asynccontextmanager
async def servers(folder: Path) -> AsyncGenerator[tuple[Troublemaker, Troublemaker]]:
    """Everybody's, and the one of payments; what they answer does not matter here."""
    async with troublemaker(Trouble.OTHER_SHAPE, folder) as ours, troublemaker(Trouble.OTHER_SHAPE, folder) as theirs:
        yield ours, theirs


def settings(folder: Path, ours: Troublemaker, theirs: Troublemaker) -> Settings:
    told = {
        "prometheus": {"url": ours.url, "token": EVERYBODY},
        "limits": {"source_seconds": 3},
        "scopes": [
            {
                "name": "payments",
                "channels": ["pay-*"],
                "labels": {"team": "payments"},
                "sources": {
                    "prometheus": {"url": theirs.url, "token": PAYMENTS, "matchers": {"namespace": "payments"}}
                },
            },
            {"name": "nothing", "channels": ["none-*"]},
        ],
    }
    file = folder / "clew.yaml"
    file.write_text(yaml.safe_dump(told))
    return load({}, file)


async def lived(copilot: GraphCopilot, one: Incident) -> None:
    """An incident from its opening to its last question."""
    assert await copilot.open(one)
    await copilot.run(one.id)
    progress = await copilot.progress(one.id)
    assert progress is not None
    assert progress.state is not RunState.INVESTIGATING
    for text in ("what changed?", "show cpu of checkout", "who calls checkout?", "is it over?"):
        await copilot.ask(Question(incident=one.id, asker="U1", text=text, at=one.opened_at, key=text))


@pytest.mark.parametrize("scope", ["", "payments", "nothing", "no such scope"])
async def test_an_incident_asks_the_sources_of_its_scope_alone(scope: str, houses: Houses, tmp_path: Path) -> None:
    async with servers(tmp_path) as (ours, theirs):
        outside = Outside(now=houses.clock.now)
        async with (
            sourced(settings(tmp_path, ours, theirs), outside) as live,
            houses.house(sources=live.sources, scopes=live.scopes) as house,
        ):
            await lived(house.copilot, incident().model_copy(update={"scope": scope}))
        assert bool(ours.asked) == (scope == "")
        assert bool(theirs.asked) == (scope == "payments")
    assert all(f"Bearer {EVERYBODY}" in head for head in ours.asked)
    assert all(f"Bearer {PAYMENTS}" in head for head in theirs.asked)


async def test_what_a_scope_does_not_say_is_as_for_everybody(tmp_path: Path) -> None:
    file = tmp_path / "clew.yaml"
    own = {"name": "web", "sources": {"prometheus": {"matchers": {"namespace": "web"}}}}
    told = {"prometheus": {"url": "http://127.0.0.1:1", "history_seconds": 600}, "scopes": [own]}
    file.write_text(yaml.safe_dump(told))
    async with sourced(load({}, file)) as live:
        assert [s.name for s in live.scopes["web"]] == [s.name for s in live.sources]
        assert len(live.sources) > 0


@pytest.mark.parametrize(
    ("sources", "says"),
    [
        ({"promtheus": {"url": "http://x"}}, "promtheus is no source"),
        ({"prometheus": {"url": "ftp://x"}}, r"scopes: web: prometheus\.url: must be"),
        ({"prometheus": {"namespaces": ["web"]}}, "namespaces is not a setting"),
    ],
)
def test_a_scope_that_would_not_hold_is_refused_at_the_start(
    sources: dict[str, object], says: str, tmp_path: Path
) -> None:
    file = tmp_path / "clew.yaml"
    file.write_text(yaml.safe_dump({"scopes": [{"name": "web", "sources": sources}]}))
    with pytest.raises(Misconfigured, match=says):
        load({}, file)


@pytest.fixture
def houses(tmp_path: Path) -> Houses:
    return Houses(tmp_path)
