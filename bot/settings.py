"""Which settings are there, and what are they now: the only reader of the environment."""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from clew.errors import Misconfigured
from clew.limits import Limits

PREFIX = "CLEW_"
CONFIG_FILE = "CLEW_CONFIG"
DELIMITER = "__"


class Section(BaseModel):
    """A group of settings: closed to unknown keys, so that a typing mistake is an error and not a silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class SlackSettings(Section):
    """How Clew reaches Slack."""

    bot_token: SecretStr | None = Field(default=None, description="Bot token (`xoxb-...`) of your Slack app.")
    app_token: SecretStr | None = Field(default=None, description="App-level token (`xapp-...`); Socket Mode only.")
    signing_secret: SecretStr | None = Field(default=None, description="Signing secret; HTTP mode only.")
    api_url: str = Field(default="https://slack.com/api/", description="Web API base address, ending in a slash.")
    mode: Literal["socket", "http"] = Field(
        default="socket", description="`socket` needs no public address; `http` serves `/slack/events`."
    )
    channel_patterns: tuple[str, ...] = Field(
        default=("inc-*", "incident-*", "sev*-*"),
        description="Names of channels that Clew joins by itself when they are created or renamed.",
    )

    @field_validator("api_url")
    @classmethod
    def _slash(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")) or not url.endswith("/"):
            raise ValueError("must start with http:// or https:// and end in a slash")
        return url


class HttpSettings(Section):
    """Where Clew listens: health, metrics and, in HTTP mode, Slack's events."""

    host: str = Field(default="127.0.0.1", description="Address to listen on; `0.0.0.0` in a container.")
    port: int = Field(default=3000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")


class StoreSettings(Section):
    """Where incidents, evidence and votes are kept."""

    url: str = Field(
        default="sqlite:///.clew/clew.db",
        repr=False,  # may hold a password
        description="`sqlite:///FILE`, or `postgresql://USER:PASSWORD@HOST/NAME` for several replicas.",
    )
    checkpoints: Path = Field(
        default=Path(".clew/checkpoints.db"), description="File that keeps investigations which were cut short."
    )


class QueueSettings(Section):
    """Which process runs an investigation."""

    url: str = Field(
        default="memory://", repr=False, description="`memory://` for one process, `redis://HOST:PORT/DB` for several."
    )

    @field_validator("url")
    @classmethod
    def _scheme(cls, url: str) -> str:
        if not url.startswith(("memory://", "redis://", "rediss://")):
            raise ValueError("must start with memory://, redis:// or rediss://")
        return url


class LlmSettings(Section):
    """An OpenAI-compatible model that words things better; without one everything works."""

    base_url: str | None = Field(
        default=None, description="Base address of an OpenAI-compatible endpoint, such as `http://localhost:8080/v1`."
    )
    model: str | None = Field(default=None, description="Name of the model there.")
    api_key: SecretStr | None = Field(default=None, description="Its key, if it wants one.")

    @property
    def configured(self) -> bool:
        return self.base_url is not None and self.model is not None


class Settings(Section):
    """Everything that can be set. Environment variables win over the YAML file, which wins over the defaults."""

    slack: SlackSettings = SlackSettings()
    http: HttpSettings = HttpSettings()
    store: StoreSettings = StoreSettings()
    queue: QueueSettings = QueueSettings()
    llm: LlmSettings = LlmSettings()
    limits: Limits = Limits()


def environment() -> dict[str, str]:
    """This process's environment; the one place where it is read."""
    return dict(os.environ)  # noqa: TID251


def load(env: Mapping[str, str], file: Path | None = None) -> Settings:
    """The settings from a YAML file (`file`, or the one that CLEW_CONFIG names) and from variables such as CLEW_SLACK__BOT_TOKEN.

    A variable's name followed by _FILE names a file that holds the value. Raises Misconfigured, naming the setting and what to do.
    """
    path = file or (Path(env[CONFIG_FILE]) if env.get(CONFIG_FILE) else None)
    merged = _from_yaml(path) if path else {}
    for section, values in _from_environment(env).items():
        merged[section] = {**(merged.get(section) or {}), **values}
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        raise Misconfigured(
            "\n".join(_complaint(e) for e in error.errors(include_input=False, include_url=False))
        ) from None


def variable(section: str, field: str) -> str:
    """The environment variable of a setting."""
    return f"{PREFIX}{section.upper()}{DELIMITER}{field.upper()}"


def _from_yaml(path: Path) -> dict[str, Any]:
    try:
        loaded: object = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise Misconfigured(
            f"{path}: {error.strerror}. {CONFIG_FILE} must name a YAML file that can be read."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} is not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(loaded, dict) or not all(isinstance(value, dict | None) for value in loaded.values()):
        raise Misconfigured(f"{path} must hold sections such as `slack:` with settings below them.")
    return {str(key): dict(value or {}) for key, value in loaded.items()}


def _from_environment(env: Mapping[str, str]) -> dict[str, dict[str, str | list[str]]]:
    known = {variable(s, f): (s, f) for s, info in Settings.model_fields.items() for f in _fields(info.annotation)}
    found: dict[str, dict[str, str | list[str]]] = {}
    for name, value in env.items():
        if not name.startswith(PREFIX) or name == CONFIG_FILE:
            continue
        plain = name.removesuffix("_FILE")
        if name not in known and plain not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise Misconfigured(
                f"{name} is not a setting."
                + (f" Did you mean {near[0]}?" if near else " `clew config` lists them all.")
            )
        section, field = known.get(name) or known[plain]
        text = value if name in known else _from_secret_file(name, value)
        found.setdefault(section, {})[field] = (
            _split(text) if (section, field) == ("slack", "channel_patterns") else text
        )
    return found


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _fields(section: Any) -> tuple[str, ...]:
    return tuple(section.model_fields)


def _from_secret_file(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{name} names {path}, which cannot be read: {error}") from None


def _complaint(error: Any) -> str:
    where = [str(part) for part in error["loc"]]
    name = variable(where[0], where[1]) if len(where) > 1 else ".".join(where)
    if error["type"] == "extra_forbidden":
        return f"{'.'.join(where)} is not a setting. `clew config` lists them all."
    return f"{name}: {error['msg'].removeprefix('Value error, ')}"
