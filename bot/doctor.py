"""Is everything set, reachable and permitted, and if not, what is to be done?"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

import aiohttp

from agents.gather import EFFECT
from bot.settings import Settings, SlackSettings, variable
from bot.slack.config import SlackConfig
from bot.slack.scopes import SCOPES, Method
from bot.slack.web import Web, new_session
from clew.errors import ClewError, PlatformError
from clew.ports import Health, Source, Telemetry
from tools import source_kinds

SECONDS = 10.0
SOURCE_SECONDS = 8.0


class State(StrEnum):
    """How a thing stands. `missing` disables a feature; `broken` must be mended before an incident needs it."""

    OK = "ok"
    MISSING = "missing"
    BROKEN = "broken"


@dataclass(frozen=True)
class Diagnosis:
    """One line of the doctor's answer."""

    what: str
    state: State
    says: str
    without: str = ""
    """What an investigation will miss because of it; empty if nothing."""


Check = Callable[[], Awaitable[Iterable[Diagnosis]]]


async def examine(checks: Iterable[Check]) -> tuple[Diagnosis, ...]:
    """Runs every check at once, each within 10 s; a check that hangs is a diagnosis too."""
    found = await asyncio.gather(*(_bounded(check) for check in checks))
    return tuple(line for lines in found for line in lines)


async def _bounded(check: Check) -> tuple[Diagnosis, ...]:
    try:
        return tuple(await asyncio.wait_for(check(), SECONDS))
    except TimeoutError:
        name = getattr(check, "__name__", "a check").replace("_", " ")
        return (Diagnosis(name, State.BROKEN, f"no answer within {SECONDS:g} s"),)


def settings_lines(settings: Settings) -> tuple[Diagnosis, ...]:
    """What is set and what is missing for the chosen mode; secrets are never shown."""
    slack = settings.slack
    needed = ("bot_token", "app_token") if slack.mode == "socket" else ("bot_token", "signing_secret")
    lines = [_setting(slack, name, slack.mode) for name in needed]
    model = settings.llm
    says = (
        f"{model.model} at {model.base_url}"
        if model.configured
        else "not set: code words everything by itself, nothing is lost"
    )
    half = (model.base_url is None) != (model.model is None)
    if half:
        says = f"{variable('llm', 'base_url')} and {variable('llm', 'model')} are needed together"
    state = State.BROKEN if half else State.OK if model.configured else State.MISSING
    return (*lines, Diagnosis("language model", state, says))


def _setting(slack: SlackSettings, name: str, mode: str) -> Diagnosis:
    what = variable("slack", name)
    if getattr(slack, name) is not None:
        return Diagnosis(what, State.OK, "set")
    where = {
        "bot_token": "Slack app settings, OAuth & Permissions, after installing the app",
        "app_token": "Slack app settings, Basic Information, App-Level Tokens, scope connections:write",
        "signing_secret": "Slack app settings, Basic Information",
    }[name]
    return Diagnosis(what, State.BROKEN, f"not set, needed in {mode} mode: {where}")


async def slack_lines(config: SlackConfig) -> tuple[Diagnosis, ...]:
    """Whether Slack knows the token, which scopes are granted, and whether Socket Mode opens."""
    async with new_session(config) as session:
        web = Web(config, session)
        try:
            identity = await web.identify()
        except PlatformError as error:
            return (Diagnosis("Slack", State.BROKEN, str(error)),)
        lines = [Diagnosis("Slack", State.OK, f"bot {identity.bot_user} in workspace {identity.team}")]
        for scope in SCOPES:
            if not identity.may(scope.name):
                state = State.MISSING if scope.optional else State.BROKEN
                says = scope.without or "Clew cannot work without it; reinstall the app from `clew manifest`"
                lines.append(Diagnosis(f"scope {scope.name}", state, says))
        if config.mode == "socket":
            lines.append(await _socket(config, session))
        return tuple(lines)


async def _socket(config: SlackConfig, session: aiohttp.ClientSession) -> Diagnosis:
    app = SlackConfig(bot_token=config.app_token, api_url=config.api_url)
    try:
        await Web(app, session).call(Method.CONNECT)
    except PlatformError as error:
        return Diagnosis("Socket Mode", State.BROKEN, f"{error} The app token needs the scope connections:write.")
    return Diagnosis("Socket Mode", State.OK, "opens")


async def source_lines(sources: Iterable[Source], scope: str = "") -> tuple[Diagnosis, ...]:
    """Each source's own word with what it looked at, and what an investigation misses where there is no source; of one scope, if named."""
    found = tuple(sources)
    told = await asyncio.gather(*(_source(source, scope) for source in found))
    lines = [line for lines in told for line in lines]
    if not found:
        lines.append(
            Diagnosis(
                _within("sources", scope),
                State.MISSING,
                "none is configured: an investigation will end with Not found",
            )
        )
    return (*lines, *_lacking({source.telemetry for source in found}, scope))


def _lacking(held: Collection[Telemetry], scope: str) -> Iterable[Diagnosis]:
    """One line for each kind of facts that no source tells, with the sources that could."""
    for telemetry in Telemetry:
        if telemetry not in held:
            kinds = [kind.name for kind in source_kinds() if telemetry in kind.tells]
            could = f"; {' or '.join(kinds)} would be one" if kinds else ""
            yield Diagnosis(
                _within(telemetry.value, scope),
                State.MISSING,
                f"not set: no source of this kind{could}",
                EFFECT[telemetry],
            )


def unset_line(configured: Collection[str]) -> tuple[Diagnosis, ...]:
    """The kinds of source that there are and that are not configured, in one line."""
    unset = [kind.name for kind in source_kinds() if kind.name not in configured]
    says = f"not set: {', '.join(unset)}; `clew config` lists their settings"
    return (Diagnosis("other sources", State.MISSING, says),) if unset else ()


async def _source(source: Source, scope: str) -> tuple[Diagnosis, ...]:
    """One source that hangs or fails says nothing about the others."""
    name = _within(source.name, scope)
    try:
        async with asyncio.timeout(SOURCE_SECONDS):
            return health_lines(await source.check(), scope)
    except TimeoutError:
        says = f"no answer within {SOURCE_SECONDS:g} s"
        return (Diagnosis(name, State.BROKEN, says, EFFECT[source.telemetry]),)
    except ClewError as error:
        return (Diagnosis(name, State.BROKEN, str(error)[:200], EFFECT[source.telemetry]),)


def health_lines(health: Health, scope: str = "") -> tuple[Diagnosis, ...]:
    """A source's or the store's own word, and a line for each thing it looked at."""
    name = _within(health.source, scope)
    worst = State.MISSING if health.ok else State.BROKEN
    head = Diagnosis(name, State.OK if health.ok else State.BROKEN, health.says, health.without)
    return (
        head,
        *(Diagnosis(f"{name}: {f.what}", State.OK if f.ok else worst, f.says) for f in health.findings),
    )


def _within(what: str, scope: str) -> str:
    return f"{what} (scope {scope})" if scope else what
