"""Is what landed and what went live told from GitHub's documented shapes, without wasting the quota, and with every lack said?"""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from clew.errors import SourceError
from clew.evidence import Asked, Call, Change
from clew.incident import Window
from clew.tables import ChangeTable
from tests.contracts.hub import Hub, Repo, commit, deployment, pull, release, run, serving, sha, status, user
from tools.github import GithubSettings, opened
from tools.github.source import GithubChanges
from tools.outside import Outside

AT = 1_763_836_600.0
WINDOW = Window(start=AT - 3600, end=AT + 600)
PATCH = "@@ -1 +1 @@\n-pool = 10\n+pool = 2"
ASKED = Asked(source="github", call=Call(method="changes"), query="q", window=WINDOW)


def repo() -> Repo:
    return Repo(
        [commit(2, AT - 60, "Lower the pool\n\nbody", {"services/web/app.py": PATCH}), commit(1, AT - 9e4, "", {})]
    )


@asynccontextmanager
async def reading(hub: Hub, now: Callable[[], float] = lambda: AT, **settings: object) -> AsyncGenerator[GithubChanges]:
    async with serving(hub) as url:
        given = {"url": url, "repositories": tuple(hub.repos) or ("shop/web",), **settings}
        async with opened(GithubSettings.model_validate(given), Outside(now=now)) as (source,):
            assert isinstance(source, GithubChanges)
            yield source


async def read(hub: Hub, **settings: object) -> ChangeTable:
    async with reading(hub, lambda: AT, **settings) as source:
        return await source.changes(WINDOW)


async def test_a_commit_is_told_with_its_diff_and_its_service() -> None:
    found = await read(Hub({"shop/mono": repo()}))
    (change,) = found.changes
    assert (change.ref, change.at, change.service, change.author) == (sha(2), AT - 60, "web", "mona")
    assert (change.title, change.files, change.what) == ("Lower the pool", ("services/web/app.py",), "commit")
    assert change.diff is not None
    assert "+++ b/services/web/app.py\n@@ -1 +1 @@\n-pool = 10\n+pool = 2\n" in change.diff
    assert found.partial == ""
    assert "shop/mono" in found.query


async def test_a_merged_pull_request_gives_title_and_author() -> None:
    held = repo()
    held.pulls = [pull(7, "Save memory", 2, AT - 60), {**pull(8, "Not merged", 2, AT), "merged_at": None}]
    (change,) = (await read(Hub({"shop/mono": held}))).changes
    assert (change.title, change.author) == ("Save memory (#7)", "ada")


async def test_only_the_branchs_own_line_is_told() -> None:
    merge = commit(5, AT - 10, "Merge pull request #7", {"services/web/app.py": PATCH}, parents=(2, 4))
    inner = commit(4, AT - 20, "inner", {"services/web/app.py": PATCH}, parents=(1,))
    held = Repo([merge, inner, *repo().commits])
    refs = [change.ref for change in (await read(Hub({"shop/mono": held}))).changes]
    assert refs == [sha(2), sha(5)]


async def test_asked_again_nothing_new_costs_no_quota() -> None:
    held = repo()
    held.deployments = [deployment(9, AT - 30, 2)]
    held.statuses = {9: [status("success", AT - 20)]}
    hub = Hub({"shop/mono": held})
    async with reading(hub) as source:
        first = await source.changes(WINDOW)
        spent = 5_000 - hub.left
        assert await source.changes(WINDOW) == first
        assert 5_000 - hub.left == spent
        again = hub.asked[spent:]
        assert again
        assert {code for _, code in again} == {304}
        assert not any(path.endswith(f"/commits/{sha(2)}") for path, _ in again), "a commit never changes"
        held.commits.insert(0, commit(3, AT - 5, "News", {"services/web/b.py": PATCH}))
        assert [c.ref for c in (await source.changes(WINDOW)).changes if c.what == "commit"] == [sha(2), sha(3)]


@pytest.mark.parametrize(
    ("course", "at", "words"),
    [
        ([("success", -20.0), ("in_progress", -25.0)], AT - 20, "production"),
        ([("inactive", -1.0), ("success", -20.0)], AT - 20, "production"),
        ([("in_progress", -25.0)], AT - 25, "production"),
        ([("failure", -10.0), ("in_progress", -25.0)], AT - 25, "which failed"),
        ([], AT - 30, "production"),
        ([("queued", -29.0), ("pending", -28.0)], None, ""),
    ],
)
async def test_a_deployment_counts_from_when_it_went_live(
    course: list[tuple[str, float]], at: float | None, words: str
) -> None:
    held = repo()
    held.deployments = [deployment(9, AT - 30, 2)]
    held.statuses = {9: [status(state, AT + after) for state, after in course]}
    deploys = [c for c in (await read(Hub({"shop/mono": held}))).changes if c.what == "deploy"]
    assert [d.at for d in deploys] == ([] if at is None else [at])
    for deploy in deploys:
        assert (deploy.ref, deploy.commit, deploy.service, deploy.author) == ("deployment 9", sha(2), "web", "pipeline")
        assert words in deploy.title
        assert deploy.diff is None, "its commit is told with the diff"


