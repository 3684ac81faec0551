"""Which log messages are new, and who wrote them first."""

import asyncio

from agents.gather import Gather
from agents.habits import learn, unfamiliar
from agents.specialist import Specialist, Swept
from agents.speech import counted, several, within
from clew.causal.newerrors import LogClue, log_clues
from clew.causal.unseen import unseen_lines
from clew.evidence import Asked, Call, Lines, Sample
from clew.hypothesis import Clue
from clew.ports import Era, LogSource, Telemetry
from clew.tables import LogTable

PATTERNS = 6
"""Templates kept as evidence per look."""
SAMPLES = 3
LINE = 400


async def sweep(gather: Gather) -> Swept:
    """Looks for error templates that normal times do not have; keeps each with samples."""
    window = gather.look.lead.window
    clues: list[Clue] = []
    read, usual = 0, 0
    for source in gather.sources(LogSource, Telemetry.LOGS):
        now, normal = await asyncio.gather(
            gather.bulk(source, "lines", Era.NOW.value, lambda s=source: s.lines(window)),
            gather.bulk(source, "lines", Era.NORMAL.value, lambda s=source: s.lines(window, Era.NORMAL)),
        )
        if now is None:
            continue
        read += len(now)
        if now.dropped:
            gather.gap(
                source.name, f"{now.dropped} lines beyond the budget were not read", "rare messages may be missing"
            )
        normal = normal or LogTable.empty()
        gather.unjudged(unseen_lines(now, normal, gather.look.moment))
        every = await asyncio.to_thread(log_clues, now, normal, gather.look.moment)
        found = await unfamiliar(gather, source, every, now)
        usual += len(every) - len(found)
        await learn(gather, source, found, (now, normal))
        for place, item in enumerate(found):
            told = item.clue.channel in ("new errors", "status feed", "gone")
            clues.append(await _kept(gather, source, now, item) if told and place < PATTERNS else item.clue)
    loud = [c for c in clues if c.amount > 0]
    before = f"; {counted(usual, 'error pattern')} known from calm times" if usual else ""
    if not loud:
        nothing = f"no new error pattern in {counted(read, 'line')}{before}"
        return Swept(nothing if read else "no lines in the window", tuple(clues))
    services = tuple(dict.fromkeys(c.service for c in loud if c.service))
    where = several(services, 2) or "the system"
    return Swept(f"{counted(len(loud), 'new pattern')}, first in {where}{before}", tuple(clues))


async def _kept(gather: Gather, source: LogSource, table: LogTable, found: LogClue) -> Clue:
    payload = Lines(
        service=found.service,
        severity=found.severity,
        template=within(found.template, 300),
        count=found.count,
        usual=found.usual,
        first=found.first,
        last=found.last,
        samples=tuple(_sample(table, row) for row in found.rows[:SAMPLES]),
    )
    asked = Asked(
        source=source.name,
        call=Call(method="search", arguments=(("service", found.service), ("text", _words(found.template)))),
        query=table.query or f"lines of {found.service}",
        window=gather.look.lead.window,
    )
    return gather.cited(found.clue, await gather.keep(asked, payload, found.clue.says))


def _sample(table: LogTable, row: int) -> Sample:
    trace = int(table.trace[row])
    return Sample(
        at=float(table.times[row]),
        text=within(table.messages[row], LINE),
        trace=table.traces[trace] if trace >= 0 else "",
    )


def _words(template: str) -> str:
    """The longest stretch of a template without a placeholder: what one would type to find it again."""
    pieces = template.replace(">", "<").split("<")
    return max((p.strip() for p in pieces[::2]), key=len, default="")[:80]


LOGS = Specialist(
    name="logs",
    title="New log patterns",
    telemetry=frozenset({Telemetry.LOGS}),
    when="new error messages, and which service wrote them first",
    question="Which messages of {where} are new since {since}?",
    effect="new error messages could not be looked for",
    sweep=sweep,
)
