"""What does a person at a terminal get for right and wrong use? The command itself, as a process of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from playground.bundle import bundled

ROOT = Path(__file__).parents[3]
CASE = bundled()["orders-slow-1"]
SECRET = "xoxb-1234567890-abcdefghij"


class Said(NamedTuple):
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> object:
        return json.loads(self.out)


Clew = Callable[..., Said]


@pytest.fixture
def clew(tmp_path: Path) -> Clew:
    """`clew("config", "--json", CLEW_HTTP__PORT="1")` in an empty folder with no other settings."""

    def run(*arguments: str, **env: str) -> Said:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "bot", *arguments],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **env},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run


def plainly(said: Said, code: int, *words: str) -> None:
    """It ended with this code, with these words on stderr, nothing on stdout and no traceback."""
    assert said.code == code, said
    assert "Traceback" not in said.err
    assert not said.out
    for word in words:
        assert word in said.err


def test_config_lists_every_setting_as_json_and_hides_secrets(clew: Clew) -> None:
    said = clew("config", "--json", CLEW_SLACK__BOT_TOKEN=SECRET, CLEW_STORE__URL="postgresql://u:hidden-word@h/n")
    assert said.code == 0
    assert isinstance(said.data, list)
    values = {line["setting"]: line["value"] for line in said.data}
    assert values["CLEW_SLACK__MODE"] == "socket"
    assert values["CLEW_SLACK__BOT_TOKEN"] != "not set"
    assert SECRET not in said.out + said.err
    assert "hidden-word" not in said.out + said.err


def test_config_as_text_hides_secrets_too(clew: Clew) -> None:
    said = clew("config", CLEW_SLACK__BOT_TOKEN=SECRET)
    assert said.code == 0
    assert SECRET not in said.out + said.err


def test_manifest_as_json_and_as_yaml_are_the_same(clew: Clew) -> None:
    as_json, as_yaml = clew("manifest", "--json"), clew("manifest")
    assert (as_json.code, as_yaml.code) == (0, 0)
    assert as_json.data == yaml.safe_load(as_yaml.out)


def test_a_mode_that_is_none_is_wrong_use(clew: Clew) -> None:
    plainly(clew("manifest", "--mode", "pigeon"), 2, "socket", "http")


@pytest.mark.parametrize("arguments", [["investigate"], ["nonsense"], ["run", "--nonsense"]])
def test_wrong_use_is_code_2(clew: Clew, arguments: list[str]) -> None:
    plainly(clew(*arguments), 2, "--help")


def test_an_unknown_variable_is_named_with_the_nearest_setting(clew: Clew) -> None:
    said = clew("config", CLEW_SLACK__BOT_TOKN=SECRET)
    plainly(said, 2, "CLEW_SLACK__BOT_TOKN", "Did you mean CLEW_SLACK__BOT_TOKEN?")
    assert SECRET not in said.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"slack: [a", "is not YAML"),
        (b"\xff\xfe\x00", "is not YAML"),
        (b"- a\n- b\n", "must hold sections"),
        (b"slack:\n  mood: good\n", "slack.mood is not a setting"),
        (b"slack:\n  bot_token: {a: " + SECRET.encode() + b"}\n", "CLEW_SLACK__BOT_TOKEN"),
        (b"http:\n  port: many\n", "CLEW_HTTP__PORT"),
    ],
)
def test_a_wrong_settings_file_is_said_on_one_line(clew: Clew, tmp_path: Path, text: bytes, words: str) -> None:
    (tmp_path / "clew.yaml").write_bytes(text)
    said = clew("config", "--config", "clew.yaml")
    plainly(said, 2, words)
    assert len(said.err.splitlines()) == 1
    assert SECRET not in said.err


def test_a_settings_file_that_is_not_there_is_said(clew: Clew) -> None:
    plainly(clew("config", CLEW_CONFIG="/nowhere/clew.yaml"), 2, "/nowhere/clew.yaml")


def test_investigate_prints_the_documented_report(clew: Clew) -> None:
    said = clew("investigate", "--case", str(CASE), "--json")
    assert said.code == 0
    assert isinstance(said.data, dict)
    assert {"ranking", "hypotheses", "evidence", "healthy", "seconds"} <= set(said.data)
    assert said.data["ranking"]


def test_investigate_prints_a_report_for_people(clew: Clew) -> None:
    said = clew("investigate", "--case", str(CASE))
    assert said.code == 0
    assert "H1" in said.out
    assert "E1" in said.out


def _nowhere(folder: Path) -> None:
    shutil.rmtree(folder)


def _a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("not a folder")


def _no_alert(folder: Path) -> None:
    (folder / "incident.json").unlink()


def _half_an_alert(folder: Path) -> None:
    text = (folder / "incident.json").read_text()
    (folder / "incident.json").write_text(text[: len(text) // 2])


def _no_time(folder: Path) -> None:
    (folder / "incident.json").write_text('{"format": 1, "title": "x", "alerted_at": "yesterday"}')


def _of_tomorrow(folder: Path) -> None:
    (folder / "incident.json").write_text('{"format": 9, "title": "x", "alerted_at": 1.0}')


def _astray(folder: Path) -> None:
    (folder / "incident.json").write_text('{"format": 1, "title": "x", "alerted_at": 1.0, "baseline": "../../../etc"}')


@pytest.mark.parametrize(
    ("command", "spoil"),
    [
        *(("investigate", spoil) for spoil in (_nowhere, _a_file, _no_alert, _half_an_alert)),
        *(("doctor", spoil) for spoil in (_no_time, _of_tomorrow, _astray)),
        ("explain", _nowhere),
    ],
)
def test_what_is_no_case_is_code_3_and_says_which_file(
    clew: Clew, tmp_path: Path, command: str, spoil: Callable[[Path], None]
) -> None:
    folder = tmp_path / "case"
    shutil.copytree(CASE, folder)
    spoil(folder)
    plainly(clew(command, "--case", str(folder), "--json"), 3, str(folder / "incident.json"))


def test_run_without_tokens_names_them(clew: Clew) -> None:
    plainly(clew("run"), 2, "CLEW_SLACK__BOT_TOKEN", "CLEW_SLACK__APP_TOKEN", "docs/real-workspace.md")
    plainly(clew("run", CLEW_SLACK__MODE="http"), 2, "CLEW_SLACK__SIGNING_SECRET")


def test_run_with_a_slack_that_is_not_there_ends_with_one_line(clew: Clew) -> None:
    said = clew(
        "run",
        CLEW_SLACK__BOT_TOKEN=SECRET,
        CLEW_SLACK__APP_TOKEN="xapp-1",
        CLEW_SLACK__API_URL="http://127.0.0.1:9/api/",
    )
    plainly(said, 2, "http://127.0.0.1:9/api/", "CLEW_SLACK__API_URL")
    assert len(said.err.splitlines()) == 1
    assert SECRET not in said.err


def test_run_with_a_case_that_is_none_is_code_3(clew: Clew, tmp_path: Path) -> None:
    tokens = {"CLEW_SLACK__BOT_TOKEN": SECRET, "CLEW_SLACK__APP_TOKEN": "xapp-1"}
    plainly(clew("run", "--case", str(tmp_path), **tokens), 3, "incident.json")


@pytest.mark.parametrize(
    ("store", "words"),
    [
        ("mysql://u:hidden-word@h/x", "CLEW_STORE__URL"),
        ("postgresql://u:hidden-word@127.0.0.1:9/x", "store"),
        ("sqlite:////proc/nowhere/clew.db", "store"),
    ],
)
def test_the_doctor_says_what_is_broken_with_code_4(clew: Clew, store: str, words: str) -> None:
    said = clew("doctor", "--json", CLEW_STORE__URL=store)
    assert said.code == 4
    assert isinstance(said.data, dict)
    assert said.data["ok"] is False
    broken = [line for line in said.data["checks"] if line["state"] == "broken"]
    assert any(words in line["what"] + line["says"] for line in broken)
    assert any(line["what"] == "CLEW_SLACK__BOT_TOKEN" for line in broken)
    assert "hidden-word" not in said.out + said.err


@pytest.mark.parametrize("arguments", [["record", "--fault", "gremlins", "--out", "x"], ["demo", "--incident", "none"]])
def test_the_playground_names_what_there_is(clew: Clew, arguments: list[str]) -> None:
    said = clew("playground", *arguments)
    assert said.code == 2
    assert "Traceback" not in said.err
    assert "pool" in said.err or "orders-slow-1" in said.err
