"""Is one change that git and the change feed both tell one cause, with the diff of the one and the deploy of the other?"""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.intake.changes import read
from clew.evidence import Change
from clew.hypothesis import Hypothesis
from clew.ports import Source
from clew.question import Question
from tests.contracts.stand_git import git
from tests.flows.story import ALERT, DIFF, ONSET, House, Houses, sources, without
from tools.feed import FeedSettings
from tools.feed import opened as feed_opened
from tools.git import GitSettings
from tools.git import opened as git_opened
from tools.outside import Outside

pytestmark = pytest.mark.needs("git")
SETTINGS = "services/checkout/settings.yaml"
BEFORE = "service: checkout\nport: 80\ndatabase:\n  pool_size: 50\n"


def shop(folder: Path, before: float = 3_000.0) -> tuple[Path, str]:
    """A clone in which the pool was made smaller long before anybody deployed it."""
    repository = folder / "shop"
    (repository / SETTINGS).parent.mkdir(parents=True)
    git(repository, "init", "--quiet", "--initial-branch=main")
    git(repository, "config", "remote.origin.url", "git@github.com:shop/web.git")
    for at, text, title in (
        (ONSET - 900_000, BEFORE, "Begin"),
        (ONSET - before, BEFORE.replace("50", "5"), "Lower the database pool"),
    ):
        (repository / SETTINGS).write_text(text)
        git(repository, "add", "--all", at=at)
        git(repository, "commit", "--quiet", "-m", title, at=at)
    return repository, git(repository, "rev-parse", "HEAD")


@asynccontextmanager
async def both(houses: Houses, clone: Path) -> AsyncGenerator[tuple[Source, ...]]:
    """The story's sources, its changes told by a clone and by the feed."""
    outside = Outside(now=houses.clock.now, memory=houses.memory)
    feed = FeedSettings.model_validate({"token": "a token of this test"})
    async with git_opened(GitSettings(paths=(clone,)), outside) as one, feed_opened(feed, outside) as other:
        yield (*without(sources(), "changes"), *one, *other)


async def first(house: House) -> Hypothesis:
    await house.investigated()
    progress = await house.copilot.progress(house.incident.id)
    assert progress is not None
    assert progress.report is not None
    return progress.report.hypotheses[0]


@pytest.mark.parametrize("before", [3_000.0, 400_000.0])
async def test_a_commit_and_its_deploy_are_one_cause(houses: Houses, tmp_path: Path, before: float) -> None:
    clone, ref = shop(tmp_path, before)
    told = {"id": "deploy-7", "kind": "deploy", "time": ONSET - 60, "service": "checkout", "commit": ref[:10]}
    await houses.memory.announce(read(json.dumps(told).encode(), ONSET))
    async with both(houses, clone) as found, houses.house(sources=found) as house:
        cause = await first(house)
        facts = await houses.memory.recall(house.incident.id)
    assert (cause.cause.service, cause.cause.change) == ("checkout", ref)
    (fact,) = (n.fact for n in facts if isinstance(n.fact.payload, Change) and n.fact.payload.ref == ref)
    assert fact.source == "git", "it is cited from the source that read its diff"
    assert fact.link == f"https://github.com/shop/web/commit/{ref}"
    assert "git log" in fact.query
    assert isinstance(fact.payload, Change)
    assert "-  pool_size: 50\n+  pool_size: 5\n" in (fact.payload.diff or "")
    assert fact.payload.told_by == ("git",)


async def test_a_deploy_whose_diff_nobody_read_is_never_named(houses: Houses, tmp_path: Path) -> None:
    clone, _ = shop(tmp_path)
    git(clone, "reset", "--quiet", "--hard", "HEAD~1")
    git(clone, "reflog", "expire", "--expire=now", "--all")
    told = {"id": "deploy-7", "kind": "deploy", "time": ONSET - 60, "service": "checkout", "title": "the pool"}
    await houses.memory.announce(read(json.dumps(told).encode(), ONSET))
    async with both(houses, clone) as found, houses.house(sources=found) as house:
        cause = await first(house)
    assert cause.cause.service == "checkout"
    assert cause.cause.change is None


async def test_a_flag_is_named_by_what_it_was_and_is(houses: Houses, tmp_path: Path) -> None:
    clone, _ = shop(tmp_path)
    git(clone, "reset", "--quiet", "--hard", "HEAD~1")
    git(clone, "reflog", "expire", "--expire=now", "--all")
    told = {"id": "pool", "kind": "config", "time": ONSET - 60, "service": "checkout", "diff": DIFF}
    await houses.memory.announce(read(json.dumps(told).encode(), ONSET))
    async with both(houses, clone) as found, houses.house(sources=found) as house:
        cause = await first(house)
    assert cause.cause.change == "pool"


async def test_a_question_names_each_change_once(houses: Houses, tmp_path: Path) -> None:
    clone, ref = shop(tmp_path)
    commit = {"id": "c", "kind": "commit", "time": ONSET - 3_000, "commit": ref, "service": "checkout", "title": "Pool"}
    await houses.memory.announce(read(json.dumps(commit).encode(), ONSET))
    async with both(houses, clone) as found, houses.house(sources=found) as house:
        await house.investigated()
        asked = Question(incident=house.incident.id, key="q", asker="mia", text="what changed in checkout?", at=ALERT)
        answer = await house.copilot.ask(asked)
    assert sum(ref[:7] in claim.text for claim in answer.claims) == 1
