"""Are changes looked for a day back, whatever the window of the others, and does everything of the wider look count as the same look's?"""

from dataclasses import dataclass, field

import pytest

from agents.changes import CHANGES, DIFF, sweep
from agents.desk import Desk
from agents.gather import Gather
from agents.specialist import Swept
from agents.state import Look
from clew.causal.moment import Moment
from clew.deps import Deps
from clew.evidence import Change
from clew.hypothesis import Lead
from clew.incident import Incident, Thread, Window
from clew.limits import Limits
from clew.ports import Telemetry
from clew.tables import ChangeTable
from clew.testing import DictMemory, FakeChanges, FrozenClock
from clew.testing.sources import Mood

ALERT = 1_763_836_600.0
DAY = 86_400.0


def change(before: float, ref: str, what: str = "commit", diff: str | None = "+x") -> Change:
    return Change.model_validate({"ref": ref, "what": what, "at": ALERT - before, "diff": diff})


@dataclass
class Looked:
    """What one look brought, and the hands that it was done with."""

    swept: Swept
    gather: Gather
    asked: list[Window] = field(default_factory=list[Window])

    @property
    def refs(self) -> tuple[str, ...]:
        return tuple(found.ref for found in self.swept.changes)


class Recording(FakeChanges):
    """Keeps the windows that it was asked for."""

    windows: list[Window]

    async def changes(self, window: Window) -> ChangeTable:
        self.windows = [*getattr(self, "windows", []), window]
        return await super().changes(window)


async def look(*changes: Change, back: float = 3600.0, limits: Limits | None = None, mood: Mood = Mood.WELL) -> Looked:
    window = Window(start=ALERT - back, end=ALERT + 900)
    incident = Incident(
        id="i1",
        title="errors",
        thread=Thread(platform="fake", channel="C1"),
        alerted_at=ALERT,
        window=window,
        opened_by="U1",
        opened_at=ALERT,
    )
    memory = DictMemory()
    await memory.open_incident(incident)
    source = Recording(name="repository", table=ChangeTable(changes), mood=mood)
    desk = Desk.of(Deps((source,), memory, FrozenClock(ALERT), limits or Limits()))
    lead = Lead(id="l1", agent=CHANGES.name, question="?", window=window)
    moment = Moment(onset=ALERT, window=window, alerted_at=ALERT)
    gather = Gather(desk, Look(incident=incident, lead=lead, moment=moment), CHANGES.name, CHANGES.telemetry)
    try:
        return Looked(await sweep(gather), gather, source.windows)
    finally:
        await desk.close()


async def test_a_change_that_slept_for_hours_is_read_and_an_older_one_is_not() -> None:
    found = await look(change(7200, "asleep"), change(DAY + 60, "stale"), change(60, "fresh", "deploy"))
    assert found.refs == ("asleep", "fresh")
    assert found.swept.summary == "1 deploy, 1 commit"
    assert [(w.start, w.end) for w in found.asked] == [(ALERT - DAY, ALERT + 900)]


async def test_a_look_that_reaches_further_back_by_itself_is_not_cut() -> None:
    found = await look(change(DAY + 60, "older"), back=2 * DAY)
    assert found.refs == ("older",)
    assert found.asked[0].start == ALERT - 2 * DAY


async def test_how_far_back_is_a_limit() -> None:
    found = await look(
        change(7200, "asleep"), change(60, "fresh"), back=600, limits=Limits(changes_lookback_seconds=900)
    )
    assert found.refs == ("fresh",)


async def test_what_the_wider_look_read_or_missed_is_the_looks_own() -> None:
    found = await look(mood=Mood.FAILS)
    assert [(r.method, r.answered, r.window.start) for r in found.gather.receipts] == [("changes", False, ALERT - DAY)]
    assert [gap.source for gap in found.gather.gaps] == ["repository"]
    assert found.swept.summary == "no changes in the window"
    assert found.gather.look.lead.window.start == ALERT - 3600, "the others' window is untouched"


async def test_of_too_many_changes_the_newest_are_kept_and_that_is_said() -> None:
    found = await look(*(change(60.0 * n, f"c{n}") for n in range(1, 6)), limits=Limits(changes=3))
    assert found.refs == ("c3", "c2", "c1")
    (gap,) = found.gather.gaps
    assert gap.reason == "only the newest 3 of 5 changes were read"


@pytest.mark.parametrize(("long", "kept"), [(DIFF + 1, DIFF), (10, 10)])
async def test_a_long_diff_is_cut(long: int, kept: int) -> None:
    (only,) = (await look(change(60, "c1", diff="+" * long))).swept.changes
    assert only.diff is not None
    assert len(only.diff) == kept


def test_the_specialist_may_ask_for_changes_only() -> None:
    assert CHANGES.telemetry == frozenset({Telemetry.CHANGES})
