"""Can a model say anything that we did not? No."""

import pytest

from agents.wording import Wording, reworded, sound
from clew.errors import MindError
from clew.testing import ScriptedMind

DRAFT = "Deploy 4f2c1a9 sets pool_size 50 → 5. p99 of checkout 0.118 → 0.51 s."
FACTS = (DRAFT, "new error in checkout: pool exhausted 0 → 1,240 lines")
SERVICES = ("checkout", "payments", "web")


def ok(text: str) -> bool:
    return sound(text, FACTS, SERVICES, limit=320, sentences=2)


@pytest.mark.parametrize(
    "text",
    [
        "Checkout waits for a connection since deploy 4f2c1a9 cut pool_size from 50 to 5.",
        "The pool of checkout shrank. Its p99 rose to 0.51 s.",
    ],
)
def test_plain_words_about_the_facts_may_stand(text: str) -> None:
    assert ok(text)


@pytest.mark.parametrize(
    "text",
    [
        "Deploy 4f2c1a9 cut the pool from 50 to 6.",
        "About 1,300 requests failed.",
        "The payments service is to blame.",
        "Deploy 9c07de1 did it.",
        "See http://evil.example for more.",
        "Ask <@U123> about it.",
        "Hey @channel look.",
        "The pool is *full*.",
        "The pool is full\u202e.",
        "This is confirmed: the pool is full.",
        "The root cause is the pool.",
        "Run kubectl-delete now.",
        "",
        "One. Two. Three. Four.",
        "pool " * 100,
    ],
)
def test_anything_added_is_refused(text: str) -> None:
    assert not ok(text)


async def test_a_sound_wording_replaces_the_draft() -> None:
    mind = ScriptedMind(Wording(text="Checkout's pool shrank from 50 to 5."))
    assert await reworded(mind, DRAFT, FACTS, SERVICES, sentences=2) == "Checkout's pool shrank from 50 to 5."


@pytest.mark.parametrize("line", [MindError("down"), Wording(text="It was 99 percent payments!")])
async def test_otherwise_our_own_words_stand(line: MindError | Wording) -> None:
    assert await reworded(ScriptedMind(line), DRAFT, FACTS, SERVICES, sentences=2) == DRAFT
    assert await reworded(None, DRAFT, FACTS, SERVICES, sentences=2) == DRAFT
