"""Are the stand-ins for the chat, the model and the clock strict enough to fail a test?"""

from collections.abc import Awaitable, Callable, Sequence

import pytest

from clew.errors import MindError, PlatformError
from clew.evidence import Asked, Call, Evidence, Note, evidence
from clew.hypothesis import Claim
from clew.incident import Incident, Thread, Window
from clew.ports import Clock, Mind, Platform
from clew.progress import Answer, Numbered, Progress, RunState, Step
from clew.question import Question
from clew.testing import FakePlatform, FrozenClock, ScriptedMind

WINDOW = Window(start=0.0, end=1.0)
INCIDENT = Incident(
    id="i1",
    title="p99 up",
    thread=Thread(platform="fake", channel="C"),
    alerted_at=1.0,
    window=WINDOW,
    opened_by="U",
    opened_at=1.0,
)
Tool = Callable[..., Awaitable[tuple[Evidence, ...]]]


def card(revision: int, title: str = "Reading logs") -> Progress:
    steps = (Step(key="logs", title=title),)
    return Progress(incident=INCIDENT, revision=revision, state=RunState.INVESTIGATING, steps=steps, updated_at=1.0)


def answer(text: str) -> Answer:
    asked = Asked(source="s", call=Call(method="m"), query="q", window=WINDOW)
    fact = evidence(asked, Note(text="n"), "n", taken_at=1.0)
    return Answer(
        incident=INCIDENT,
        key="k",
        asker="U1",
        question="what changed?",
        claims=(Claim(text=text, evidence=(fact.id, "lost")),),
        evidence=(Numbered(number=3, fact=fact),),
    )


async def test_the_chat_shows_each_view_once_and_no_older_card() -> None:
    chat = FakePlatform()
    platform: Platform = chat
    for revision in (1, 3, 2, 3):
        await platform.show(card(revision, f"step {revision}"))
    await platform.show(answer("the pool shrank"))
    assert [v.revision for v in chat.views if isinstance(v, Progress)] == [1, 3]
    assert await platform.post_count("i1") == 1
    assert await platform.post_count("i2") == 0
    text = chat.transcript("i1")
    assert "step 3" in text
    assert "step 1" not in text
    assert "the pool shrank [E3, ?lost]" in text, "a citation that resolves to nothing is visible"


async def test_the_chat_refuses_when_told() -> None:
    with pytest.raises(PlatformError) as caught:
        await FakePlatform(refuse="channel_not_found").show(card(1))
    assert caught.value.code == "channel_not_found"


async def test_the_model_says_its_lines_and_nothing_else() -> None:
    question = Question(incident="i1", key="k", asker="U", text="why?", at=1.0)
    script = ScriptedMind(question, MindError("down"), "a text")
    mind: Mind = script
    assert await mind.draft("first", Question) == question
    with pytest.raises(MindError):
        await mind.draft("second", Question)
    with pytest.raises(AssertionError, match="where a Question"):
        await mind.draft("third", Question)
    with pytest.raises(AssertionError, match="no line for: fourth"):
        await mind.converse("fourth", (), 1)
    assert (script.prompts, script.unsaid) == (["first", "second", "third", "fourth"], 0)


async def test_a_conversation_keeps_to_its_budget() -> None:
    async def tool(service: str) -> tuple[Evidence, ...]:
        assert service
        return ()

    async def talk(tools: Sequence[Tool]) -> str:
        await tools[0]("web")
        await tools[0](service="db")
        return "done"

    assert await ScriptedMind(talk).converse("p", (tool,), 2) == "done"
    with pytest.raises(AssertionError, match="more than 1 tool calls"):
        await ScriptedMind(talk).converse("p", (tool,), 1)


async def test_time_moves_when_somebody_sleeps() -> None:
    frozen = FrozenClock(100.0)
    clock: Clock = frozen
    await clock.sleep(5)
    frozen.jump(-50)
    assert (clock.now(), clock.monotonic()) == (55.0, 5.0)
    with pytest.raises(AssertionError, match="turned back"):
        frozen.advance(-1)
