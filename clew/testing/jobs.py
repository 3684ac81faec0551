"""What if every job ran at once, in the caller's own task?"""

from collections.abc import Awaitable, Callable


class ImmediateJobs:
    """Jobs whose `submit` returns when the work is done; a key submitted again while it runs is dropped."""

    def __init__(self, run: Callable[[str], Awaitable[None]]) -> None:
        self._run = run
        self._pending: set[str] = set()
        self.submitted: list[str] = []

    async def submit(self, incident_id: str) -> None:
        self.submitted.append(incident_id)
        if incident_id in self._pending:
            return
        self._pending.add(incident_id)
        try:
            await self._run(incident_id)
        finally:
            self._pending.discard(incident_id)
