"""What do the commands that end by themselves do: one investigation, one examination?"""

import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from bot.clock import SystemClock
from bot.composition import ByHand, facts, investigating, remembering
from bot.doctor import Check, Diagnosis, State, examine, health_line, settings_lines, slack_lines, source_lines
from bot.service import slack_config
from bot.settings import QueueSettings, Settings, StoreSettings
from clew.errors import Misconfigured, StoreError
from clew.incident import Incident, Thread, Window, incident_id
from clew.progress import Numbered, Progress, StepState, View

TERMINAL = "terminal"
SIGNS = {StepState.DONE: "✓", StepState.FAILED: "!"}


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

    async def post_count(self, incident: str) -> int:
        return 0


async def investigated(
    settings: Settings, case: Path, console: Console | None
) -> tuple[Progress, tuple[Numbered, ...]]:
    """Investigates a recorded case in a scratch store and returns the last state of its card and its evidence.

    Raises BadCase if the folder is no case.
    """
    found = facts(case)
    now = SystemClock().now()
    with tempfile.TemporaryDirectory(prefix="clew-") as scratch:
        alone = {
            "store": StoreSettings(url=f"sqlite:///{scratch}/clew.db", checkpoints=Path(scratch) / "checkpoints.db"),
            "queue": QueueSettings(),
        }
        incident = found.briefed(
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
        async with (
            remembering(settings.model_copy(update=alone)) as memory,
            investigating(
                settings.model_copy(update=alone), found, memory, {TERMINAL: Terminal(console)}, ByHand()
            ) as copilot,
        ):
            await copilot.open(incident)
            await copilot.run(incident.id)
            progress = await copilot.progress(incident.id)
            assert progress is not None, "an opened incident has a card"
            return progress, await memory.recall(incident.id)


async def examined(settings: Settings, case: Path | None) -> tuple[Diagnosis, ...]:
    """Everything the doctor looks at."""
    sources = facts(case).sources

    async def store() -> Iterable[Diagnosis]:
        try:
            async with remembering(settings) as memory:
                return (health_line(await memory.check()),)
        except (StoreError, Misconfigured) as error:
            return (Diagnosis("store", State.BROKEN, str(error)),)

    checks: list[Check] = [store, partial(source_lines, sources)]
    slack = settings.slack
    if (
        slack.bot_token is not None
        and (slack.app_token if slack.mode == "socket" else slack.signing_secret) is not None
    ):
        checks.append(partial(slack_lines, slack_config(settings)))
    return (*settings_lines(settings), *await examine(checks))
