"""What do the commands that end by themselves do: one investigation, one examination?"""

import asyncio
import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple, cast

from rich.console import Console
from rich.markup import escape

from agents import specialists
from agents.desk import Desk
from agents.investigation import investigation
from agents.judge import case_of_findings
from agents.state import State as Ended
from bot.clock import SystemClock
from bot.composition import ByHand, Facts, facts, investigating, remembering
from bot.doctor import (
    Check,
    Diagnosis,
    State,
    examine,
    health_lines,
    settings_lines,
    slack_lines,
    source_lines,
    unset_line,
)
from bot.service import slack_config
from bot.settings import QueueSettings, Settings, StoreSettings, variable
from bot.sources import sourced
from clew.causal.explanation import Made
from clew.deps import Deps
from clew.errors import ClewError, Misconfigured, StoreError
from clew.hypothesis import Timeline
from clew.incident import Incident, Room, Thread, Window, incident_id
from clew.progress import Numbered, Progress, StepState, View

TERMINAL = "terminal"
SIGNS = {StepState.DONE: "✓", StepState.FAILED: "!"}


class Reckoning(NamedTuple):
    """What a ranking was made from, and the picture's data, if two services show when they began."""

    made: Made
    timeline: Timeline | None


class Terminal:
    """The Platform port on a console: prints each step of the plan once, as it ends."""

    name = TERMINAL

    def __init__(self, console: Console | None) -> None:
        self._console = console
        self._said: set[str] = set()

    async def show(self, view: View) -> None:
        if self._console is None or not isinstance(view, Progress):
            return
        for step in view.steps:
            if step.state in SIGNS and step.key not in self._said:
                self._said.add(step.key)
                self._console.print(f"{SIGNS[step.state]} {escape(step.title)}  [dim]{escape(step.note)}[/dim]")

    async def room(self, title: str, key: str, channel: str = "") -> Room:
        """The terminal is the one place there is."""
        return Room(thread=Thread(platform=TERMINAL, channel=channel or title))

    async def post_count(self, incident: str) -> int:
        return 0


async def investigated(
    settings: Settings, case: Path, console: Console | None
) -> tuple[Progress, tuple[Numbered, ...]]:
    """Investigates a recorded case in a scratch store and returns the last state of its card and its evidence.

    Raises BadCase if the folder is no case.
    """
    found = facts(case)
    with tempfile.TemporaryDirectory(prefix="clew-") as scratch:
        alone = {
            "store": StoreSettings(url=f"sqlite:///{scratch}/clew.db", checkpoints=Path(scratch) / "checkpoints.db"),
            "queue": QueueSettings(),
        }
        incident = _incident(case, found)
        async with (
            remembering(settings.model_copy(update=alone)) as memory,
            investigating(
                settings.model_copy(update=alone), found, memory, {TERMINAL: Terminal(console)}, jobs=ByHand()
            ) as copilot,
        ):
            await copilot.open(incident)
            await copilot.run(incident.id)
            progress = await copilot.progress(incident.id)
            assert progress is not None, "an opened incident has a card"
            return progress, await memory.recall(incident.id)


async def reckoned(settings: Settings, case: Path) -> Reckoning:
    """Investigates a recorded case, without a chat and without a model, and lays open what its ranking was made from.

    Raises BadCase if the folder is no case, ClewError if it takes longer than an investigation may.
    """
    found = facts(case)
    incident, clock = _incident(case, found), SystemClock()
    with tempfile.TemporaryDirectory(prefix="clew-") as scratch:
        alone = settings.model_copy(update={"store": StoreSettings(url=f"sqlite:///{scratch}/clew.db")})
        async with remembering(alone) as memory:
            await memory.open_incident(incident)
            desk = Desk.of(Deps(found.sources, memory, clock, settings.limits))
            try:
                async with asyncio.timeout(settings.limits.investigation_seconds):
                    ended = await investigation(specialists(), settings.limits, None).ainvoke(
                        {"incident": incident, "started_at": clock.now()}, context=desk
                    )
            except TimeoutError:
                seconds = f"{settings.limits.investigation_seconds:g} s"
                raise ClewError(
                    f"not done within {seconds}; allow more with {variable('limits', 'investigation_seconds')}"
                ) from None
            finally:
                await desk.close()
    state = cast(Ended, ended)
    assert "ranking" in state
    assert "report" in state
    made = Made(state["ranking"], case_of_findings(state), incident.alerted_at, state["report"].gaps)
    return Reckoning(made, state["report"].timeline)


def _incident(case: Path, found: Facts) -> Incident:
    """The recorded incident, opened now by hand."""
    now = SystemClock().now()
    return found.briefed(
        Incident(
            id=incident_id(TERMINAL, str(case)),
            title=case.name,
            thread=Thread(platform=TERMINAL, channel=case.name),
            alerted_at=now,
            window=Window(start=now - 3600, end=now),
            opened_by="the command line",
            opened_at=now,
        )
    )


async def examined(settings: Settings, case: Path | None) -> tuple[Diagnosis, ...]:
    """Everything the doctor looks at."""

    async def store() -> Iterable[Diagnosis]:
        try:
            async with remembering(settings) as memory:
                return health_lines(await memory.check())
        except (StoreError, Misconfigured) as error:
            return (Diagnosis("store", State.BROKEN, str(error)),)

    async def sources() -> Iterable[Diagnosis]:
        try:
            async with sourced(settings) as live:
                found = await asyncio.gather(
                    source_lines((*facts(case).sources, *live.sources)),
                    *(source_lines(own, scope) for scope, own in live.scopes.items()),
                )
                lines = (line for lines in found for line in lines)
                return (*lines, *unset_line(settings.sources))
        except Misconfigured as error:
            return (Diagnosis("sources", State.BROKEN, str(error)),)

    checks: list[Check] = [store, sources]
    slack = settings.slack
    if (
        slack.bot_token is not None
        and (slack.app_token if slack.mode == "socket" else slack.signing_secret) is not None
    ):
        checks.append(partial(slack_lines, slack_config(settings)))
    return (*settings_lines(settings), *await examine(checks))
