"""Are announced changes kept before they are answered, once, and refused with words that help?"""

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from bot.intake.changes import PATH, add_change_feed
from clew.evidence import Asked
from clew.incident import Window
from clew.memory import Memory
from clew.tables import ChangeTable
from clew.testing import DictMemory, FrozenClock
from tools.feed import FeedChanges, FeedSettings
from tools.outside import Outside

NOW = 1_763_836_600.0
TOKEN = "a-token-of-sixteen-or-more"
DEPLOY = {
    "id": "deploy-4711",
    "kind": "deploy",
    "time": NOW,
    "service": "checkout",
    "title": "checkout to production",
    "author": "pipeline",
    "version": "1.4.2",
    "commit": "4F2C1A9B77",
    "environment": "production",
}


@pytest.fixture
def memory() -> DictMemory:
    return DictMemory()


@pytest.fixture
async def post(memory: DictMemory) -> AsyncGenerator[Any]:
    """`post(body, token)` answers (status, JSON)."""
    server = web.Application(client_max_size=200_000)
    add_change_feed(server, memory, TOKEN, FrozenClock(NOW))
    async with TestServer(server) as running, ClientSession() as session:

        async def sent(body: Any, token: str = TOKEN, scheme: str = "Bearer") -> tuple[int, Any]:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers = {"Authorization": f"{scheme} {token}"} if token else {}
            async with session.post(running.make_url(PATH), data=data, headers=headers) as response:
                return response.status, await response.json()

        yield sent


async def table(memory: Memory, settings: FeedSettings | None = None) -> ChangeTable:
    settings = settings or FeedSettings.model_validate({"token": TOKEN})
    source = FeedChanges(memory, settings, Outside(now=lambda: NOW))
    return await source.changes(Window(start=NOW - 3600, end=NOW + 3600))


async def test_a_deploy_is_kept_and_read_with_what_its_sender_said(post: Any, memory: DictMemory) -> None:
    assert await post(DEPLOY) == (200, {"kept": 1, "updated": 0, "unchanged": 0})
    (change,) = (await table(memory)).changes
    assert (change.ref, change.what, change.at, change.service) == ("deploy-4711", "deploy", NOW, "checkout")
    assert (change.title, change.author, change.commit) == ("checkout to production 1.4.2", "pipeline", "4f2c1a9b77")
    assert change.diff is None, "nobody read a diff, so it cannot be named as a cause"


async def test_the_same_again_changes_nothing_and_a_later_word_replaces(post: Any, memory: DictMemory) -> None:
    await post(DEPLOY)
    assert await post(DEPLOY) == (200, {"kept": 0, "updated": 0, "unchanged": 1})
    assert await post({**DEPLOY, "title": "rolled out"}) == (200, {"kept": 0, "updated": 1, "unchanged": 0})
    assert [c.title for c in (await table(memory)).changes] == ["rolled out 1.4.2"]


