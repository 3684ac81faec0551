"""Every flow gets a place where processes of Clew can live, die and be followed by others."""

from pathlib import Path

import pytest

from tests.flows.story import Houses


@pytest.fixture
def houses(tmp_path: Path) -> Houses:
    return Houses(tmp_path)
