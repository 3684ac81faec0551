"""Which log lines does an investigation need: all of them where they are few, else what stands for them."""

from dataclasses import dataclass, replace

from clew.errors import SourceTimeout
from clew.incident import Window
from clew.tables import LogTable
from tools.opensearch.condensed import Condenser
from tools.opensearch.fields import Fields
from tools.opensearch.paging import Pages, Wanted, pages
from tools.opensearch.rows import ROLES, row
from tools.opensearch.settings import OpenSearchSettings
from tools.opensearch.store import Body, Budget, Store
from tools.opensearch.volumes import LOUD, RAISED, Volumes, level, one_of, volumes, within
from tools.rows import Row, table


@dataclass(frozen=True, eq=False)
class Reader:
    """One reading of the lines of a window."""

    store: Store
    fields: Fields
    settings: OpenSearchSettings
    window: Window
    budget: Budget

    async def read(self) -> tuple[LogTable, str]:
        """The table without its query, and how it was read in plain words. Raises SourceError."""
        held = await volumes(self.store, self.fields, self.window, self.budget)
        if held.total <= self.settings.lines:
            rows, told = await self._all((), self.settings.lines, self.settings.megabytes)
            if told is not None:
                return table(rows, self.window, "", held.partial or told.partial), "all lines"
        return await self._condensed(held)

    async def _all(self, filters: tuple[Body, ...], most: int, megabytes: float) -> tuple[list[Row], Pages | None]:
        """All matching lines; no Pages where they are more than `most` or larger than `megabytes` after all."""
        told, rows, size = Pages(), list[Row](), 0
        asked = (within(self.fields, self.window), *filters)
        async for page in pages(
            self.store, Wanted(self.fields.wanted(*ROLES), asked, self.fields.time), self.budget, told
        ):
            found = [one for one in (row(hit, self.fields) for hit in page) if one is not None]
            size += sum(one.bytes for one in found)
            rows += found
            told.size = max(100.0, size / max(1, len(rows)))
            if len(rows) > most or size > megabytes * 1e6:
                return rows, None
        return rows, told

    async def _condensed(self, held: Volumes) -> tuple[LogTable, str]:
        """Loud lines whole where they fit into half the budget; of all others rows that stand for them."""
        field, half = level(self.fields)[0].exact, self.settings.lines // 2
        calm, covered = held.without(RAISED)
        quiet: tuple[Body, ...] = (one_of(field, calm),) if calm else ()
        rows, others, how, partial = list[Row](), quiet, "kinds of lines with their counts", held.partial
        for wanted in (RAISED, LOUD):
            names, count = held.named(wanted)
            if not names or count > half:
                continue
            found, told = await self._all((one_of(field, names),), half, self.settings.megabytes / 2)
            if told is not None:
                rows, partial, others = found, partial or told.partial, (*quiet, one_of(field, names))
                covered += count
                how = f"all lines of {', '.join(sorted(names))}, of the others kinds with their counts"
                break
        left = max(100, self.settings.lines // 4)
        base = Condenser(self.store, self.fields, self.window, (), held, left, self.budget)
        loud = [replace(base, filters=({"bool": {"must_not": list(others)}},))] if covered < held.total else []
        for part in (*loud, *([replace(base, filters=quiet, quiet=True)] if quiet else [])):
            try:
                rows += await part.rows()
            except SourceTimeout:
                if not rows:
                    raise
                base.told.append("counting ordinary lines took longer than one question may")
        why = "; ".join(dict.fromkeys([*([partial] if partial else []), *base.told]))
        return table(rows, self.window, "", why), how
