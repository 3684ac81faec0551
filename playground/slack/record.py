"""What happened in this workspace, and what did each person get to see?"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import IO, Any

ENTRIES_KEPT = 50_000
SEEN_KINDS = frozenset(
    {"message", "edited", "deleted", "ephemeral", "view", "home", "notice", "reaction", "status", "channel"}
)


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `at` is Unix seconds; `payload` is as received or as shown, never shortened.

    kind is "call" (a Web API call: payload = its arguments, answer = what it got), "delivery" (something sent
    to the app: payload = its body, answer = the outcome) or one of SEEN_KINDS (shown to `audience`).
    """

    seq: int
    at: float
    kind: str
    method: str = ""
    channel: str = ""
    ts: str = ""
    audience: tuple[str, ...] = ()
    payload: dict[str, Any] = field(default_factory=dict[str, Any])
    answer: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def ok(self) -> bool:
        return bool(self.answer.get("ok", True))


class Record:
    """Append-only; the oracle that tests ask. The oldest tenth goes once ENTRIES_KEPT is passed."""

    def __init__(self, journal: IO[str] | None = None) -> None:
        self._entries: list[Entry] = []
        self._journal = journal
        self._seq = 0
        self._grown = asyncio.Event()

    def add(self, kind: str, **fields: Any) -> Entry:
        """Append one entry (fields as in Entry); its payload is frozen as of now."""
        self._seq += 1
        for name in ("payload", "answer"):
            if name in fields:
                fields[name] = json.loads(json.dumps(fields[name], default=str))
        entry = Entry(seq=self._seq, at=time.time(), kind=kind, **fields)
        self._entries.append(entry)
        if len(self._entries) > ENTRIES_KEPT:
            del self._entries[: ENTRIES_KEPT // 10]
        if self._journal is not None:
            self._journal.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")
        grown, self._grown = self._grown, asyncio.Event()
        grown.set()
        return entry

    @property
    def last_seq(self) -> int:
        return self._seq

    def entries(self, kind: str | None = None, after: int = 0) -> tuple[Entry, ...]:
        """Entries of one kind (all kinds for None) with seq > after, oldest first."""
        first = self._entries[0].seq if self._entries else 1
        return tuple(e for e in self._entries[max(0, after - first + 1) :] if kind in (None, e.kind))

    def calls(self, method: str | None = None, after: int = 0) -> tuple[Entry, ...]:
        """Web API calls, refused ones too (see Entry.ok), oldest first."""
        return tuple(e for e in self.entries("call", after) if method in (None, e.method))

    def deliveries(self, what: str | None = None, after: int = 0) -> tuple[Entry, ...]:
        """What was sent to the app: `what` is an event's type, a command or an interaction's type."""
        return tuple(e for e in self.entries("delivery", after) if what in (None, e.method))

    def seen_by(self, user: str, after: int = 0) -> tuple[Entry, ...]:
        """All that was ever shown to this user id, oldest first, later edited or deleted or not."""
        return tuple(e for e in self.entries(None, after) if e.kind in SEEN_KINDS and user in e.audience)

    async def until(self, wanted: Callable[[Entry], bool], timeout: float = 10.0, after: int = 0) -> Entry:  # noqa: ASYNC109
        """The first entry with seq > after that is wanted, waiting for it if need be.

        Raises TimeoutError, naming the newest entries, when none came within `timeout` seconds.
        """
        looked = after
        deadline = time.monotonic() + timeout
        while True:
            grown = self._grown
            for entry in self.entries(None, looked):
                looked = entry.seq
                if wanted(entry):
                    return entry
            try:
                await asyncio.wait_for(grown.wait(), deadline - time.monotonic())
            except TimeoutError:
                newest = ", ".join(f"{e.kind}:{e.method or e.ts}" for e in self.entries(None, after)[-12:])
                raise TimeoutError(f"nothing wanted within {timeout} s; newest entries: {newest}") from None
