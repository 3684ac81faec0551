"""Is everything set, reachable and permitted, and if not, what is to be done?"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

import aiohttp

from bot.settings import Settings, SlackSettings, variable
from bot.slack.config import SlackConfig
from bot.slack.scopes import SCOPES, Method
from bot.slack.web import Web, new_session
from clew.errors import ClewError, PlatformError
from clew.ports import Health, Source

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


async def source_lines(sources: Iterable[Source]) -> tuple[Diagnosis, ...]:
    """Each source's own word, and what an investigation misses where there is none."""
    found = tuple(sources)
    if not found:
        return (Diagnosis("sources", State.MISSING, "none is configured: an investigation will end with Not found"),)
    return tuple(await asyncio.gather(*(_source(source) for source in found)))


async def _source(source: Source) -> Diagnosis:
    """One source that hangs or fails says nothing about the others."""
    try:
        async with asyncio.timeout(SOURCE_SECONDS):
            return health_line(await source.check())
    except TimeoutError:
        return Diagnosis(source.name, State.BROKEN, f"no answer within {SOURCE_SECONDS:g} s")
    except ClewError as error:
        return Diagnosis(source.name, State.BROKEN, str(error)[:200])


def health_line(health: Health) -> Diagnosis:
    """A source's or the store's own word as a diagnosis."""
    return Diagnosis(health.source, State.OK if health.ok else State.BROKEN, health.says)
