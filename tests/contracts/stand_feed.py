"""The suite's changes as announcements that a store keeps."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bot.intake.changes import read
from clew.ports import Source, Telemetry
from tests.contracts.content import ALERT, CHANGES
from tests.contracts.stand import Program, Stand
from tools.feed import FeedSettings, opened
from tools.memory import opened as memory_opened
from tools.outside import Outside


@asynccontextmanager
async def filled(folder: Path, program: Program) -> AsyncGenerator[tuple[Source, ...]]:
    """Through the door that senders use, into SQLite."""
    settings = FeedSettings.model_validate({"token": "a token of this test"})
    async with memory_opened(f"sqlite:///{folder}/clew.db") as memory:
        for change in CHANGES:
            told = {"id": change.ref, "kind": "deploy", "time": change.at, "service": change.service}
            told |= {"title": change.title, "diff": (change.diff or "")[:400_000]}
            await memory.announce(read(dumps(told), ALERT))
        async with opened(settings, Outside(memory=memory, now=lambda: ALERT + 100)) as sources:
            yield sources


def dumps(told: Mapping[str, object]) -> bytes:
    return json.dumps(told).encode()


STAND = Stand("feed", (), (Telemetry.CHANGES,), filled)
