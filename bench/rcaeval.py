"""What does a case of the published RCAEval layout hold, as a case that every source of ours can read?

The layout is `<set>/<service>_<fault>/<n>/` with `inject_time.txt`, a wide metrics table and, in some sets, `logs.csv` and `traces.csv`.
It is rewritten once in a scratch folder; nothing that names the answer is written there.
"""

import csv
import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.truth import Truth
from clew.errors import BadCase
from tools.case.rows import CELL_BYTES, table, texts

INJECTED = "inject_time.txt"
METRICS = ("simple_metrics.csv", "simple_data.csv", "data.csv", "metrics.csv")
"""The tables of metrics by preference: the compact one is the one that its own scorers read."""
SPANS = 400_000
"""Beyond this whole traces are left out, chosen by a hash of their ids, so that what is kept is a fair sample."""
WORDS = {"load": "workload"}
"""Where the set's word for requests is another resource everywhere else."""
NO_SERVICE = frozenset({"main", "PassthroughCluster", "unknown", "istio-proxy", "istio-init"})
FRONT_DOOR = "-external"
SAME = {"frontendservice": "frontend", "redis-cart": "redis"}
"""Names in spans and logs of what the metrics call otherwise."""


class Named(NamedTuple):
    """What the folder of a case says: the set, the condition and the number of the run."""

    family: str
    case: str
    service: str
    fault: str


def named(folder: Path) -> Named | None:
    """The names of a published case, None if `folder` is not one."""
    service, line, fault = folder.parent.name.rpartition("_")
    if not line or not service or not (folder / INJECTED).is_file():
        return None
    return Named(folder.parent.parent.name, f"{folder.parent.name}_{folder.name}", service, fault)


def named_truth(name: Named) -> Truth:
    """The answer that stands in the folder's name. The store beside a service counts as the service, as in the set's own scorer."""
    return Truth(services=(name.service, f"{name.service}-db"), fault=name.fault)


def rewritten(folder: Path, into: Path) -> Path:
    """Writes the case at `folder` into the empty folder `into` and returns that. Raises BadCase."""
    found = next((folder / name for name in METRICS if (folder / name).is_file()), None)
    if found is None:
        raise BadCase(f"{folder}: no table of metrics ({', '.join(METRICS)}). Is the set unpacked completely?")
    services = _metrics(found, into / "metrics.csv.gz")
    modalities = ["metrics"]
    if _logs(folder / "logs.csv", into / "logs.csv.gz", services):
        modalities.append("logs")
    if _spans(folder / "traces.csv", into / "traces.csv.gz", services):
        modalities.append("traces")
    brief = {
        "format": 1,
        "id": "case",
        "title": "A fault was injected",
        "alerted_at": injected_at(folder),
        "modalities": modalities,
    }
    (into / "incident.json").write_text(json.dumps(brief), encoding="utf-8")
    return into


def injected_at(folder: Path) -> float:
    """Unix seconds. Raises BadCase."""
    path = folder / INJECTED
    try:
        return float(path.read_text(encoding="utf-8").split()[0])
    except (OSError, ValueError, IndexError) as error:
        raise BadCase(f"{path}: holds no time. It is one number, Unix seconds; copy the case again.") from error


def _metrics(path: Path, out: Path) -> frozenset[str]:
    """`time, service_metric, ...` as one row a time and service. Returns the services."""
    columns, _ = table(path, ("time",))
    times = columns.pop("time")
    owners: dict[str, dict[str, Sequence[str]]] = {}
    for column, cells in columns.items():
        service, line, metric = column.partition("_")
        if line and service not in NO_SERVICE and not metric.startswith("node"):
            owner = "" if service.endswith(FRONT_DOOR) else service
            owners.setdefault(owner, {})[WORDS.get(metric, metric)] = cells
    metrics = tuple(dict.fromkeys(metric for held in owners.values() for metric in held))
    blank = ("",) * len(times)

    def rows() -> Iterator[Sequence[str]]:
        for service, held in owners.items():
            cells = (held.get(metric, blank) for metric in metrics)
            yield from ((time, service, *values) for time, *values in zip(times, *cells, strict=True))

    _written(out, ("time", "service", *metrics), rows())
    return frozenset(owners) - {""}


