"""Which new errors are old news, as earlier incidents showed, and what does this one teach?"""

import asyncio
from contextlib import suppress

from agents.gather import Gather
from clew.causal.calm import calm_errors, news
from clew.causal.newerrors import LogClue
from clew.errors import StoreError
from clew.habit import Habit, habit_id
from clew.ports import LogSource
from clew.tables import LogTable


async def unfamiliar(
    gather: Gather, source: LogSource, found: tuple[LogClue, ...], table: LogTable
) -> tuple[LogClue, ...]:
    """The clues without errors that their service wrote at this rate before an earlier incident too."""
    fresh = [item for item in found if item.clue.channel == "new errors"]
    known: dict[str, Habit] = {}
    with suppress(StoreError):  # a store that is away costs no finding: all new errors are shown
        shelf = _shelf(gather, source)
        kept = await gather.desk.deps.memory.habits([habit_id(shelf, c.service, c.template) for c in fresh])
        known = {habit.id: habit for habit in kept}
    onset = gather.look.moment.start
    seconds = max(0.0, float(table.times[-1]) - onset) if len(table) else 0.0

    def old(item: LogClue) -> bool:
        habit = known.get(habit_id(_shelf(gather, source), item.service, item.template))
        is_error = item.clue.channel == "new errors"
        return is_error and habit is not None and habit.explains(item.count, seconds, onset)

    return tuple(item for item in found if not old(item))


async def learn(gather: Gather, source: LogSource, found: tuple[LogClue, ...], read: tuple[LogTable, LogTable]) -> None:
    """Keeps what the calm before this onset wrote, and what was new after it. `read`: the lines of now and of normal times."""
    moment = gather.look.moment
    shelf = _shelf(gather, source)
    calm = await asyncio.to_thread(calm_errors, *read, moment, shelf)
    with suppress(StoreError):  # then the next incident teaches it
        await gather.desk.deps.memory.learn((*news(found, moment, shelf), *calm))


def _shelf(gather: Gather, source: LogSource) -> str:
    """Where habits of a source are kept: those of one scope teach no other, whose services may have the same names."""
    scope = gather.look.incident.scope
    return f"{scope}/{source.name}" if scope else source.name
