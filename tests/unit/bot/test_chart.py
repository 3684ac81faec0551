"""Can anyone read the charts: at a glance, in grey, without the picture, and when drawing fails?"""

import asyncio
import io
import json
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.chart import BYTES, Painter, chart
from bot.chart_spec import spec
from clew.errors import ClewError
from clew.evidence import Mark, Series
from clew.incident import Window

WINDOW = Window(start=1_795_370_400.0, end=1_795_374_000.0)
ONSET = WINDOW.start + 2_200


@pytest.fixture
async def painter() -> AsyncGenerator[Painter]:
    async with Painter(seconds=60) as painter:
        yield painter


def rising(**more: Any) -> Series:
    times = tuple(WINDOW.start + 30 * i for i in range(121))
    values = tuple(None if 20 <= i < 30 else (0.118 if t < ONSET else 0.51) for i, t in enumerate(times))
    base = Series(
        name="latency p99",
        service="checkout",
        unit="s",
        times=times,
        values=values,
        normal=0.12,
        before=0.118,
        after=0.51,
        onset=ONSET,
        marks=(Mark(at=ONSET - 120, label="deploy 4f2c1a"),),
    )
    return base.model_copy(update=more)


def drawn(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def close(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 24 for a, b in zip(found, wanted, strict=True))


def count(picture: Image.Image, colour: tuple[int, int, int]) -> int:
    return sum(n for n, found in picture.getcolors(1 << 24) or [] if close(tuple(found), colour))  # type: ignore[arg-type]


def layers(series: Series) -> list[dict[str, Any]]:
    return spec(series, WINDOW)["layer"]


def words(series: Series) -> list[str]:
    return [row["says"] for layer in layers(series) for row in layer["data"]["values"] if "says" in row]


async def test_a_chart_is_a_white_tile_of_the_right_size(painter: Painter) -> None:
    made = await chart(rising(), WINDOW, painter)
    assert len(made.png) < BYTES
    picture = drawn(made.png)
    assert picture.size == (1600, 720)
    edge = {picture.getpixel((x, y)) for x, y in ((0, 0), (1599, 0), (0, 719), (1599, 719), (12, 12), (800, 2))}
    assert edge == {(255, 255, 255)}
    assert count(picture, (0x00, 0x72, 0xB2)) > 500
    assert count(picture, (0xD5, 0x5E, 0x00)) > 500
    assert count(picture, (0x76, 0x76, 0x76)) > 200


async def test_point_21_the_words_carry_metric_before_after_time_and_mark(painter: Painter) -> None:
    made = await chart(rising(), WINDOW, painter)
    for part in ("checkout p99 latency", "before 118 ms", "after 510 ms", "18:36:40 UTC", "deploy 4f2c1a at 18:34:40"):
        assert part in made.alt
    assert made.title == "checkout p99 latency 118 → 510 ms from 18:36:40 UTC"


async def test_point_22_in_grey_the_parts_still_differ(painter: Painter) -> None:
    """Lightness tells the line, the mark and the shade apart; a dash and words do the rest."""
    made = await chart(rising(), WINDOW, painter)
    tones = drawn(made.png).convert("L").histogram()
    line, shade, paper = sum(tones[80:95]), sum(tones[235:245]), tones[255]
    assert line > 500
    assert shade > 50_000
    assert paper > 200_000
    dashed = [layer for layer in layers(rising()) if "strokeDash" in layer["mark"]]
    assert len(dashed) == 1
    solid = [layer for layer in layers(rising()) if layer["mark"]["type"] == "line"]
    assert all("strokeDash" not in layer["mark"] for layer in solid)
    assert any(text.startswith("usual") for text in words(rising()))
    assert {"before 118 ms", "after 510 ms", "deploy 4f2c1a 18:34:40"} <= set(words(rising()))


def test_a_gap_is_a_gap() -> None:
    (line,) = [layer for layer in layers(rising()) if layer["mark"]["type"] == "line"]
    levels = [row["level"] for row in line["data"]["values"]]
    assert levels.count(None) == 10
    holes = rising(times=tuple(t + (600 if t > ONSET else 0) for t in rising().times))
    (line,) = [layer for layer in layers(holes) if layer["mark"]["type"] == "line"]
    assert [row["level"] for row in line["data"]["values"]].count(None) == 11


def test_the_level_axis_starts_at_zero_and_the_incident_is_shaded() -> None:
    shown = spec(rising(), WINDOW)
    domains = [
        layer["encoding"]["y"]["scale"]["domain"]
        for layer in shown["layer"]
        if "scale" in layer["encoding"].get("y", {})
    ]
    assert domains
    assert all(low == 0 and high > 510 for low, high in domains)
    (shade,) = [layer for layer in shown["layer"] if layer["mark"]["type"] == "rect"]
    assert shade["data"]["values"] == [{"from": ONSET * 1000, "to": WINDOW.end * 1000}]
    assert "one point per 30 s" in shown["title"]["subtitle"]
    assert "2026-11-22 18:00 to 19:00 UTC" in shown["title"]["subtitle"]


def test_every_mark_in_the_window_has_its_line_and_words_that_do_not_touch() -> None:
    marks = (*(Mark(at=ONSET - 60 * i, label=f"deploy {i:06}") for i in range(5)), Mark(at=1.0, label="long ago"))
    busy = rising(marks=marks)
    texts = [
        layer
        for layer in layers(busy)
        if layer["mark"].get("align") in ("left", "right")
        and layer["mark"].get("fontWeight")
        and layer["mark"]["color"] != "white"
    ]
    assert len(texts) == 5
    heights = {layer["encoding"]["y"]["value"] for layer in texts}
    assert len(heights) == 5
    assert "long ago" not in json.dumps(layers(busy))


def test_outside_words_are_cut_and_cleaned() -> None:
    odd = rising(name="p99 \u202e漢字 " + "x" * 5_000, marks=(Mark(at=ONSET, label="y" * 5_000),))
    shown = spec(odd, WINDOW)
    assert len(shown["title"]["text"]) <= 84
    assert "\\u202e" in shown["title"]["text"]
    assert all(len(text) < 60 for text in words(odd))


@pytest.mark.parametrize(
    "values",
    [(0.0,) * 121, (None,) * 120 + (1.0,), (float("nan"),) * 60 + (1e300,) * 61, (-5.0,) * 121, (float("inf"),) * 121],
    ids=["flat", "one point", "nan", "below zero", "infinite"],
)
async def test_odd_numbers_are_drawn(painter: Painter, values: tuple[float | None, ...]) -> None:
    odd = rising(values=values, before=None, after=float("nan"), onset=WINDOW.end + 5, normal=None)
    made = await chart(odd, WINDOW, painter)
    assert drawn(made.png).size == (1600, 720)


async def test_nothing_measured_is_said_not_drawn(painter: Painter) -> None:
    with pytest.raises(ClewError, match="no point to draw"):
        await chart(rising(values=(None,) * 121), WINDOW, painter)


async def test_a_specification_can_fetch_nothing(painter: Painter) -> None:
    asked: list[bytes] = []

    async def heard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.close()

    async with await asyncio.start_server(heard, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        wants = {"data": {"url": f"http://127.0.0.1:{port}/x.json"}, "mark": "point", "encoding": {}}
        with suppress(ClewError):
            await painter.paint(wants)
    assert asked == []


async def test_a_faulty_specification_is_told_and_the_next_is_drawn(painter: Painter) -> None:
    with pytest.raises(ClewError, match="could not be drawn"):
        await painter.paint({"mark": {"type": "no such mark"}, "data": {"values": 3}})
    assert (await chart(rising(), WINDOW, painter)).png.startswith(b"\x89PNG")


async def test_a_drawing_that_hangs_is_ended_and_a_new_process_takes_over(tmp_path: Path) -> None:
    once = tmp_path / "once"
    worker = tmp_path / "worker.py"
    worker.write_text(
        "import pathlib, sys, time\n"
        f"once = pathlib.Path({str(once)!r})\n"
        "for line in sys.stdin.buffer:\n"
        "    if not once.exists():\n"
        "        once.touch()\n"
        "        time.sleep(60)\n"
        "    sys.stdout.buffer.write(b'4 \\n' + b'\\x89PNG')\n"
        "    sys.stdout.buffer.flush()\n"
    )
    async with Painter(seconds=3, worker=worker) as painter:
        with pytest.raises(ClewError, match="not drawn within 3 s"):
            await painter.paint({})
        assert await painter.paint({}) == b"\x89PNG"


async def test_a_process_that_dies_is_told(tmp_path: Path) -> None:
    worker = tmp_path / "worker.py"
    worker.write_text("import sys\nsys.stdin.buffer.readline()\n")
    async with Painter(seconds=20, worker=worker) as painter:
        with pytest.raises(ClewError, match="drawing process failed"):
            await painter.paint({})
