"""Do settings come from where they should, and is every mistake named?"""

from pathlib import Path

import pytest

from bot.configuration import MASK, rows, shown
from bot.settings import Settings, load, variable
from clew.errors import Misconfigured


def test_defaults_need_nothing() -> None:
    settings = load({})
    assert settings.slack.mode == "socket"
    assert settings.queue.url == "memory://"
    assert not settings.llm.configured


def test_the_environment_wins_over_the_file_which_wins_over_the_default(tmp_path: Path) -> None:
    file = tmp_path / "clew.yaml"
    file.write_text("slack:\n  mode: http\n  api_url: https://file/api/\nhttp:\n  port: 4000\n")
    settings = load({"CLEW_CONFIG": str(file), "CLEW_SLACK__API_URL": "https://env/api/"})
    assert (settings.slack.mode, settings.slack.api_url) == ("http", "https://env/api/")
    assert (settings.http.port, settings.http.host) == (4000, "127.0.0.1")


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("xoxb-from-a-file\n")
    settings = load({"CLEW_SLACK__BOT_TOKEN_FILE": str(secret)})
    assert settings.slack.bot_token is not None
    assert settings.slack.bot_token.get_secret_value() == "xoxb-from-a-file"


def test_patterns_are_a_list_with_commas() -> None:
    assert load({"CLEW_SLACK__CHANNEL_PATTERNS": "war-*, fire-*"}).slack.channel_patterns == ("war-*", "fire-*")


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({"CLEW_SLACK__BOT_TOKN": "x"}, "Did you mean CLEW_SLACK__BOT_TOKEN?"),
        ({"CLEW_NONSENSE": "x"}, "is not a setting"),
        ({"CLEW_HTTP__PORT": "eighty"}, "CLEW_HTTP__PORT"),
        ({"CLEW_HTTP__PORT": "70000"}, "CLEW_HTTP__PORT"),
        ({"CLEW_SLACK__API_URL": "https://slack.com/api"}, "end in a slash"),
        ({"CLEW_SLACK__MODE": "pigeon"}, "CLEW_SLACK__MODE"),
        ({"CLEW_QUEUE__URL": "amqp://x"}, "CLEW_QUEUE__URL"),
        ({"CLEW_CONFIG": "/does/not/exist.yaml"}, "must name a YAML file"),
        ({"CLEW_SLACK__BOT_TOKEN_FILE": "/does/not/exist"}, "cannot be read"),
    ],
)
def test_every_mistake_is_named(env: dict[str, str], says: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        load(env)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("slack:\n  bot_tokn: x\n", "slack.bot_tokn is not a setting"),
        ("slak:\n  mode: http\n", "slak is not a setting"),
        ("slack: [1, 2]\n", "must hold sections"),
        ("- a\n- b\n", "must hold sections"),
        ("slack: {mode: 'http\n", "is not YAML"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "clew.yaml"
    file.write_text(text)
    with pytest.raises(Misconfigured) as caught:
        load({}, file)
    assert says in str(caught.value)


def test_secrets_are_never_printed() -> None:
    secret = "xoxb-very-secret-0123456789"
    settings = load(
        {
            "CLEW_SLACK__BOT_TOKEN": secret,
            "CLEW_LLM__API_KEY": secret,
            "CLEW_STORE__URL": f"postgresql://clew:{secret}@db/clew",
            "CLEW_QUEUE__URL": f"redis://:{secret}@cache:6379/0",
        }
    )
    printed = "\n".join(" ".join(row) for row in rows(settings))
    assert secret not in printed + repr(settings)
    assert printed.count(MASK) == 2
    assert "postgresql://***@db/clew" in printed


def test_a_wrong_secret_is_not_repeated_in_the_error() -> None:
    with pytest.raises(Misconfigured) as caught:
        load({"CLEW_HTTP__PORT": "secret-in-the-wrong-place"})
    assert "secret-in-the-wrong-place" not in str(caught.value).replace('"', "")


def test_every_setting_says_what_it_means_and_can_be_set_by_its_variable() -> None:
    for name, _, meaning in rows(Settings()):
        assert len(meaning) > 10, name
    assert variable("slack", "bot_token") == "CLEW_SLACK__BOT_TOKEN"
    assert shown(None) == "not set"
