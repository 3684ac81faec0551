"""What have the sources of one server in common: a store, its fields looked up once in a while, and how they are checked."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

from clew.errors import SourceError
from clew.incident import Window
from clew.ports import Checked, Era, Health
from tools.opensearch.fields import Fields, Layouts, discovered
from tools.opensearch.settings import OpenSearchSettings
from tools.opensearch.store import Body, Budget, Store, reading
from tools.outside import Outside

FRESH_SECONDS = 300.0
"""How long the mapping is taken to be as it was."""
AHEAD_SECONDS = 60.0
"""A newest document so far in the future is a clock that is wrong."""
STALE_SECONDS = 900.0


@dataclass(eq=False)
class Desk:
    """One pattern of indices of one server, and what is known about its fields."""

    store: Store
    settings: OpenSearchSettings
    outside: Outside
    layouts: Layouts
    _fields: Fields | None = None
    _until: float = 0.0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def fields(self, budget: Budget) -> Fields:
        """Raises SourceError."""
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if self._fields is None or now >= self._until:
                self._fields = await discovered(self.store, self.layouts, self.settings, budget)
                self._until = now + FRESH_SECONDS
            return self._fields

    @property
    def known(self) -> Fields | None:
        """The fields as they were found last."""
        return self._fields

    def forget(self) -> None:
        """The next read looks the mapping up again."""
        self._until = 0.0

    def reach(self, window: Window, era: Era) -> Window | None:
        """What is read of a window: with the history before it, or the same stretch of another day; None where that is nothing."""
        if era is Era.NORMAL:
            offset = self.settings.normal_offset_seconds
            return Window(start=window.start - offset, end=window.end - offset) if offset is not None else None
        start, end = window.start - self.settings.history_seconds, min(window.end, self.outside.now())
        return Window(start=start, end=end) if end > start else None

    def query(self, *filters: Body, words: str = "") -> str:
        """The exact request, as it could be sent again."""
        body = {"query": {"bool": {"filter": [*self.store.held, *filters]}}}
        sent = json.dumps(body, ensure_ascii=True, separators=(",", ":"))
        return f"POST /{self.store.index}/_search {sent}" + (f" {words}" if words else "")

    async def check(self, needed: dict[str, str], without: str) -> Health:
        """Reach and rights, field mapping, clock, retention. `needed`: role -> what is missed without it. Never raises."""
        budget = self.store.budget()
        try:
            fields = await discovered(self.store, self.layouts, self.settings, budget)
            oldest, newest = await self._ends(fields, budget)
        except SourceError as error:
            reach = Checked(what="reach", ok=False, says=str(error))
            return Health(source=self.store.name, ok=False, says=str(error), findings=(reach,), without=without)
        findings = (
            Checked(what="reach", ok=True, says=f"{self.store.index} can be read"),
            *self._mapping(fields, needed),
            *self._times(oldest, newest),
        )
        missed = [needed.get(finding.what, "") for finding in findings if not finding.ok]
        said = "; ".join(finding.says for finding in findings if not finding.ok)
        return Health(
            source=self.store.name,
            ok=all(finding.ok or finding.what in needed for finding in findings),
            says=said or f"{self.store.index}: {self._span(oldest, newest)}",
            findings=findings,
            without="; ".join(dict.fromkeys(one for one in missed if one)),
        )

    async def reached(self, without: str) -> Health:
        """Reach and rights alone, for indices without a time. Never raises."""
        try:
            await self.store.search({"track_total_hits": False}, [], self.store.budget())
        except SourceError as error:
            reach = Checked(what="reach", ok=False, says=str(error))
            return Health(source=self.store.name, ok=False, says=str(error), findings=(reach,), without=without)
        says = f"{self.store.index} can be read"
        reach = Checked(what="reach", ok=True, says=says)
        return Health(source=self.store.name, ok=True, says=says, findings=(reach,))

    async def _ends(self, fields: Fields, budget: Budget) -> tuple[float | None, float | None]:
        aggs = {"oldest": {"min": {"field": fields.time}}, "newest": {"max": {"field": fields.time}}}
        answer = await self.store.search({"aggs": aggs, "track_total_hits": False}, [], budget)
        with reading(self.store.name):
            found = [answer.aggregations[name]["value"] for name in aggs]
            ends = [float(one) / (1e9 if float(one) > 1e15 else 1e3) if one is not None else None for one in found]
        return ends[0], ends[1]

    def _mapping(self, fields: Fields, needed: dict[str, str]) -> tuple[Checked, ...]:
        out: list[Checked] = []
        for role in needed:
            known = fields[role]
            if not known:
                out.append(Checked(what=role, ok=False, says=f"no field for the {role} is known"))
            elif role == "message" and not known.words:
                says = f"{known.name} is not mapped as text, so lines cannot be searched by words"
                out.append(Checked(what=role, ok=False, says=says))
            elif role in ("service", "severity") and not known.exact:
                says = f"{known.name} cannot be counted by; map it as keyword"
                out.append(Checked(what=role, ok=False, says=says))
            else:
                out.append(Checked(what=role, ok=True, says=f"{role} is {known.name}"))
        out += [Checked(what="mapping", ok=False, says=said) for said in fields.conflicts]
        return tuple(out)

    def _times(self, oldest: float | None, newest: float | None) -> tuple[Checked, ...]:
        now = self.outside.now()
        if oldest is None or newest is None:
            says = f"{self.store.index} holds nothing; look whether anything is shipped to it"
            return (Checked(what="retention", ok=False, says=says),)
        held = Checked(what="retention", ok=True, says=self._span(oldest, newest))
        if newest - now > AHEAD_SECONDS:
            says = f"the newest document is {newest - now:,.0f} s in the future; clocks disagree"
            return held, Checked(what="clock", ok=False, says=says)
        age = f"the newest document is {max(0.0, now - newest):,.0f} s old"
        return held, Checked(what="clock", ok=True, says=age)

    def _span(self, oldest: float | None, newest: float | None) -> str:
        if oldest is None or newest is None:
            return "nothing yet"
        return f"{_day(oldest)} to {_day(newest)} UTC"


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
