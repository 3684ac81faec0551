"""How is a recording written down as a case in the format v1?"""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.shop.samples import Sample

BUDGET = 380_000
"""Bytes a case may take in all."""

SHARES = (1.0, 0.7, 0.5, 0.35, 0.25, 0.18, 0.12, 0.08, 0.05, 0.03)
MOST_FAILED_TRACES = 120
MOST_TROUBLE_LINES = 2500

Row = Mapping[str, Any]


class TooLarge(Exception):
    """Even the smallest share of the traces does not fit the budget."""


@dataclass(frozen=True)
class Recording:
    """Everything that was seen, before it is thinned. `logs` and `spans` are the services' own JSON lines."""

    incident: Row
    samples: Sequence[Sample]
    logs: Sequence[Row]
    spans: Sequence[Row]
    changes: Sequence[Row]
    edges: Sequence[tuple[str, str]]
    truth: Row


def must_be_new(folder: Path) -> None:
    """Raise FileExistsError where `folder` holds something or is a file."""
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise FileExistsError(f"{folder} is not empty. Name a new folder: a recording never overwrites another.")


def write(folder: Path, recording: Recording) -> int:
    """Write the case into `folder`, which must be new or empty; returns its bytes.

    Traces are thinned by trace id until the case fits BUDGET; failed traces and the log lines at WARN and above stay,
    up to a bound. Raises FileExistsError, TooLarge.
    """
    must_be_new(folder)
    small = {
        "metrics.csv.gz": _metrics(recording.samples),
        "topology.csv": _csv(("caller", "callee"), recording.edges).encode(),
        "changes.jsonl": "".join(json.dumps(change) + "\n" for change in recording.changes).encode(),
        "truth.json": _json(recording.truth),
    }
    for share in SHARES:
        note = f"Log lines at INFO and traces are a sample of about {share:.0%} of the requests; failed ones are kept."
        kept = _kept_traces(recording.spans, share)
        files = {
            **small,
            "incident.json": _json({**recording.incident, "note": note}),
            "logs.csv.gz": _logs(recording.logs, kept),
            "traces.csv.gz": _traces(recording.spans, kept),
        }
        size = sum(len(content) for content in files.values())
        if size <= BUDGET:
            folder.mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                (folder / name).write_bytes(content)
            return size
    raise TooLarge(f"The recording does not fit {BUDGET} bytes: record less time or a lower rate.")


def _sampled(trace_id: str, share: float) -> bool:
    return int(trace_id[-8:], 16) / 2**32 < share


def _kept_traces(spans: Sequence[Row], share: float) -> frozenset[str]:
    failed = dict.fromkeys(span["trace_id"] for span in spans if span["status"] == "error")
    step = max(1, len(failed) // MOST_FAILED_TRACES)
    kept = {span["trace_id"] for span in spans if _sampled(span["trace_id"], share)}
    return frozenset(kept | set(list(failed)[::step]))


def _metrics(samples: Sequence[Sample]) -> bytes:
    columns = sorted({column for sample in samples for column in sample.values})
    rows = (
        (
            f"{sample.time:.3f}",
            sample.service,
            f"{sample.service}-0",
            *(_number(sample.values.get(column)) for column in columns),
        )
        for sample in samples
        if sample.values
    )
    return _packed(_csv(("time", "service", "instance", *columns), rows))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"


def _logs(logs: Sequence[Row], kept: frozenset[str]) -> bytes:
    calm = [line for line in logs if line["level"] == "INFO" and (not line["trace_id"] or line["trace_id"] in kept)]
    trouble = [line for line in logs if line["level"] != "INFO"]
    step = len(trouble) // MOST_TROUBLE_LINES + 1
    rows = (
        (
            f"{line['time']:.3f}",
            line["service"],
            line["instance"],
            line["level"],
            line["trace_id"],
            line["message"],
            json.dumps(line["attributes"]) if "attributes" in line else "",
        )
        for line in sorted((*calm, *trouble[::step]), key=lambda line: line["time"])
    )
    return _packed(_csv(("time", "service", "instance", "severity", "trace_id", "message", "attributes"), rows))


def _traces(spans: Sequence[Row], kept: frozenset[str]) -> bytes:
    columns = ("trace_id", "span_id", "parent_id", "service", "instance", "operation", "start", "duration_us", "status")
    chosen = sorted((span for span in spans if span["trace_id"] in kept), key=lambda span: span["start"])
    rows = (tuple(f"{span[c]:.6f}" if c == "start" else str(span[c]) for c in columns) for span in chosen)
    return _packed(_csv(columns, rows))


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def _packed(text: str) -> bytes:
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


def _json(value: Row) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()
