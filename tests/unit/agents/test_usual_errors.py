"""Is an error that calm times write no news at the next incident, and can nobody plant that."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from agents.desk import Desk
from agents.gather import Gather
from agents.logs import LOGS, sweep
from agents.specialist import Swept
from agents.state import Look
from clew.causal.moment import Moment
from clew.deps import Deps
from clew.errors import StoreError
from clew.habit import Habit
from clew.hypothesis import Lead
from clew.incident import Incident, Thread, Window
from clew.ports import Telemetry
from clew.tables import LogTable
from clew.testing import DictMemory, FakeLogs, FrozenClock

FIRST = 1_700_000_000.0
DAY = 24 * 3600.0
USUAL, SICK = "card 4711 declined by issuer", "pool exhausted after 300 ms"
Entry = tuple[float, str, str]


def every(seconds: float, start: float, end: float, text: str, service: str = "pay") -> list[Entry]:
    return [(float(at), service, text) for at in np.arange(start, end, seconds)]


def table(*entries: list[Entry], severity: str = "ERROR") -> LogTable:
    rows = sorted(row for part in entries for row in part)
    services = tuple(sorted({row[1] for row in rows}))
    count = len(rows)
    none = np.zeros(count, dtype=np.int32)
    return LogTable(
        np.array([row[0] for row in rows]),
        np.array([services.index(row[1]) for row in rows], dtype=np.int32),
        none,
        none - 1,
        tuple(row[2] for row in rows),
        services,
        (severity,),
        (),
    )


@dataclass
class Team:
    """One memory over several incidents."""

    memory: DictMemory = field(default_factory=DictMemory)

    async def sees(self, lines: LogTable, onset: float, *, known_onset: bool = True) -> Swept:
        window = Window(start=onset - 3600, end=onset + 900)
        incident = Incident(
            id=f"i{onset}",
            title="errors",
            thread=Thread(platform="fake", channel="C1"),
            alerted_at=onset,
            window=window,
            opened_by="U1",
            opened_at=onset,
        )
        await self.memory.open_incident(incident)
        lead = Lead(id="l1", agent="logs", question="?", window=window)
        moment = Moment(onset=onset if known_onset else None, window=window, alerted_at=onset)
        source = FakeLogs(name="logs", table=lines)
        desk = Desk.of(Deps((source,), self.memory, FrozenClock(onset)))
        looked = Look(incident=incident, lead=lead, moment=moment)
        try:
            return await sweep(Gather(desk, looked, LOGS.name, frozenset({Telemetry.LOGS})))
        finally:
            await desk.close()


def new(swept: Swept) -> set[str]:
    return {clue.detail for clue in swept.clues if clue.channel == "new errors"}


def calm_with(onset: float, *more: list[Entry]) -> LogTable:
    """An incident whose calm hour has the usual error now and then."""
    return table(every(300, onset - 3600, onset, USUAL), every(10, onset, onset + 900, SICK), *more)


def sudden(onset: float) -> LogTable:
    """The usual error happens to be written only after the onset."""
    return table(every(100, onset, onset + 900, USUAL), every(10, onset, onset + 900, SICK))


NEWS = "card <num> declined by issuer"
TROUBLE = "pool exhausted after <num> ms"


async def test_what_an_earlier_calm_wrote_is_no_news_and_the_real_error_still_is() -> None:
    team, stranger = Team(), Team()
    assert new(await team.sees(calm_with(FIRST), FIRST)) == {TROUBLE}
    later = await team.sees(sudden(FIRST + DAY), FIRST + DAY)
    assert new(later) == {TROUBLE}
    assert "1 error pattern known from calm times" in later.summary
    assert new(await stranger.sees(sudden(FIRST + DAY), FIRST + DAY)) == {NEWS, TROUBLE}, "without memory it is news"


async def test_the_same_trouble_again_is_news_again() -> None:
    team = Team()
    for day in range(4):
        assert TROUBLE in new(await team.sees(sudden(FIRST + day * DAY), FIRST + day * DAY))


async def test_lines_planted_just_before_the_onset_hide_nothing_later_the_same_hour() -> None:
    team = Team()
    planted = every(20, FIRST - 3600, FIRST - 900, SICK)
    await team.sees(table(planted, every(10, FIRST, FIRST + 900, "something else broke")), FIRST)
    soon = FIRST + 1800
    assert TROUBLE in new(await team.sees(table(every(10, soon, soon + 900, SICK)), soon))


async def test_lines_planted_in_another_service_or_without_an_errors_severity_hide_nothing() -> None:
    team = Team()
    elsewhere = every(20, FIRST - 3600, FIRST - 900, SICK, "cart")
    await team.sees(table(elsewhere, every(10, FIRST, FIRST + 900, "x failed")), FIRST)
    await team.sees(table(every(20, FIRST - 3600, FIRST - 900, SICK), severity="INFO"), FIRST + 2 * DAY)
    onset = FIRST + 5 * DAY
    assert TROUBLE in new(await team.sees(table(every(10, onset, onset + 900, SICK)), onset))


async def test_a_usual_error_that_becomes_a_stream_is_news() -> None:
    team = Team()
    await team.sees(calm_with(FIRST), FIRST)
    onset = FIRST + DAY
    assert NEWS in new(await team.sees(table(every(1, onset, onset + 900, USUAL)), onset))


async def test_without_an_onset_nothing_is_learned() -> None:
    team = Team()
    await team.sees(calm_with(FIRST), FIRST, known_onset=False)
    assert NEWS in new(await team.sees(sudden(FIRST + DAY), FIRST + DAY))


async def test_a_flood_of_planted_templates_teaches_a_bounded_number_and_nothing_of_other_services() -> None:
    team = Team()
    words = [f"{a}{b}{c} broke" for a in "abcdefgh" for b in "klmnopqr" for c in "stuvwxyz"]
    planted = [(FIRST - 3600 + number, "evil", text) for number, text in enumerate(words * 3)]
    await team.sees(calm_with(FIRST, planted), FIRST)
    assert new(await team.sees(sudden(FIRST + DAY), FIRST + DAY)) == {TROUBLE}
    assert len(team.memory.learned) <= 60


async def test_a_store_that_is_away_costs_no_finding() -> None:
    away = Team(_Away())
    assert TROUBLE in new(await away.sees(calm_with(FIRST), FIRST))
    assert new(await away.sees(sudden(FIRST + DAY), FIRST + DAY)) == {NEWS, TROUBLE}


class _Away(DictMemory):
    """Keeps incidents and facts; about habits it gives no answer."""

    async def learn(self, told: Sequence[Habit]) -> None:
        raise StoreError(f"{len(told)} habits cannot be kept")

    async def habits(self, ids: Sequence[str]) -> tuple[Habit, ...]:
        raise StoreError(f"{len(ids)} habits cannot be read")
