"""Which settings are there, and what are they now: the only reader of the environment."""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from bot.intake.settings import AlertSettings
from clew.errors import Misconfigured
from clew.limits import Limits
from tools import source_kinds
from tools.links import Links

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


class ScopeSettings(Section):
    """What one team may see: its channels and alerts, and the sources' settings that differ for it."""

    name: str = Field(min_length=1, description="What the scope is called in logs and in `clew doctor`.")
    channels: tuple[str, ...] = Field(default=(), description="Names or ids of its channels, with `*`.")
    labels: Mapping[str, str] = Field(default={}, description="Labels of an alert that make it this team's.")
    sources: Mapping[str, Mapping[str, Any]] = Field(
        default={},
        description="Settings by source that replace those of everybody; a source not named here is not asked.",
    )


class Settings(Section):
    """Everything that can be set. Environment variables win over the YAML file, which wins over the defaults."""

    slack: SlackSettings = SlackSettings()
    http: HttpSettings = HttpSettings()
    store: StoreSettings = StoreSettings()
    queue: QueueSettings = QueueSettings()
    llm: LlmSettings = LlmSettings()
    limits: Limits = Limits()
    alerts: AlertSettings = AlertSettings()
    links: Links = Links()
    sources: Mapping[str, BaseModel] = Field(
        default={}, description="Settings of each source that is configured, by kind."
    )
    scopes: tuple[ScopeSettings, ...] = ()


def sections() -> dict[str, type[BaseModel]]:
    """Every section that a setting can stand in: our own, and one for each kind of source."""
    own = {name: info.annotation for name, info in Settings.model_fields.items() if name not in ("sources", "scopes")}
    return {**own, **{kind.name: kind.settings for kind in source_kinds()}}  # pyright: ignore[reportReturnType]


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
    kinds = {kind.name: kind.settings for kind in source_kinds()}
    told = {name: merged.pop(name) for name in tuple(merged) if name in kinds}
    checked = _validated(Settings, merged)
    sources = {name: _validated(kinds[name], values, name) for name, values in told.items()}
    for scope in checked.scopes:
        for name, values in scope.sources.items():
            if name not in kinds:
                raise Misconfigured(f"scopes: {scope.name}: {name} is no source. There are: {', '.join(kinds)}.")
            _validated(kinds[name], {**told.get(name, {}), **values}, f"scopes: {scope.name}: {name}")
    return checked.model_copy(update={"sources": sources})


def scoped(settings: Settings, scope: ScopeSettings) -> dict[str, BaseModel]:
    """The sources' settings for one scope: everybody's, with what the scope replaces; validated when they were loaded."""
    out: dict[str, BaseModel] = {}
    for kind in source_kinds():
        if kind.name in scope.sources:
            common = settings.sources.get(kind.name)
            held = common.model_dump(exclude_unset=True) if common is not None else {}
            out[kind.name] = kind.settings.model_validate({**held, **scope.sources[kind.name]})
    return out


Model = TypeVar("Model", bound=BaseModel)


def _validated(model: type[Model], values: Mapping[str, Any], section: str = "") -> Model:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        raise Misconfigured("\n".join(_complaint(e, section) for e in found)) from None


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
    if not isinstance(loaded, dict):
        raise Misconfigured(f"{path} must hold sections such as `slack:` with settings below them.")
    given: dict[str, Any] = {str(key): value for key, value in loaded.items()}
    lists = {"scopes": given.pop("scopes")} if isinstance(given.get("scopes"), list) else {}
    if not all(isinstance(value, dict | None) for value in given.values()):
        raise Misconfigured(f"{path} must hold sections such as `slack:` with settings below them.")
    return {**{key: dict(value or {}) for key, value in given.items()}, **lists}


def _from_environment(env: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    known = {variable(s, f): (s, f) for s, model in sections().items() for f in model.model_fields}
    found: dict[str, dict[str, Any]] = {}
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
        found.setdefault(section, {})[field] = _shaped(name, text, sections()[section].model_fields[field].annotation)
    return found


def _shaped(name: str, text: str, wanted: Any) -> str | list[str] | dict[str, str]:
    """A variable's text as what its setting holds: lists have commas, mappings are `key=value, key=value`."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if get_origin(wanted) is tuple:
        return parts
    if get_origin(wanted) in (dict, Mapping):
        if not all("=" in part for part in parts):
            raise Misconfigured(f"{name} must be written as key=value, key=value")
        return {key.strip(): value.strip() for key, value in (part.split("=", 1) for part in parts)}
    return text


def _from_secret_file(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{name} names {path}, which cannot be read: {error}") from None


def _complaint(error: Any, section: str = "") -> str:
    where = [*([section] if section else []), *(str(part) for part in error["loc"])]
    of_scope = ":" in section  # it stands in the file alone: no variable sets it
    name = variable(where[0], where[1]) if len(where) > 1 and not of_scope else ".".join(where)
    if error["type"] == "extra_forbidden":
        return f"{'.'.join(where)} is not a setting. `clew config` lists them all."
    return f"{name}: {error['msg'].removeprefix('Value error, ')}"
