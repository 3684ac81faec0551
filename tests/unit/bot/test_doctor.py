"""Does the doctor find what is broken, name it, and never show a secret?"""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.commands import examined
from bot.doctor import Diagnosis, State, examine, source_lines, unset_line
from bot.settings import LlmSettings, ScopeSettings, Settings, SlackSettings, StoreSettings
from bot.slack.manifest import manifest
from clew.errors import SourceUnavailable
from clew.evidence import Asked, Payload
from clew.ports import Checked, Health, Telemetry
from playground.slack.server import LocalSlack
from tools import source_kinds


class Patient:
    """A source that says, raises or withholds its word."""

    telemetry = Telemetry.LOGS

    def __init__(self, name: str, word: Health | Exception | None) -> None:
        self.name = name
        self._word = word

    def link(self, asked: Asked, payload: Payload) -> str | None:
        return None

    async def check(self) -> Health:
        if self._word is None:
            await asyncio.Event().wait()
        if isinstance(self._word, Exception):
            raise self._word
        assert isinstance(self._word, Health)
        return self._word


@pytest.fixture
async def slack() -> AsyncGenerator[LocalSlack]:
    async with LocalSlack.serving(manifest=manifest("socket")) as serving:
        yield serving


def settings(slack: LocalSlack, home: Path, **secrets: str) -> Settings:
    tokens = {"bot_token": slack.bot_token, "app_token": slack.app_token, **secrets}
    return Settings(
        slack=SlackSettings(
            bot_token=SecretStr(tokens["bot_token"]), app_token=SecretStr(tokens["app_token"]), api_url=slack.api_url
        ),
        store=StoreSettings(url=f"sqlite:///{home}/clew.db"),
    )


def lines(found: Iterable[Diagnosis], state: State) -> dict[str, str]:
    return {line.what: line.says for line in found if line.state is state}


async def test_a_healthy_set_up_has_nothing_broken(slack: LocalSlack, tmp_path: Path) -> None:
    found = await examined(settings(slack, tmp_path), None)
    assert not lines(found, State.BROKEN)
    assert {"Slack", "Socket Mode", "store"} <= set(lines(found, State.OK))
    assert "Not found" in lines(found, State.MISSING)["sources"]
    assert slack.bot_token not in str(found)


async def test_a_refused_bot_token_is_named(slack: LocalSlack, tmp_path: Path) -> None:
    found = await examined(settings(slack, tmp_path, bot_token="xoxb-wrong"), None)
    assert "CLEW_SLACK__BOT_TOKEN" in lines(found, State.BROKEN)["Slack"]
    assert "xoxb-wrong" not in str(found)


async def test_a_refused_app_token_is_not_blamed_on_the_bot_token(slack: LocalSlack, tmp_path: Path) -> None:
    found = await examined(settings(slack, tmp_path, app_token="xapp-wrong"), None)
    says = lines(found, State.BROKEN)["Socket Mode"]
    assert "CLEW_SLACK__APP_TOKEN" in says
    assert "CLEW_SLACK__BOT_TOKEN" not in says


async def test_a_missing_scope_says_what_is_lost(tmp_path: Path) -> None:
    few = ("chat:write", "commands", "app_mentions:read", "channels:read", "channels:join", "channels:history")
    async with LocalSlack.serving(manifest=manifest("socket"), scopes=few) as slack:
        found = await examined(settings(slack, tmp_path), None)
    assert "scope files:write" in lines(found, State.MISSING)
    assert all(line.says for line in found)


async def test_half_a_language_model_is_broken(slack: LocalSlack, tmp_path: Path) -> None:
    half = settings(slack, tmp_path).model_copy(update={"llm": LlmSettings(model="small")})
    assert "CLEW_LLM__BASE_URL" in lines(await examined(half, None), State.BROKEN)["language model"]


async def test_one_source_that_hangs_or_fails_hides_no_other() -> None:
    well = Patient("logs", Health(source="logs", ok=True, says="answers"))
    failing = Patient("metrics", SourceUnavailable("metrics", "metrics is down"))
    found = tuple(await source_lines((well, failing, Patient("traces", None))))
    assert lines(found, State.OK) == {"logs": "answers"}
    assert lines(found, State.BROKEN)["metrics"] == "metrics is down"
    assert "no answer" in lines(found, State.BROKEN)["traces"]
    assert all(line.without for line in found if line.state is State.BROKEN), "what is missed is said"


async def test_what_a_source_looked_at_is_told_one_by_one() -> None:
    seen = (
        Checked(what="reach", ok=True, says="answers in 20 ms"),
        Checked(what="clock", ok=False, says="91 s ahead of ours; set its time"),
    )
    word = Health(source="logs", ok=True, says="12 indices", findings=seen, without="onsets may be off by 91 s")
    found = tuple(await source_lines((Patient("logs", word),)))
    assert lines(found, State.OK) == {"logs": "12 indices", "logs: reach": "answers in 20 ms"}
    assert lines(found, State.MISSING)["logs: clock"] == "91 s ahead of ours; set its time"
    assert found[0].without == "onsets may be off by 91 s"
    down = word.model_copy(update={"ok": False, "says": "is down"})
    assert "logs: clock" in lines(await source_lines((Patient("logs", down),)), State.BROKEN)


async def test_facts_that_no_source_tells_are_named_with_what_is_missed() -> None:
    well = Patient("logs", Health(source="logs", ok=True, says="answers"))
    found = tuple(await source_lines((well,)))
    missing = lines(found, State.MISSING)
    assert set(missing) == {"metrics", "traces", "changes", "topology"}
    assert "git" in missing["changes"], "which kinds there are"
    assert all(line.without for line in found if line.state is State.MISSING)


def test_the_kinds_that_are_not_set_are_one_line() -> None:
    names = {kind.name for kind in source_kinds()}
    (line,) = unset_line(names - {"git"})
    assert (line.state, line.says.split(";")[0]) == (State.MISSING, "not set: git")
    assert unset_line(names) == ()


async def test_a_scope_has_lines_of_its_own(slack: LocalSlack, tmp_path: Path) -> None:
    clones = tmp_path / "clone"
    clones.mkdir()
    payments = ScopeSettings(name="payments", channels=("pay-*",), sources={"git": {"paths": [str(clones)]}})
    found = await examined(settings(slack, tmp_path).model_copy(update={"scopes": (payments,)}), None)
    about = {line.what for line in found if "(scope payments)" in line.what}
    assert {"metrics (scope payments)", "logs (scope payments)", "traces (scope payments)"} <= about
    assert any(line.what.endswith("(scope payments)") and line.state is State.BROKEN for line in found), (
        "no clone there"
    )
    assert "sources" in lines(found, State.MISSING), "everybody else has none"


async def test_a_check_that_hangs_is_a_diagnosis() -> None:
    async def the_moon() -> Iterable[Diagnosis]:
        await asyncio.Event().wait()
        return ()

    [line] = await examine([the_moon])
    assert (line.what, line.state) == ("the moon", State.BROKEN)
