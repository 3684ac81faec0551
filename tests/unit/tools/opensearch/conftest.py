"""A small search server for a test, and a real one for those that compare with it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from playground.live.opensearch import SearchServer, opensearch, search_server
from playground.live.prometheus import NotStartedError

JARS = Path(__file__).parents[4] / ".clew" / "opensearch"
"""Fetched once for this checkout."""


@pytest_asyncio.fixture
async def url(tmp_path: Path) -> AsyncGenerator[str]:
    """Address of an empty search server."""
    async with search_server(tmp_path, real=False) as server:
        yield server.url


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def real(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[SearchServer]:
    """A real OpenSearch; skipped by name where its jars cannot be had."""
    started = opensearch(tmp_path_factory.mktemp("opensearch"), JARS)
    try:
        server = await started.__aenter__()
    except NotStartedError as error:
        pytest.skip(f"needs a real OpenSearch: {error}")
    yield server
    await started.__aexit__(None, None, None)