@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: [one], lambda one: {"changes": [one]}])
async def test_one_or_several_may_come_at_once(post: Any, wrap: Any) -> None:
    assert (await post(wrap(DEPLOY)))[1]["kept"] == 1


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("off", "on", ["-checkout.fast: off", "+checkout.fast: on"]),
        (10, 2.5, ["-checkout.fast: 10", "+checkout.fast: 2.5"]),
        ({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}}, ["-checkout.fast.b.c: 2", "+checkout.fast.b.c: 3"]),
        (None, {"pool": 4}, ["-checkout.fast: null", "+checkout.fast.pool: 4"]),
    ],
)
async def test_what_a_flag_was_and_is_becomes_its_diff(
    post: Any, memory: DictMemory, before: Any, after: Any, shown: list[str]
) -> None:
    flag = {"id": "f1", "kind": "flag", "time": "2025-11-22T18:36:40Z", "service": "checkout", "key": "checkout.fast"}
    assert (await post({**flag, "before": before, "after": after}))[0] == 200
    (change,) = (await table(memory)).changes
    assert change.diff is not None
    assert [line for line in change.diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")] == shown


async def test_secrets_are_gone_before_they_are_kept(post: Any, memory: DictMemory) -> None:
    secret = "pass" + "word=hunter2-hunter2"
    flag = {"id": "f1", "kind": "config", "time": NOW, "title": secret, "diff": f"+{secret}\n", "author": secret}
    await post(flag)
    await post({"id": "f2", "kind": "config", "time": NOW, "before": {"db_password": "hunter2-hunter2"}, "after": None})
    kept = await memory.announced(0.0, 1e11, 10)
    assert len(kept) == 2
    assert "hunter2" not in repr(kept)


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", TOKEN[:-1], "ü" * 20])
async def test_who_does_not_know_the_token_is_not_heard(post: Any, memory: DictMemory, token: str) -> None:
    status, told = await post(DEPLOY, token)
    assert (status, "CLEW_FEED__TOKEN" in told["error"]) == (401, True)
    assert (await post(DEPLOY, TOKEN, scheme="Basic"))[0] == 401
    assert (await table(memory)).changes == ()


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (b"", 400, "JSON"),
        (b"\xff\xfe", 400, "JSON"),
        (b"[" * 5_000, 400, "JSON"),
        ([], 422, "no change"),
        ("text", 422, "changes[0]"),
        ({**DEPLOY, "kind": "party"}, 422, "changes[0].kind"),
        ({**DEPLOY, "time": NOW * 1000}, 422, "milliseconds"),
        ({**DEPLOY, "time": NOW + 90_000}, 422, "a day ahead"),
        ({**DEPLOY, "time": "2025-11-22T18:36:40"}, 422, "time zone"),
        ({**DEPLOY, "time": "yesterday"}, 422, "2030-01-31"),
        ({**DEPLOY, "time": True}, 422, "2030-01-31"),
        ({**DEPLOY, "sevice": "x"}, 422, "no such field"),
        ({**DEPLOY, "commit": "not hex"}, 422, "changes[0].commit"),
        ({**DEPLOY, "url": "javascript:alert(1)"}, 422, "changes[0].url"),
        ({"id": "c", "kind": "commit", "time": NOW}, 422, "full id"),
        ([DEPLOY, {"id": "x"}], 422, "changes[1]"),
        ([DEPLOY] * 501, 422, "in parts"),
        ({**DEPLOY, "diff": "x" * 300_000}, 413, "too large"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_of_it_is_kept(
    post: Any, memory: DictMemory, body: Any, status: int, word: str
) -> None:
    answered, told = await post(body)
    assert answered == status
    assert word in told["error"]
    assert len(told["error"]) < 4_000
    assert (await table(memory)).changes == ()


async def test_what_cannot_be_kept_is_not_acknowledged(post: Any, memory: DictMemory) -> None:
    memory.down = "the disk is full"
    status, told = await post(DEPLOY)
    assert (status, "send it again" in told["error"]) == (503, True)
    memory.down = ""
    assert (await post(DEPLOY))[1]["kept"] == 1


async def test_a_value_nested_without_end_is_bounded(post: Any, memory: DictMemory) -> None:
    deep: Any = "x"
    for _ in range(300):
        deep = {"k": deep}
    status, _ = await post({"id": "f", "kind": "config", "time": NOW, "before": 1, "after": deep})
    assert status == 200
    (change,) = (await table(memory)).changes
    assert len(change.diff or "") < 20_001


async def test_what_did_not_go_live_or_is_anothers_does_not_count(post: Any, memory: DictMemory) -> None:
    live = {**DEPLOY, "id": "live"}
    await post([live, {**DEPLOY, "id": "s", "environment": "Staging-EU"}, {**DEPLOY, "id": "o", "service": "billing"}])
    assert {c.ref for c in (await table(memory)).changes} == {"live", "o"}
    ours = FeedSettings.model_validate({"token": TOKEN, "services": ("check*",), "not_live": ()})
    assert {c.ref for c in (await table(memory, ours)).changes} == {"live", "s"}


async def test_a_senders_page_is_linked_only_where_its_host_is_named(memory: DictMemory, post: Any) -> None:
    await post({**DEPLOY, "url": "https://ci.example/run/1"})
    window = Window(start=NOW - 60, end=NOW + 60)
    for hosts, wanted in (((), None), (("ci.example",), "https://ci.example/run/1"), (("example",), None)):
        settings = FeedSettings.model_validate({"token": TOKEN, "page_hosts": hosts})
        source = FeedChanges(memory, settings, Outside(now=lambda: NOW))
        (fact,) = await source.list_changes("checkout", window)
        asked = Asked(source=source.name, call=fact.call, query=fact.query, window=window)
        assert source.link(asked, fact.payload) == wanted


def test_a_short_token_is_refused() -> None:
    with pytest.raises(ValueError, match="token"):
        FeedSettings.model_validate({"token": "short"})
