"""Which file of a case answers this, and has it been read already?"""

import asyncio
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from clew.errors import BadCase
from clew.ports import Era
from clew.tables import CallGraph, ChangeTable, LogTable, Matrix, Spans
from tools.case.brief import CaseBrief, case_incident
from tools.case.tables import Reader, derived_graph, read_changes, read_logs, read_metrics, read_spans, read_topology

Kind = Literal["metrics", "logs", "traces", "changes", "topology"]
FILES: dict[Kind, tuple[str, Reader]] = {
    "metrics": ("metrics.csv.gz", read_metrics),
    "logs": ("logs.csv.gz", read_logs),
    "traces": ("traces.csv.gz", read_spans),
    "changes": ("changes.jsonl", read_changes),
    "topology": ("topology.csv", read_topology),
}
Held = TypeVar("Held")


@dataclass
class _Slot:
    """One file, read at most once at a time; a failure is not kept, so a mended file is read."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    found: tuple[Any, int] | None = None


class Shelf:
    """The files of one case. Each is read once, lazily, in a thread; `truth.json` is not among them. Raises BadCase."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.brief: CaseBrief = case_incident(folder)
        self.normal: Path | None = self._baseline()
        self._slots: dict[tuple[Kind, Era], _Slot] = {(kind, era): _Slot() for kind in FILES for era in Era}

    def _baseline(self) -> Path | None:
        if self.brief.baseline is None:
            return None
        family = self.folder.resolve().parent
        normal = (self.folder.resolve() / self.brief.baseline).resolve()
        if not normal.is_relative_to(family):
            raise BadCase(
                f"{self.folder / 'incident.json'}: baseline {self.brief.baseline!r} leaves {family}. Keep it inside."
            )
        return normal

    def file(self, kind: Kind, era: Era = Era.NOW) -> Path | None:
        """Where `kind` stands or should stand; None where this case never had it."""
        root = self.folder if era is Era.NOW else self.normal
        if root is None:
            return None
        path = root / FILES[kind][0]
        promised = era is Era.NOW and kind in self.brief.modalities
        return path if promised or path.is_file() else None

    async def metrics(self, era: Era) -> tuple[Matrix, int]:
        return await self._read("metrics", era, Matrix.empty())

    async def logs(self, era: Era) -> tuple[LogTable, int]:
        return await self._read("logs", era, LogTable.empty())

    async def spans(self, era: Era) -> tuple[Spans, int]:
        return await self._read("traces", era, Spans.empty())

    async def changes(self) -> tuple[ChangeTable, int]:
        return await self._read("changes", Era.NOW, ChangeTable())

    async def graph(self) -> tuple[CallGraph, Path | None]:
        """The graph and the file it was learned from: the topology, else the spans of the incident and the baseline."""
        path = self.file("topology")
        if path is not None:
            return (await self._read("topology", Era.NOW, CallGraph()))[0], path
        spans = (await self.spans(Era.NOW))[0]
        graph = await asyncio.to_thread(derived_graph, spans)
        if self.file("traces", Era.NORMAL) is not None:
            usual = await asyncio.to_thread(derived_graph, (await self.spans(Era.NORMAL))[0])
            graph = CallGraph(
                tuple(sorted({*graph.edges, *usual.edges})),
                "spans",
                services=tuple(sorted({*graph.services, *usual.services})),
            )
        return graph, self.file("traces")

    async def _read(self, kind: Kind, era: Era, nothing: Held) -> tuple[Held, int]:
        path = self.file(kind, era)
        return (nothing, 0) if path is None else await asyncio.to_thread(self._once, kind, era, path)

    def _once(self, kind: Kind, era: Era, path: Path) -> tuple[Any, int]:
        slot = self._slots[kind, era]
        with slot.lock:
            if slot.found is None:
                slot.found = FILES[kind][1](path)
            return slot.found
