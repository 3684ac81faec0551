"""Do the manifest, the scopes page, the listeners and the calls speak of the same rights?"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.slack.ids import COMMAND, Act, Form, More
from bot.slack.listeners.buttons import HANDLERS, WINDOWS
from bot.slack.manifest import manifest, manifest_yaml, scopes_page
from bot.slack.scopes import SCOPES, WITHOUT_SCOPE, Method, events, missing

ROOT = Path(__file__).parents[4]
LISTENERS = ROOT / "bot" / "slack" / "listeners"


def sources() -> Iterator[str]:
    for file in sorted((ROOT / "bot").rglob("*.py")):
        yield file.read_text(encoding="utf-8")


def registered(kind: str) -> set[str]:
    """The identifiers that listeners bind with `app.<kind>("...")`."""
    found: set[str] = set()
    for file in LISTENERS.glob("*.py"):
        found |= set(re.findall(rf'app\.{kind}\("([\w.]+)"\)', file.read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize(("name", "mode"), [("manifest.yml", "socket"), ("manifest.http.yml", "http")])
def test_the_files_are_what_the_one_source_says(name: str, mode: Any) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == manifest_yaml(mode)


def test_the_scopes_page_is_what_the_table_says() -> None:
    page = (ROOT / "docs" / "slack-scopes.md").read_text(encoding="utf-8")
    assert page == scopes_page()
    for scope in SCOPES:
        assert scope.reason in page


def test_events_are_those_that_listeners_register() -> None:
    subscribed = {event.split(".")[0] for event in events()}
    assert subscribed == registered("event")


def test_commands_and_shortcuts_are_those_that_listeners_register() -> None:
    features = manifest("socket")["features"]
    assert [c["command"] for c in features["slash_commands"]] == [COMMAND]
    assert {s["callback_id"] for s in features["shortcuts"]} == {Form.SHORTCUT.value, Form.OPEN.value}


def test_every_button_and_menu_entry_has_a_handler() -> None:
    assert set(HANDLERS) | {Act.MORE} == set(Act)
    assert set(WINDOWS) == set(More)


def test_every_method_that_is_called_has_its_scope_and_every_scope_its_use() -> None:
    called = {Method[name] for text in sources() for name in re.findall(r"Method\.([A-Z_]+)", text)}
    covered = {method for scope in SCOPES for method in scope.methods}
    assert called == set(Method)
    assert covered | WITHOUT_SCOPE == set(Method)
    assert not covered & WITHOUT_SCOPE
    for scope in SCOPES:
        assert scope.methods or scope.events or scope.features


def test_no_method_is_called_past_the_one_door() -> None:
    elsewhere = [text for text in sources() if re.search(r"\.(chat|conversations|views|files|agents)_\w+\(", text)]
    assert elsewhere == []


def test_the_manifest_keeps_slacks_rules() -> None:
    for mode in ("socket", "http"):
        told = manifest(mode)
        about = told["display_information"]
        assert len(about["long_description"]) >= 174
        assert len(about["description"]) <= 140
        assert "agent_view" in told["features"]
        assert "assistant_view" not in told["features"]
        assert told["settings"]["socket_mode_enabled"] is (mode == "socket")
        assert ("request_url" in told["settings"]["event_subscriptions"]) is (mode == "http")
        assert yaml.safe_load(manifest_yaml(mode)) == told
        asked = told["oauth_config"]["scopes"]
        never = {"chat:write.public", "chat:write.customize", "search:read"}
        assert not never & {*asked["bot"], *asked["bot_optional"]}


def test_what_was_not_granted_is_named() -> None:
    assert missing(None) == ()
    assert {scope.name for scope in missing(frozenset({"chat:write"}))} == {s.name for s in SCOPES} - {"chat:write"}
