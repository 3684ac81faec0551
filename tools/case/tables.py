"""What do the files of a case hold, as the tables that sweeps read?"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import numpy as np

from clew.errors import BadCase
from clew.evidence import Change
from clew.tables import CallGraph, ChangeTable, Floats, LogTable, Matrix, SeriesKey, Spans
from tools.case.rows import MENDING, coded, moments, numbers, table, texts
from tools.redact import redacted

MESSAGE_CHARACTERS = 8_000
LINES = 200_000
CHANGES = 5_000
DIFF_CHARACTERS = 20_000
LABELS = frozenset(("track", "version", "flag", "zone", "region"))
"""Columns of the metrics that are no measure but tell two series of one metric apart."""
What = Literal["commit", "deploy", "flag", "config"]
KINDS: dict[str, What] = {"commit": "commit", "deploy": "deploy", "flag": "flag", "config": "config"}
AnyTable = TypeVar("AnyTable", Matrix, LogTable, Spans)


def read_metrics(path: Path) -> tuple[Matrix, int]:
    """metrics.csv.gz on one grid of its own times, and the number of bad rows. Of two values for one cell the later row wins."""
    columns, dropped = table(path, ("time", "service"))
    times = moments(columns.pop("time"))
    services = columns.pop("service")
    instances = columns.pop("instance", ("",) * len(services))
    labelled = [name for name in columns if name.strip().lower() in LABELS]
    labels = [columns.pop(name) for name in labelled]
    good = ~np.isnan(times)
    dropped += int((~good).sum())
    grid, place = np.unique(times[good], return_inverse=True)
    owner, owners = coded(tuple("\x1f".join(cells) for cells in zip(services, instances, *labels, strict=True)))
    owner = owner[good]
    keys: list[SeriesKey] = []
    rows: list[Floats] = []
    for name, cells in columns.items():
        values = numbers(cells)[good]
        seen = ~np.isnan(values)
        for index in np.unique(owner[seen]):
            mine = seen & (owner == index)
            line = np.full(len(grid), np.nan)
            line[place[mine]] = values[mine]
            service, instance, *marks = owners[index].split("\x1f", 1 + len(labels))
            told = tuple((n.strip().lower(), m) for n, m in zip(labelled, marks, strict=True) if m)
            keys.append(SeriesKey(service, instance, *_named(name), labels=told))
            rows.append(line)
    values = np.vstack(rows) if rows else np.empty((0, len(grid)))
    return Matrix(grid, tuple(keys), values), dropped


def _named(column: str) -> tuple[str, str]:
    """`latency-p90(s)` is the metric `latency-p90` in `s`."""
    name, bracket, unit = column.partition("(")
    return (name.strip(), unit[:-1]) if bracket and unit.endswith(")") else (column.strip(), "")


def read_logs(path: Path) -> tuple[LogTable, int]:
    """logs.csv.gz in order of time, redacted and cut, and the number of bad rows. Beyond LINES the oldest are left out."""
    columns, dropped = table(path, ("time", "service", "message"))
    times = moments(columns["time"])
    order = np.argsort(times, kind="stable")  # NaN sorts last
    bad = int(np.isnan(times).sum())
    order = order[: len(order) - bad]
    over = max(0, len(order) - LINES)
    order = order[over:]
    count = len(columns["time"])
    service, services = coded(columns["service"])
    severity, severities = coded(tuple(cell.strip().upper() for cell in columns.get("severity", ("",) * count)))
    trace, traces = coded(("", *columns.get("trace_id", ("",) * count)))
    messages = columns["message"]
    logs = LogTable(
        times=times[order],
        service=service[order],
        severity=severity[order],
        trace=(trace[1:] - 1)[order],  # code 0 is "no trace id", which the table writes as -1
        messages=tuple(_message(messages[i]) for i in order),
        services=services,
        severities=severities,
        traces=traces[1:],
        dropped=over,
    )
    return logs, dropped + bad


def _message(text: str) -> str:
    clean = redacted(text[: MESSAGE_CHARACTERS * 2])
    return clean if len(clean) <= MESSAGE_CHARACTERS else clean[:MESSAGE_CHARACTERS] + " [cut]"


def read_spans(path: Path) -> tuple[Spans, int]:
    """traces.csv.gz by start time, and the number of bad rows. A parent that is not in the file is -1."""
    columns, dropped = table(path, ("trace_id", "span_id", "parent_id", "service", "start", "duration_us"))
    start, took = moments(columns["start"]), numbers(columns["duration_us"])
    good = ~np.isnan(start) & (took >= 0)
    dropped += int((~good).sum())
    order = np.argsort(start, kind="stable")
    order = order[good[order]]
    count = len(start)
    trace, traces = coded(columns["trace_id"])
    service, services = coded(columns["service"])
    operation, operations = coded(columns.get("operation", ("",) * count))
    status = columns.get("status", ("",) * count)
    spans = Spans(
        trace=trace[order],
        parent=_parents(columns, order),
        service=service[order],
        operation=operation[order],
        start=start[order],
        duration=took[order] / 1e6,
        error=np.array([_failed(status[i]) for i in order], dtype=np.bool_),
        traces=traces,
        services=services,
        operations=tuple(redacted(name) for name in operations),  # a path can carry a token
    )
    return spans, dropped


def _parents(columns: dict[str, tuple[str, ...]], order: Any) -> Any:
    """Rows of the parents. Span ids are looked up by themselves: some recorders mix up trace ids, none repeat span ids
    except authored ones, and for those the same trace decides first."""
    spans, parents, traces = columns["span_id"], columns["parent_id"], columns["trace_id"]
    exact = {(traces[i], spans[i]): row for row, i in enumerate(order)}
    loose: dict[str, int] = {}
    for row, i in enumerate(order):
        loose[spans[i]] = -1 if spans[i] in loose else row
    found = (exact.get((traces[i], parents[i]), loose.get(parents[i], -1)) if parents[i] else -1 for i in order)
    rows = np.fromiter(found, dtype=np.int32, count=len(order))
    rows[rows == np.arange(len(rows))] = -1  # a span is not its own parent
    return rows


def _failed(status: str) -> bool:
    return bool(status) and (status.strip().upper() in {"ERROR", "FAIL", "FAILED", "2"} or status.strip()[:1] == "5")


def read_changes(path: Path) -> tuple[ChangeTable, int]:
    """changes.jsonl in order of time, redacted, diffs cut, and the number of lines that were no change."""
    found: list[Change] = []
    dropped = 0
    for number, line in enumerate(texts(path), 1):
        if not line.strip():
            continue
        change = _change(line)
        if change is None:
            dropped += 1
        else:
            found.append(change)
        if number > CHANGES:
            raise BadCase(f"{path}:{number}: more than {CHANGES:,} changes. Record a shorter stretch of time.")
    if dropped and not found:
        raise BadCase(f"{path}:1: no line is a change as JSON with an id and a time. {MENDING}")
    return ChangeTable(tuple(sorted(found, key=lambda c: c.at))), dropped


def _change(line: str) -> Change | None:
    try:
        raw: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict):
        return None
    given = cast(dict[str, Any], raw)
    ref, at = given.get("id"), given.get("time")
    if (
        not isinstance(ref, str)
        or not ref
        or isinstance(at, bool)
        or not isinstance(at, int | float)
        or not 0 <= at < 1e11
    ):
        return None
    extra = cast(dict[str, Any], given["extra"]) if isinstance(given.get("extra"), dict) else {}
    files = given.get("files")
    diff = _text(given.get("diff"))
    what: What = KINDS.get(_text(given.get("kind")), "commit")
    return Change(
        ref=ref[:200],
        what=what,
        at=float(at),
        service=_text(given.get("service")) or None,
        author=_text(given.get("author")) or None,
        title=redacted(_title(given, extra))[:500],
        files=tuple(str(name)[:500] for name in cast(list[Any], files)[:200]) if isinstance(files, list) else (),
        diff=redacted(diff[: DIFF_CHARACTERS * 2])[:DIFF_CHARACTERS] if diff else None,
        commit=_text(extra.get("commit")) or None,
    )


def _title(given: dict[str, Any], extra: dict[str, Any]) -> str:
    """The title with the version that a deploy brought out, where it does not say it itself."""
    title, version = _text(given.get("title")), _text(extra.get("version"))[:100]
    return title if version in title else f"{title} {version}".strip()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def read_topology(path: Path) -> tuple[CallGraph, int]:
    """topology.csv as a graph."""
    columns, dropped = table(path, ("caller", "callee"))
    pairs = {(a.strip(), b.strip()) for a, b in zip(columns["caller"], columns["callee"], strict=True)}
    edges = tuple(sorted((a, b) for a, b in pairs if a and b and a != b))
    return CallGraph(edges, path.name, services=tuple(sorted({name for edge in edges for name in edge}))), dropped


def derived_graph(spans: Spans) -> CallGraph:
    """Who calls whom as the spans show it: a child of another service is a call."""
    child = np.flatnonzero(spans.parent >= 0)
    caller, callee = spans.service[spans.parent[child]], spans.service[child]
    other = caller != callee
    pairs = (
        np.unique(np.stack([caller[other], callee[other]], axis=1), axis=0) if other.any() else np.empty((0, 2), int)
    )
    edges = tuple(sorted((spans.services[a], spans.services[b]) for a, b in pairs))
    return CallGraph(edges, "spans", services=tuple(sorted(name for name in spans.services if name)))


def until(found: AnyTable, end: float) -> AnyTable:
    """The rows at or before `end`: the window with its history."""
    if isinstance(found, Matrix):
        stop = int(np.searchsorted(found.times, end, side="right"))
        return (
            found
            if stop == len(found.times)
            else replace(found, times=found.times[:stop], values=found.values[:, :stop])
        )
    if isinstance(found, LogTable):
        stop = int(np.searchsorted(found.times, end, side="right"))
        if stop == len(found):
            return found
        cut: dict[str, Any] = {
            name: getattr(found, name)[:stop] for name in ("times", "service", "severity", "trace", "messages")
        }
        return replace(found, **cut)
    stop = int(np.searchsorted(found.start, end, side="right"))
    if stop == len(found):
        return found
    names = ("trace", "parent", "service", "operation", "start", "duration", "error")
    spans: dict[str, Any] = {name: getattr(found, name)[:stop] for name in names}
    spans["parent"] = np.where(spans["parent"] < stop, spans["parent"], -1).astype(np.int32)
    return replace(found, **spans)


Reader = Callable[[Path], tuple[Any, int]]
