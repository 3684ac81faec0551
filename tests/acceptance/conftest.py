"""Ten incidents are replayed once for all points that only read what people saw."""

import asyncio
from pathlib import Path

import pytest

from tests.acceptance.replay import Replays, replayed


@pytest.fixture(scope="session")
def replays(tmp_path_factory: pytest.TempPathFactory) -> Replays:
    """Ten replayed incidents; takes some ten seconds."""
    home: Path = tmp_path_factory.mktemp("replays")
    return asyncio.run(replayed(home))
