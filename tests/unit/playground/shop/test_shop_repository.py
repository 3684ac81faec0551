"""Is the Shop's repository a real one, and does every edit that we might make fit it?"""

import asyncio
import time
from pathlib import Path

import pytest

from playground.shop import history
from playground.shop.release import BadRelease, loaded
from playground.shop.repository import Edit, GitFailed, Repository
from playground.shop.shop import CALLS


@pytest.fixture
async def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repo")
    await made.found(time.time() - 86_400)
    return made


async def test_past_ordinary_and_faulty_edits_all_fit_together(repository: Repository, tmp_path: Path) -> None:
    faulty = (history.SMALLER_POOL, history.LOST_GUARD, history.KEPT_ANSWERS, history.REWORDED_RECEIPT)
    edits = (*(edit for _, edit in history.PAST), *history.ORDINARY, *faulty)
    for edit in edits:
        await repository.apply(edit)
    commits = await repository.log()
    assert [commit.title for commit in commits[1:]] == [edit.message.split("\n")[0] for edit in edits]
    assert all(commit.files == (edit.path,) for commit, edit in zip(commits[1:], edits, strict=True))
    for service in CALLS:
        folder = await repository.release(service, commits[-1].id, tmp_path / "out")
        assert (await asyncio.to_thread(loaded, folder, commits[-1].id[:8])).routes


async def test_a_commit_carries_author_time_body_and_diff(repository: Repository) -> None:
    made = await repository.apply(history.SMALLER_POOL, 1_700_000_000)
    commit = (await repository.log())[-1]
    assert (commit.id, commit.time, commit.author) == (made, 1_700_000_000, "Lena Fischer")
    assert "cost review" in commit.body
    assert "-  size: 12\n+  size: 2" in commit.diff


async def test_a_reverted_commit_restores_the_files(repository: Repository, tmp_path: Path) -> None:
    before = (await repository.log())[-1].id
    guard = await repository.apply(history.LOST_GUARD)
    after = await repository.revert(guard, "Ada Okafor")
    texts = [
        (await repository.release("cart", commit, tmp_path / commit) / "handlers.py") for commit in (before, after)
    ]
    old, new = [await asyncio.to_thread(text.read_text) for text in texts]
    assert old == new
    assert (await repository.log())[-1].title == 'Revert "cart: simplify pricing of a basket"'


async def test_an_edit_that_does_not_fit_changes_nothing(repository: Repository) -> None:
    with pytest.raises(GitFailed, match="0 times"):
        await repository.apply(Edit("Ada Okafor", "nonsense", "README.md", "no such words", "x"))
    assert len(await repository.log()) == 1


def test_a_release_that_cannot_run_says_why(tmp_path: Path) -> None:
    with pytest.raises(BadRelease, match=r"settings\.yaml"):
        loaded(tmp_path, "1")
    (tmp_path / "settings.yaml").write_text("pool: {size: 1, wait_seconds: 1}", encoding="utf-8")
    (tmp_path / "handlers.py").write_text("def broken(:", encoding="utf-8")
    with pytest.raises(BadRelease, match=r"handlers\.py"):
        loaded(tmp_path, "1")
