"""Is a written call graph read as it was meant, and is what cannot be read said?"""

from pathlib import Path

import pytest

from clew.errors import SourceUnavailable
from clew.incident import Window
from clew.ports import GraphSource
from tools.outside import Outside
from tools.topology import BYTES, TopologySettings, WrittenGraph, opened

WINDOW = Window(start=0, end=10)
EDGES = (("cart", "db"), ("web", "cart"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("calls.csv", "caller,callee\nweb,cart\ncart,db\nweb,web\n"),
        ("calls.csv", "﻿web , cart\r\n\r\ncart,db,ignored\r\n"),
        ("calls.yaml", "web: [cart]\ncart: db\n"),
        ("calls.yml", "- {caller: web, callee: cart}\n- {caller: cart, callee: db}\n"),
    ],
)
async def test_the_ways_to_write_it(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = await WrittenGraph(tmp_path / name).graph(WINDOW)
    assert (found.edges, found.partial) == (EDGES, "")
    assert (found.provenance, found.services) == (name, ("cart", "db", "web"))


async def test_rows_that_say_nothing_are_counted(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("web,cart\nalone\n,db\n")
    found = await WrittenGraph(tmp_path / "c.csv").graph(WINDOW)
    assert (found.edges, found.partial) == ((("web", "cart"),), "2 rows of c.csv could not be understood")
    health = await WrittenGraph(tmp_path / "c.csv").check()
    assert health.ok
    assert health.without


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("none.csv", None, "cannot be read"),
        ("bytes.csv", b"\xff\xfe\x00", "not UTF-8"),
        ("big.csv", b"a,b\n" * (BYTES // 4 + 1), "larger than"),
        ("broken.yaml", b"web: [cart", "cannot be understood"),
        ("tagged.yaml", b"!!python/object/apply:os.getcwd []", "cannot be understood"),
    ],
)
async def test_what_cannot_be_read_says_what_to_do(tmp_path: Path, name: str, body: bytes | None, says: str) -> None:
    if body is not None:
        (tmp_path / name).write_bytes(body)
    source = WrittenGraph(tmp_path / name)
    with pytest.raises(SourceUnavailable, match=says):
        await source.graph(WINDOW)
    health = await source.check()
    assert not health.ok
    assert health.without


async def test_an_empty_file_is_no_graph(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("caller,callee\n")
    async with opened(TopologySettings(file=tmp_path / "c.csv"), Outside()) as (source,):
        assert isinstance(source, GraphSource)
        assert (await source.graph(WINDOW)).edges == ()
        assert not (await source.check()).ok
