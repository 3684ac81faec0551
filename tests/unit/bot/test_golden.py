"""What exactly do people get? Every payload as a readable file: delete one and run again to accept a change."""

from pathlib import Path
from typing import Any

import yaml

from bot.card import Card
from bot.slack.blocks import Dialect, message
from bot.slack.shapes import Home, Modal
from playground.slack.blocks import check_message
from playground.slack.views import check_view

GOLDEN = Path(__file__).parent / "golden"
CHARTS = {"E1": "F0CHART", "timeline": "F0TIMELINE"}
NEWER = frozenset({"plan", "task_card", "markdown", "container", "data_table", "data_visualization"})


class _Folded(yaml.SafeDumper):
    """Texts of several lines stand as people read them."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Folded.add_representer(str, _text)


def compare(payloads: dict[str, dict[str, Any]]) -> None:
    written: list[str] = []
    for name, payload in payloads.items():
        file = GOLDEN / f"{name}.yaml"
        shown = yaml.dump(payload, Dumper=_Folded, allow_unicode=True, sort_keys=False, width=140)
        if not file.exists():
            file.write_text(shown, encoding="utf-8")
            written.append(name)
        assert yaml.safe_load(shown) == yaml.safe_load(file.read_text(encoding="utf-8")), f"{file.name} differs"
    assert not written, "these were missing and have been written: read them, and commit them if they are right"


def test_every_message_is_as_recorded(cards: dict[str, Card]) -> None:
    compare(
        {
            f"{name}.{dialect}": {"text": made.text, "blocks": made.wire()}
            for name, shown in cards.items()
            for dialect in Dialect
            if dialect is Dialect.NEW or shown.plan is not None or shown.image is not None
            for made in (message(shown, dialect, CHARTS if dialect is Dialect.NEW else None),)
        }
    )


def test_every_window_is_as_recorded(windows: dict[str, Modal | Home]) -> None:
    compare({name: {**view} for name, view in windows.items()})


def test_no_record_outlives_its_view(cards: dict[str, Card], windows: dict[str, Modal | Home]) -> None:
    known = set(cards) | set(windows)
    assert {file.stem.split(".")[0] for file in GOLDEN.glob("*.yaml")} == known


def test_slack_takes_every_message_in_both_dialects(cards: dict[str, Card]) -> None:
    for shown in cards.values():
        check_message(message(shown, Dialect.NEW, CHARTS).wire(), frozenset(), lambda _: True)
        classic = message(shown, Dialect.CLASSIC, CHARTS).wire()
        check_message(classic, NEWER, lambda _: True)


def test_slack_takes_every_window(windows: dict[str, Modal | Home]) -> None:
    for view in windows.values():
        check_view({**view}, view["type"], frozenset(), lambda _: True)