async def test_a_deployment_of_an_older_commit_carries_its_diff() -> None:
    held = repo()
    held.commits.append(commit(0, AT - 2e5, "Old and asleep", {"services/cart/a.py": PATCH}, parents=(99,)))
    held.deployments = [deployment(9, AT - 30, 0)]
    deploy = next(c for c in (await read(Hub({"shop/mono": held}))).changes if c.what == "deploy")
    assert (deploy.service, deploy.files) == ("cart", ("services/cart/a.py",))
    assert "+pool = 2" in (deploy.diff or "")


async def test_a_deployments_service_is_its_payloads_or_its_environments() -> None:
    held = repo()
    held.deployments = [
        deployment(9, AT - 30, 2, payload={"service": "search"}),
        deployment(10, AT - 20, 2, "production-checkout"),
        deployment(11, AT - 10, 2, "staging"),
    ]
    found = await read(Hub({"shop/mono": held}), services=("checkout", "web"))
    assert [(c.ref, c.service) for c in found.changes if c.what == "deploy"] == [
        ("deployment 9", "search"),
        ("deployment 10", "checkout"),
    ]


async def test_without_deployments_runs_of_deploy_workflows_count_and_else_releases() -> None:
    held = repo()
    held.runs = [run(31, "Deploy web", 2, AT - 15), run(32, "Tests", 2, AT), run(33, "Deploy web", 2, AT, "failure")]
    held.releases = [
        release("v1.2", AT - 5),
        release("v1.3-rc", AT, prerelease=True),
        release("draft", None, draft=True),
    ]
    hub = Hub({"shop/mono": held})
    async with reading(hub) as source:
        found = (await source.changes(WINDOW)).changes
        (deploy,) = (c for c in found if c.what == "deploy")
        assert (deploy.ref, deploy.at, deploy.commit, deploy.service) == ("run 31", AT - 15, sha(2), "web")
        assert source.link(ASKED, deploy) == "https://github.com/shop/mono/actions/runs/31"
        assert source.link(ASKED, found[0]) == f"https://github.com/shop/mono/commit/{sha(2)}"
        held.runs = []
        (deploy,) = (c for c in (await source.changes(WINDOW)).changes if c.what == "deploy")
        assert (deploy.ref, deploy.at) == ("release v1.2", AT - 5)
        assert source.link(ASKED, deploy) == "https://github.com/shop/mono/releases/tag/v1.2"
        assert source.link(ASKED, Change(ref="never seen", at=AT)) is None


async def test_a_spent_quota_ends_the_asking_and_is_said() -> None:
    hub = Hub({"shop/mono": Repo([commit(n, AT - 100 + n, "c", {"a": PATCH}) for n in range(60, 0, -1)])}, left=50)
    hub.reset = AT + 1_200
    now = AT
    async with reading(hub, now=lambda: now) as source:
        found = await source.changes(WINDOW)
        assert len(found.changes) == 60
        read_ = [change for change in found.changes if change.diff is not None]
        assert 10 < len(read_) < 40, "what was left was used, and some of it left to others"
        assert "rate limit is reached; it is not asked again before 18:56:40 UTC" in found.partial
        asked = len(hub.asked)
        with pytest.raises(SourceError, match="rate limit"):
            await source.changes(WINDOW)
        assert len(hub.asked) == asked, "nothing is sent while nothing is allowed"
        now, hub.left = AT + 1_201, 5_000
        assert (await source.changes(WINDOW)).partial == ""


@pytest.mark.parametrize(
    "refusal",
    [
        (403, {"message": "API rate limit exceeded for user ID 1."}, {}),
        (403, {"message": "You have exceeded a secondary rate limit. Please wait."}, {"Retry-After": "60"}),
        (429, {"message": "You have exceeded a secondary rate limit."}, {"Retry-After": "60"}),
    ],
)
async def test_a_refusal_for_the_rate_is_a_pause(refusal: tuple[int, dict[str, str], dict[str, str]]) -> None:
    hub = Hub({"shop/mono": repo()}, refusals={"/commits": refusal})
    async with reading(hub) as source:
        for _ in range(2):
            with pytest.raises(SourceError, match="rate limit"):
                await source.changes(WINDOW)
        assert len([path for path, _ in hub.asked if path.endswith("/commits")]) == 1


async def test_what_the_token_may_not_read_is_said_and_the_rest_goes_on() -> None:
    forbidden = (403, {"message": "Resource not accessible by personal access token"}, dict[str, str]())
    held = repo()
    hub = Hub({"shop/mono": held}, refusals={"/deployments": forbidden, "/pulls": forbidden})
    found = await read(hub)
    assert [change.ref for change in found.changes] == [sha(2)]
    assert "shop/mono: deployments were not read" in found.partial
    assert "pull requests were not read" in found.partial
    async with reading(hub) as source:
        health = await source.check()
    assert not health.ok
    assert "not accessible" in health.says
    assert health.without


