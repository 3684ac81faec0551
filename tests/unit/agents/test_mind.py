"""Does the model behind the Mind port answer, and does every way of failing become one error? Over real HTTP."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from pydantic import BaseModel, SecretStr

from agents.mind import ChatModel, Endpoint
from clew.errors import BudgetSpent, MindError
from clew.evidence import Asked, Call, Evidence, Note, evidence
from clew.incident import Window
from clew.limits import Limits

LIMITS = Limits(model_seconds=2.0)
Reply = dict[str, Any] | str | int | float


class Said(BaseModel):
    text: str


def message(
    content: str | None = None, *, calls: tuple[tuple[str, dict[str, Any]], ...] = (), refusal: str | None = None
) -> dict[str, Any]:
    tools = [
        {"id": f"c{i}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for i, (name, arguments) in enumerate(calls)
    ]
    said: dict[str, Any] = {"role": "assistant", "content": content, "refusal": refusal}
    choice = {"index": 0, "message": {**said, "tool_calls": tools} if tools else said, "finish_reason": "stop"}
    return {
        "id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }  # fmt: skip


@asynccontextmanager
async def endpoint(*replies: Reply, key: str = "k") -> AsyncGenerator[tuple[ChatModel, list[dict[str, Any]]]]:
    """A scripted OpenAI-compatible server: a body, a raw text, a status, or seconds of silence for each request in turn."""
    script, seen = list(replies), list[dict[str, Any]]()

    async def complete(request: web.Request) -> web.Response:
        seen.append(await request.json())
        reply = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(reply, float):
            await asyncio.sleep(reply)
            return web.json_response(message("late"))
        if isinstance(reply, int):
            return web.json_response({"error": {"message": "no", "type": "server_error"}}, status=reply)
        if isinstance(reply, str):
            return web.Response(text=reply, content_type="application/json")
        return web.json_response(reply)

    app = web.Application()
    app.router.add_post("/v1/chat/completions", complete)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield ChatModel(Endpoint(f"http://127.0.0.1:{port}/v1", "m", SecretStr(key)), LIMITS), seen
    finally:
        await runner.cleanup()


async def test_a_structured_reply_is_parsed_and_the_form_is_sent() -> None:
    async with endpoint(message('{"text": "the pool is full"}')) as (mind, seen):
        assert await mind.draft("say it", Said) == Said(text="the pool is full")
    assert seen[0]["response_format"]["type"] == "json_schema"
    assert seen[0]["model"] == "m"


async def test_an_endpoint_without_a_key_is_asked_too() -> None:
    async with endpoint(message('{"text": "the pool is full"}'), key="") as (mind, _):
        assert await mind.draft("say it", Said) == Said(text="the pool is full")


async def test_settings_that_no_client_takes_are_a_mind_error() -> None:
    with pytest.raises(MindError):
        await ChatModel(Endpoint("not an address", "m", SecretStr("")), LIMITS).draft("say it", Said)
    with pytest.raises(MindError):
        await ChatModel(Endpoint("http://[broken/v1", "m", SecretStr("k")), LIMITS).converse("look", (), 1)


async def test_a_reply_that_does_not_parse_is_asked_for_once_more() -> None:
    async with endpoint(message("no form at all"), message('{"text": "now it fits"}')) as (mind, seen):
        assert (await mind.draft("say it", Said)).text == "now it fits"
    assert len(seen) == 2


@pytest.mark.parametrize(
    "reply",
    [
        500,
        401,
        429,
        "not json",
        '{"choices": []}',
        "[]",
        message("plain talk"),
        message('{"other": 1}'),
        message(refusal="I will not"),
    ],
)
async def test_every_failure_is_a_mind_error(reply: Reply) -> None:
    async with endpoint(reply) as (mind, seen):
        with pytest.raises(MindError):
            await mind.draft("say it", Said)
        with_tools = await _outcome(mind)
    assert 1 <= len(seen) <= 4
    assert isinstance(with_tools, MindError) or isinstance(reply, dict)


async def _outcome(mind: ChatModel) -> object:
    try:
        return await mind.converse("look", (), 1)
    except MindError as error:
        return error


async def test_silence_ends_at_the_deadline() -> None:
    async with endpoint(30.0) as (mind, _):
        began = asyncio.get_running_loop().time()
        with pytest.raises(MindError):
            await mind.converse("look", (), 1)
        assert asyncio.get_running_loop().time() - began < 10


async def test_nobody_there_is_a_mind_error() -> None:
    with pytest.raises(MindError):
        await ChatModel(Endpoint("http://127.0.0.1:1/v1", "m", SecretStr("k")), LIMITS).draft("say it", Said)


def tools() -> tuple[list[str], Callable[..., Any]]:
    asked: list[str] = []

    async def search(service: str, text: str) -> tuple[Evidence, ...]:
        """Lines of a service that contain a text."""
        asked.append(f"{service}/{text}")
        what = Asked(source="logs", call=Call(method="search"), query="q", window=Window(start=0, end=1))
        return (evidence(what, Note(text="found"), "found it", taken_at=1.0),)

    return asked, search


async def test_tools_are_called_and_their_answers_go_back() -> None:
    asked, search = tools()
    call = message(calls=(("search", {"service": "web", "text": "x"}),))
    async with endpoint(call, message("done")) as (mind, seen):
        assert await mind.converse("look", (search,), 3) == "done"
    assert asked == ["web/x"]
    assert "found it" in seen[1]["messages"][-1]["content"]
    properties = seen[0]["tools"][0]["function"]["parameters"]["properties"]
    assert set(properties) == {"service", "text"}


async def test_unknown_tools_and_wrong_arguments_are_told_to_the_model() -> None:
    asked, search = tools()
    wrong = message(calls=(("rm", {}), ("search", {"service": 3})))
    async with endpoint(wrong, message("done")) as (mind, seen):
        assert await mind.converse("look", (search,), 3) == "done"
    assert asked == []
    assert [m["content"][:18] for m in seen[1]["messages"] if m["role"] == "tool"] == [
        "There is no such t",
        "The call does not ",
    ]


async def test_a_model_that_never_ends_spends_its_budget() -> None:
    asked, search = tools()
    async with endpoint(message(calls=(("search", {"service": "web", "text": "x"}),))) as (mind, seen):
        with pytest.raises(BudgetSpent):
            await mind.converse("look", (search,), 2)
    assert len(asked) == 2
    assert len(seen) == 3