def _logs(path: Path, out: Path, services: frozenset[str]) -> int:
    """Lines with their time in seconds. Returns how many; writes nothing where there are none."""

    def rows() -> Iterator[Sequence[str]]:
        for row in _rows(path, ("timestamp", "container_name")):
            error, message = row.get("error", ""), row.get("message", "") or row.get("log_template", "")
            yield (
                _seconds(row["timestamp"], 1e9),
                _same(row["container_name"], services),
                row.get("pod_name", ""),
                row.get("level", ""),
                message if not error or error in message else f"{message} {error}",
            )

    return _written(out, ("time", "service", "instance", "severity", "message"), rows()) if path.is_file() else 0


def _spans(path: Path, out: Path, services: frozenset[str]) -> int:
    """Spans, or whole traces of them up to the budget. Returns how many; writes nothing where there are none."""
    if not path.is_file():
        return 0

    def rows() -> Iterator[Sequence[str]]:
        for row in thinned(path):
            micro, milli = row.get("startTime", ""), row.get("startTimeMillis", "")
            yield (
                row["traceID"],
                row["spanID"],
                row["parentSpanID"],
                _same(row["serviceName"], services),
                row.get("operationName", "") or row.get("methodName", ""),
                _seconds(micro, 1e6) if micro else _seconds(milli, 1e3),
                row["duration"],
                "ERROR" if _failed(row.get("statusCode", "")) else "",
            )

    header = ("trace_id", "span_id", "parent_id", "service", "operation", "start", "duration_us", "status")
    return _written(out, header, rows())


def thinned(path: Path, budget: int = SPANS) -> Iterator[dict[str, str]]:
    """The rows of `traces.csv`: all, or whole traces of about `budget` rows together. Raises BadCase."""
    share = budget / max(budget, sum(1 for _ in texts(path)))
    for row in _rows(path, ("traceID", "spanID", "parentSpanID", "serviceName", "duration")):
        if zlib.crc32(row["traceID"].encode()) <= share * 2**32:
            yield row


def _failed(status: str) -> bool:
    """A code of gRPC beside OK, or of HTTP from 500 on."""
    try:
        code = float(status or "0")
    except ValueError:
        return False
    return 1 <= code <= 16 or code >= 500


def _seconds(text: str, unit: float) -> str:
    """A whole number of parts of a second as seconds; empty, and so a bad row, where it is none."""
    try:
        return f"{float(text) / unit:.6f}"
    except ValueError:
        return ""


def _same(name: str, services: frozenset[str]) -> str:
    other = SAME.get(name, name)
    return other if name not in services and other in services else name


def _rows(path: Path, needed: Sequence[str]) -> Iterator[dict[str, str]]:
    """The rows of a table one by one, by the names in its header; rows that do not fit it are left out. Raises BadCase."""
    csv.field_size_limit(CELL_BYTES)
    reader = csv.reader(texts(path))
    try:
        header = [name.strip().lstrip("\ufeff") for name in next(reader, [])]
        missing = [name for name in needed if name not in header]
        if missing:
            raise BadCase(f"{path}:1: no column {', '.join(missing)} in the header. Is this the published set?")
        for row in reader:
            if len(row) == len(header):
                yield dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise BadCase(f"{path}:{reader.line_num}: {error}. Is the file cut short? Copy it again.") from error


def _written(out: Path, header: Sequence[str], rows: Iterator[Sequence[str]]) -> int:
    count = 0
    with gzip.open(out, "wt", encoding="utf-8", newline="", compresslevel=1) as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for count, row in enumerate(rows, 1):  # noqa: B007 the last one is the count
            writer.writerow(row)
    if not count:
        out.unlink()
    return count
