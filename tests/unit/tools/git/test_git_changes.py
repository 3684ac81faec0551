"""Are local clones read as they are: merges, binaries, rewritten and shallow histories, hostile configurations, and nothing at all?"""

import os
import shutil
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from clew.errors import Misconfigured, SourceError
from clew.evidence import Asked, Call, Change
from clew.incident import Window
from clew.ports import ChangeSource, Health
from clew.tables import ChangeTable
from tests.contracts.stand_git import git
from tools.git import GitSettings, opened
from tools.outside import Outside

AT = 1_763_836_600.0
WINDOW = Window(start=AT - 3600, end=AT + 600)
pytestmark = pytest.mark.needs("git")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository whose first commit is older than the window."""
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, AT - 90_000, {"README.md": "shop\n", "services/web/app.py": "pool = 10\n"}, "Begin")
    return folder


def commit(folder: Path, at: float, files: dict[str, str], message: str = "change") -> str:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", "--all", at=at)
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message, at=at)
    return git(folder, "rev-parse", "HEAD")


async def read(*folders: Path, seconds: float = 20.0, window: Window = WINDOW, **settings: object) -> ChangeTable:
    given = GitSettings.model_validate({"paths": folders, **settings})
    async with opened(given, Outside(seconds=seconds, now=lambda: AT)) as (source,):
        assert isinstance(source, ChangeSource)
        return await source.changes(window)


def folders_in_use() -> set[str]:
    """Where the processes of this machine work, as far as it tells."""
    found: set[str] = set()
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):
            found.add(str(entry.readlink()))
    return found


async def checked(*folders: Path, **settings: object) -> Health:
    given = GitSettings.model_validate({"paths": folders, **settings})
    async with opened(given, Outside(seconds=20.0, now=lambda: AT)) as (source,):
        return await source.check()


async def test_a_commit_is_told_with_its_files_its_diff_and_its_service(shop: Path) -> None:
    ref = commit(shop, AT - 60, {"services/web/app.py": "pool = 2\n", "docs/pool.md": "small\n"}, "Save memory\n\nbody")
    found = await read(shop)
    (change,) = found.changes
    assert (change.ref, change.at, change.service, change.author) == (ref, AT - 60, "web", "Ada")
    assert (change.title, change.what) == ("Save memory", "commit")
    assert set(change.files) == {"services/web/app.py", "docs/pool.md"}
    assert change.diff is not None
    assert "-pool = 10\n+pool = 2\n" in change.diff
    assert change.diff.index("services/web/app.py") < change.diff.index("docs/pool.md"), "what tells more is in front"
    assert found.partial == ""
    assert f"--since=@{int(WINDOW.start)}" in found.query


async def test_only_the_window_is_told_and_in_order(shop: Path) -> None:
    refs = [commit(shop, at, {"a": str(at)}) for at in (AT - 3601, AT - 3600, AT - 10, AT + 600, AT + 601)]
    assert [change.ref for change in (await read(shop)).changes] == refs[1:4]
    nothing = await read(shop, window=Window(start=AT + 10_000, end=AT + 20_000))
    assert (nothing.changes, nothing.partial, bool(nothing.query)) == ((), "", True)


async def test_a_merge_is_one_change_with_all_that_it_brought(shop: Path) -> None:
    git(shop, "checkout", "--quiet", "-b", "topic")
    commit(shop, AT - 1000, {"services/web/app.py": "pool = 5\n"}, "inner one")
    commit(shop, AT - 900, {"services/web/app.py": "pool = 2\n"}, "inner two")
    git(shop, "checkout", "--quiet", "main")
    commit(shop, AT - 800, {"other": "x\n"}, "beside")
    message = "Merge pull request #7 from shop/topic\n\nLower the pool"
    git(shop, "merge", "--quiet", "--no-ff", "-m", message, "topic", at=AT - 100)
    changes = (await read(shop)).changes
    assert [change.title for change in changes] == ["beside", "Lower the pool (Merge pull request #7 from shop/topic)"]
    assert "-pool = 10\n+pool = 2\n" in (changes[1].diff or "")
    assert changes[1].service == "web"


async def test_a_huge_binary_costs_nothing_and_is_said(shop: Path) -> None:
    with (shop / "model.bin").open("wb") as file:
        file.truncate(50_000_000)
        file.write(os.urandom(2_000_000))
    (shop / "dump.sql").write_text("insert into t values (1);\n" * 300_000)
    ref = commit(shop, AT - 60, {}, "Add the model")
    tracemalloc.start()
    began = time.monotonic()
    found = await read(shop)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.monotonic() - began < 8, "an incident waits for it"
    assert peak < 10_000_000
    (change,) = found.changes
    assert (change.ref, change.diff) == (ref, None), "nobody read it, so it cannot be named"
    assert "1 commit changed only binary or very large files" in found.partial
    assert ref[:10] in found.partial


async def test_a_long_diff_is_cut_and_the_telling_file_survives(shop: Path) -> None:
    lock = "".join(f'"package-{n}": "1.0.{n}"\n' for n in range(20_000))
    commit(shop, AT - 60, {"a/package-lock.json": lock, "services/web/app.py": "pool = 2\n", "z.py": "y = 1\n" * 9_000})
    (change,) = (await read(shop)).changes
    assert change.diff is not None
    assert len(change.diff) <= 20_000
    assert "+pool = 2" in change.diff
    assert "@@ cut @@" in change.diff


async def test_a_picture_alone_is_no_gap(shop: Path) -> None:
    (shop / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00" * 100)
    commit(shop, AT - 60, {}, "Logo")
    found = await read(shop)
    assert [change.diff for change in found.changes] == [None]
    assert found.partial == ""


async def test_the_first_commit_of_a_history_has_no_diff(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, AT - 60, {"services/web/app.py": "x\n"}, "Everything")
    (change,) = (await read(folder)).changes
    assert (change.diff, change.files) == (None, ("services/web/app.py",))


async def test_a_shallow_clone_says_where_it_ends(shop: Path, tmp_path: Path) -> None:
    for n in range(5):
        commit(shop, AT - 600 + n, {"services/web/app.py": f"pool = {n}\n"})
    git(tmp_path, "clone", "--quiet", "--depth=2", f"file://{shop}", "shallow")
    found = await read(tmp_path / "shallow")
    assert [change.diff is None for change in found.changes] == [True, False], "what lies at its end is not all new"
    assert "shallow" in found.partial
    early = await read(tmp_path / "shallow", window=Window(start=AT - 596.5, end=AT))
    assert (len(early.changes), early.partial) == (1, ""), "an end before the window matters to nobody"
    health = await checked(tmp_path / "shallow")
    assert any("shallow" in finding.says and not finding.ok for finding in health.findings)


async def test_what_a_forced_push_took_away_is_read_too(shop: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", f"file://{shop}", "clone")
    lost = commit(shop, AT - 300, {"services/web/app.py": "pool = 0\n"}, "The one that went live")
    git(tmp_path / "clone", "pull", "--quiet", "--ff-only", at=AT - 200)
    git(shop, "reset", "--quiet", "--hard", "HEAD~1")
    kept = commit(shop, AT - 100, {"services/web/app.py": "pool = 9\n"}, "Rewritten")
    clone = tmp_path / "clone"
    git(clone, "fetch", "--quiet", "--force", "origin", "main", at=AT - 50)
    git(clone, "reset", "--quiet", "--hard", "origin/main", at=AT - 50)
    found = await read(clone)
    assert [change.ref for change in found.changes] == [lost, kept]
    assert "rewritten" in found.partial


async def test_a_mirror_that_was_rewritten_between_two_reads_says_so(shop: Path, tmp_path: Path) -> None:
    lost = commit(shop, AT - 300, {"a": "1\n"})
    git(tmp_path, "clone", "--quiet", "--mirror", f"file://{shop}", "mirror.git")
    settings = GitSettings(paths=(tmp_path / "mirror.git",))
    async with opened(settings, Outside(seconds=20.0, now=lambda: AT)) as (source,):
        assert isinstance(source, ChangeSource)
        assert [change.ref for change in (await source.changes(WINDOW)).changes] == [lost]
        git(shop, "commit", "--quiet", "--amend", "-m", "other", at=AT - 100)
        git(tmp_path / "mirror.git", "fetch", "--quiet", "origin", "+refs/*:refs/*")
        found = await source.changes(WINDOW)
    assert [change.ref for change in found.changes] == [lost, git(shop, "rev-parse", "HEAD")]
    assert "rewritten" in found.partial


async def test_detached_heads_bare_clones_and_named_branches(shop: Path, tmp_path: Path) -> None:
    first = commit(shop, AT - 300, {"a": "1\n"})
    git(shop, "checkout", "--quiet", "-b", "release")
    second = commit(shop, AT - 200, {"a": "2\n"})
    git(shop, "checkout", "--quiet", "--detach", first)
    git(tmp_path, "clone", "--quiet", "--bare", f"file://{shop}", "bare.git")
    assert [change.ref for change in (await read(shop)).changes] == [first]
    assert [change.ref for change in (await read(shop, branch="release")).changes] == [first, second]
    assert [change.ref for change in (await read(tmp_path / "bare.git", branch="release")).changes] == [first, second]
    git(tmp_path, "clone", "--quiet", "--branch=release", f"file://{shop}", "clone")
    assert [c.ref for c in (await read(tmp_path / "clone", branch="main")).changes] == [first], "origin's branch counts"


async def test_fetching_is_off_unless_it_is_allowed(shop: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", f"file://{shop}", "clone")
    fresh = commit(shop, AT - 60, {"a": "1\n"})
    assert (await read(tmp_path / "clone")).changes == ()
    assert [change.ref for change in (await read(tmp_path / "clone", fetch=True)).changes] == [fresh]
    shutil.move(shop, tmp_path / "gone")
    found = await read(tmp_path / "clone", fetch=True)
    assert [change.ref for change in found.changes] == [fresh]
    assert "fetching failed" in found.partial


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda path: path / "none", "there is no folder"),
        (lambda path: path, "is no clone"),
        (lambda path: git(path, "init", "--quiet", "empty") or path / "empty", "nothing was committed"),
    ],
)
async def test_what_is_no_clone_is_said_clearly(tmp_path: Path, spoil: Callable[[Path], Path], word: str) -> None:
    folder = spoil(tmp_path)
    with pytest.raises(SourceError, match=word) as caught:
        await read(folder)
    assert caught.value.source == "git"
    health = await checked(folder)
    assert not health.ok
    assert word in health.says
    assert health.without


async def test_one_broken_clone_leaves_the_others(shop: Path, tmp_path: Path) -> None:
    ref = commit(shop, AT - 60, {"a": "1\n"})
    found = await read(shop, tmp_path / "none")
    assert [change.ref for change in found.changes] == [ref]
    assert "there is no folder" in found.partial
    health = await checked(shop, tmp_path / "none")
    assert not health.ok
    assert health.says.startswith("1 of 2 clones can be read")
    with pytest.raises(SourceError, match="no such branch"):
        await read(shop, branch="nope")


async def test_another_users_clone_is_refused_unless_allowed(shop: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to give a folder to another user")
    ref = commit(shop, AT - 60, {"a": "1\n"})
    for path in (shop, *shop.rglob("*")):
        os.chown(path, 12_345, 12_345)
    with pytest.raises(SourceError, match="any_owner"):
        await read(shop)
    assert [change.ref for change in (await read(shop, any_owner=True)).changes] == [ref]


async def test_nothing_that_a_repository_configures_is_run(shop: Path, tmp_path: Path) -> None:
    commit(shop, AT - 60, {"services/web/app.py": "pool = 2\n", ".gitattributes": "*.py diff=evil\n"})
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\necho ran >> {tmp_path}/ran\ncat\n")
    trap.chmod(0o755)
    for key in (
        "diff.external",
        "diff.evil.textconv",
        "diff.evil.command",
        "core.fsmonitor",
        "core.pager",
        "pager.log",
    ):
        git(shop, "config", key, str(trap))
    git(shop, "config", "log.showSignature", "true")
    git(shop, "config", "gpg.program", str(trap))
    git(shop, "config", "core.sshCommand", str(trap))
    git(shop, "config", "core.alternateRefsCommand", str(trap))
    git(shop, "config", "diff.noprefix", "true")
    (change,) = (await read(shop)).changes
    assert not (tmp_path / "ran").exists()
    assert "+++ b/services/web/app.py" in (change.diff or "")


async def test_hostile_names_and_messages_forge_nothing(shop: Path) -> None:
    forged = f"\x01{'f' * 40}\x00{int(AT)}\x00Eve\x00\x00forged"
    message = f"ok {forged.replace(chr(0), ' ')}\n\n\x01{'e' * 40} {int(AT)}\ndiff --git a/x b/x\n+pool = 0\n"
    name = 'we"ird\t\x01 diff.py'
    ref = commit(shop, AT - 60, {name: f"x = 1\n\x01{'d' * 40}\ndiff --git a/y b/y\n+z\n"}, message)
    (change,) = (await read(shop)).changes
    assert change.ref == ref
    assert change.author == "Ada"
    assert len(change.files) == 1
    assert "+\x01" in (change.diff or ""), "a line of a file is a line of the diff"


async def test_a_slow_git_is_bounded_and_leaves_no_process(shop: Path, tmp_path: Path) -> None:
    commit(shop, AT - 60, {"a": "1\n"})
    os.mkfifo(tmp_path / "pipe")
    (shop / ".git" / "refs" / "heads" / "main").unlink()
    (shop / ".git" / "refs" / "heads" / "main").symlink_to(tmp_path / "pipe")
    began = time.monotonic()
    with pytest.raises(SourceError, match="did not answer"):
        await read(shop, seconds=1.0)
    assert time.monotonic() - began < 5
    assert str(shop) not in folders_in_use()


async def test_a_missing_object_costs_the_diffs_and_not_the_commits(shop: Path) -> None:
    commit(shop, AT - 120, {"services/web/app.py": "pool = 3\n"}, "whole")
    ref = commit(shop, AT - 60, {"services/web/app.py": "pool = 2\n"}, "torn")
    blob = git(shop, "rev-parse", "HEAD:services/web/app.py")
    (shop / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    found = await read(shop)
    assert [change.title for change in found.changes] == ["whole", "torn"]
    torn = found.changes[1]
    assert (torn.ref, torn.diff, torn.service) == (ref, None, "web")
    assert "not every diff could be read" in found.partial


async def test_links_lead_to_the_origin_where_it_is_the_host_of_links(shop: Path) -> None:
    ref = commit(shop, AT - 60, {"a": "1\n"})
    asked = Asked(source="git", call=Call(method="changes"), query="q", window=WINDOW)
    for url, wanted in (
        ("git@github.com:shop/web.git", f"https://github.com/shop/web/commit/{ref}"),
        ("https://github.com/shop/web", f"https://github.com/shop/web/commit/{ref}"),
        ("ssh://git@github.com:22/shop/web.git", f"https://github.com/shop/web/commit/{ref}"),
        ("https://evil.example/shop/web", None),
        ("/srv/git/web.git", None),
    ):
        git(shop, "config", "remote.origin.url", url)
        async with opened(GitSettings(paths=(shop,)), Outside(now=lambda: AT)) as (source,):
            assert isinstance(source, ChangeSource)
            (change,) = (await source.changes(WINDOW)).changes
            assert source.link(asked, change) == wanted
            assert source.link(asked, Change(ref="unknown", at=AT)) is None


async def test_a_wrong_mapping_file_stops_the_start(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "services.yaml").write_text("- not a mapping")
    with pytest.raises(Misconfigured, match="services_file"):
        await read(shop, services_file=tmp_path / "services.yaml")


async def test_codeowners_of_the_branch_attribute_what_folders_do_not(shop: Path) -> None:
    commit(shop, AT - 9000, {"CODEOWNERS": "/lib/money/ @shop/payments-team\n"})
    commit(shop, AT - 60, {"lib/money/round.py": "x\n"})
    (change,) = (await read(shop, owners={"@shop/payments-team": "payments"})).changes
    assert change.service == "payments"
