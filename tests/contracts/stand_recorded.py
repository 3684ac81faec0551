"""The suite's content as a recorded case."""

import gzip
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from clew.ports import Source, Telemetry
from tests.contracts.content import ALERT, CHANGES, EDGE, LINES, METRICS, SERVICE, SPANS, TIMES
from tests.contracts.stand import Program, Stand
from tools.recorded import recorded_sources


def written(folder: Path) -> Path:
    """The same folder, a case now."""
    brief = {"format": 1, "id": "c", "title": "t", "alerted_at": ALERT, "modalities": []}
    (folder / "incident.json").write_text(json.dumps(brief))
    heads = ["time", "service", "instance", *(f"{name}(s)" for name in METRICS)]
    rows = [",".join((str(at), SERVICE, "", *("1" for _ in METRICS))) for at in TIMES]
    (folder / "metrics.csv.gz").write_bytes(_packed([",".join(heads), *rows]))
    lines = [f"{line.at},{line.service},,{line.severity},,{line.message}" for line in LINES]
    (folder / "logs.csv.gz").write_bytes(_packed(["time,service,instance,severity,trace_id,message", *lines]))
    spans = [f"{s.trace},{s.id},,{s.service},,{s.operation},{s.at},{s.microseconds}," for s in SPANS]
    (folder / "traces.csv.gz").write_bytes(
        _packed(["trace_id,span_id,parent_id,service,instance,operation,start,duration_us,status", *spans])
    )
    changes = [{"id": c.ref, "time": c.at, "service": c.service, "title": c.title, "diff": c.diff} for c in CHANGES]
    (folder / "changes.jsonl").write_text("\n".join(json.dumps(change) for change in changes))
    (folder / "topology.csv").write_text(f"caller,callee\n{','.join(EDGE)}\n")
    return folder


def _packed(lines: list[str]) -> bytes:
    return gzip.compress("\n".join(lines).encode())


@asynccontextmanager
async def opened(folder: Path, program: Program) -> AsyncGenerator[tuple[Source, ...]]:
    """Needs no program."""
    yield recorded_sources(written(folder))


STAND = Stand("recorded", (), tuple(Telemetry), opened)
