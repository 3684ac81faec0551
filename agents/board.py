"""What stands in the thread: every change of a card is kept first and shown then."""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from agents.alerts import settled
from agents.views import hypothesis_view, ruled_out_view
from clew.deps import Deps
from clew.errors import PlatformError
from clew.hypothesis import Hypothesis, Report
from clew.incident import Incident
from clew.ports import Platform
from clew.progress import Progress, TimelineView, View

TRIES = 10
"""How often a change is tried on a card that other processes change at the same time."""

Change = Callable[[Progress], Progress | None]


class Board:
    """The cards of all incidents of this process."""

    def __init__(self, deps: Deps, platforms: Mapping[str, Platform]) -> None:
        self._deps = deps
        self._platforms = platforms
        self._writing = asyncio.Lock()
        self._log = structlog.get_logger("clew.board")

    async def begin(self, progress: Progress) -> None:
        """The first card of an incident; one that stands already is shown again as it is."""
        async with self._writing:
            standing = await self._deps.memory.progress(progress.incident.id)
            if standing is None:
                await self._deps.memory.save_progress(progress)
        await self.show(progress.incident, standing or progress)

    async def revise(self, incident_id: str, change: Change) -> Progress | None:
        """Applies `change` to what stands, keeps it with the next revision and shows it.

        None (and nothing is kept) if there is no card, or `change` declines by returning None.
        """
        revised = None
        async with self._writing:
            for _ in range(TRIES):
                standing = await self._deps.memory.progress(incident_id)
                changed = change(standing) if standing else None
                if standing is None or changed is None:
                    return None
                update = {"revision": standing.revision + 1, "updated_at": self._deps.clock.now()}
                revised = settled(changed).model_copy(update=update)
                if await self._deps.memory.save_progress(revised):
                    break
                revised = None  # another process changed the card meanwhile: the change is made to what stands now
        if revised is not None:
            await self.show(revised.incident, revised)
        return revised

    async def hypothesis(self, incident: Incident, hypothesis: Hypothesis, rechecking: bool = False) -> None:
        await self.show(incident, await hypothesis_view(self._deps.memory, incident, hypothesis, rechecking))

    async def thread(self, incident: Incident, report: Report) -> None:
        """All cards of a report: the open hypotheses, what was ruled out, and the picture of how it went."""
        for hypothesis in report.open:
            await self.hypothesis(incident, hypothesis)
        folded = await ruled_out_view(self._deps.memory, incident, report)
        if folded is not None:
            await self.show(incident, folded)
        if report.timeline is not None:
            await self.show(incident, TimelineView(incident=incident, timeline=report.timeline))

    async def show(self, incident: Incident, view: View) -> bool:
        """False if the platform refused for good or is not connected: what is kept stays kept, and the log says so."""
        platform = self._platforms.get(incident.thread.platform)
        if platform is None:
            self._log.warning("no such platform", incident=incident.id, platform=incident.thread.platform)
            return False
        try:
            await platform.show(view)
        except PlatformError as error:
            self._log.warning("not shown", incident=incident.id, view=type(view).__name__, code=error.code)
            return False
        return True