async def test_a_moved_or_missing_repository_is_named() -> None:
    hub = Hub({"shop/mono": repo(), "shop/old": Repo()}, moved={"shop/old"})
    found = await read(hub, repositories=("shop/mono", "shop/old", "shop/none"))
    assert [change.ref for change in found.changes] == [sha(2)]
    assert "shop/old was renamed or moved; put its new name into repositories" in found.partial
    assert "shop/none does not exist, or the token may not read it" in found.partial
    assert all("/repositories/" not in path for path, _ in hub.asked), "the redirect was not followed"


async def test_no_repository_but_those_in_the_settings_is_asked_for() -> None:
    hub = Hub({"shop/mono": repo(), "shop/secret": repo()})
    await read(hub, repositories=("shop/mono",))
    assert hub.asked
    assert all("/shop/secret" not in path for path, _ in hub.asked)
    with pytest.raises(ValueError, match="repositories"):
        GithubSettings.model_validate({"repositories": ("shop/mono/../secret",)})


async def test_a_wrong_token_is_said_and_not_shown() -> None:
    hub = Hub({"shop/mono": repo()}, token="right")
    async with reading(hub, token="not-the-right-one") as source:
        with pytest.raises(SourceError, match="Check its token") as caught:
            await source.changes(WINDOW)
        health = await source.check()
    assert not health.ok
    assert "not-the-right-one" not in str(caught.value) + health.says
    assert (await read(hub, token="right")).partial == ""


async def test_the_doctor_sees_rights_quota_and_clock() -> None:
    hub = Hub({"shop/mono": repo()}, clock=AT + 300)
    async with reading(hub) as source:
        health = await source.check()
    told = {finding.what: (finding.ok, finding.says) for finding in health.findings}
    assert health.ok
    assert told["shop/mono"] == (True, "shop/mono can be read, main is its branch")
    assert told["quota"] == (True, "5000 of 5000 requests an hour left")
    assert told["clock"] == (False, "its clock is +300 s from ours")


async def test_an_empty_repository_and_one_whose_first_commit_is_new() -> None:
    empty = (409, {"message": "Git Repository is empty."}, dict[str, str]())
    assert (await read(Hub({"shop/new": Repo()}, refusals={"/commits": empty}))).changes == ()
    first = Repo([commit(1, AT - 60, "Everything", {"services/web/a.py": PATCH}, parents=())])
    (change,) = (await read(Hub({"shop/new": first}))).changes
    assert change.diff is None, "everything in it is new"


async def test_what_has_no_patch_is_said_where_it_matters() -> None:
    held = Repo(
        [
            commit(3, AT - 10, "Model", {"model.bin": None}),
            commit(2, AT - 20, "Logo", {"logo.png": None}),
            commit(1, AT - 9e4, "", {}),
        ]
    )
    found = await read(Hub({"shop/mono": held}))
    assert [change.diff for change in found.changes] == [None, None]
    assert f"1 commit changed only binary or very large files, which were not read: {sha(3)[:10]}" in found.partial


async def test_many_commits_are_bounded_and_said() -> None:
    held = Repo([commit(n, AT - 1000 + n, "c", {"a": PATCH}) for n in range(420, 0, -1)])
    hub = Hub({"shop/mono": held})
    found = await read(hub)
    assert len(found.changes) == 300
    assert found.changes[-1].ref == sha(420)
    assert "only the newest 300 commits were read" in found.partial
    assert len(hub.asked) < 120


@pytest.mark.parametrize("nonsense", [{"message": "hello"}, [{"sha": "x"}], [1], "text", None])
async def test_an_answer_of_another_shape_is_no_crash(nonsense: Any) -> None:
    hub = Hub({"shop/mono": repo()}, refusals={"/repos/shop/mono/commits": (200, nonsense, {})})
    with pytest.raises(SourceError):
        await read(hub)


async def test_owners_attribute_what_folders_do_not() -> None:
    held = Repo([commit(2, AT - 60, "Round", {"lib/money/round.py": PATCH}), commit(1, AT - 9e4, "", {})])
    held.contents = {"CODEOWNERS": "/lib/money/ @shop/payments-team\n"}
    (change,) = (await read(Hub({"shop/mono": held}), services=("payments",))).changes
    assert change.service == "payments"


async def test_secrets_in_titles_and_patches_do_not_leave() -> None:
    secret = "pass" + "word=hunter2-hunter2"
    held = Repo([commit(2, AT - 60, secret, {"a.py": f"@@ -1 +1 @@\n+{secret}"}), commit(1, AT - 9e4, "", {})])
    held.pulls = [pull(7, secret, 2, AT)]
    held.deployments = [{**deployment(9, AT - 30, 2), "description": secret, "creator": user(secret)}]
    assert "hunter2" not in repr(await read(Hub({"shop/mono": held})))
