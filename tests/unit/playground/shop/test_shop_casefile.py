"""Is a recording written in full, within its budget, and never over another?"""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from playground.shop import casefile
from playground.shop.casefile import Recording, write
from playground.shop.fault import FAULTS
from playground.shop.samples import Sample


def span(number: int, status: str = "ok") -> dict[str, Any]:
    trace = f"{(number * 2654435761) % 2**32:032x}"
    named = {"service": "web", "instance": "web-0", "operation": "GET /", "status": status}
    return {"trace_id": trace, "span_id": f"{number:016x}", "parent_id": "", "start": 1000.5, "duration_us": 7, **named}


def line(number: int, level: str) -> dict[str, Any]:
    said = {"service": "web", "instance": "web-0", "message": f'line {number}, with "quotes"\nand more'}
    return {"time": 1000.0 + number, "level": level, "trace_id": span(number)["trace_id"], **said}


def recording(spans: list[dict[str, Any]], logs: list[dict[str, Any]]) -> Recording:
    samples = [Sample(1000.0, "web", {"cpu(%)": 1.5}), Sample(1000.0, "paygate", {"probe-success(%)": 100.0})]
    incident, truth = {"format": 1, "id": "x"}, {"services": ["web"], "healthy": False}
    return Recording(incident, samples, logs, spans, [{"id": "a", "time": 1}], [("web", "cart")], truth)


def rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_everything_is_read_back_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "case"
    size = write(out, recording([span(1)], [line(1, "INFO")]))
    assert size == sum(path.stat().st_size for path in out.iterdir())
    assert rows(out / "logs.csv.gz")[0]["message"] == line(1, "INFO")["message"]
    assert rows(out / "traces.csv.gz")[0]["start"] == "1000.500000"
    metrics = rows(out / "metrics.csv.gz")
    assert [(row["service"], row["cpu(%)"], row["probe-success(%)"]) for row in metrics] == [
        ("web", "1.5", ""),
        ("paygate", "", "100"),
    ]
    assert (out / "topology.csv").read_text() == "caller,callee\nweb,cart\n"


def test_a_large_recording_is_thinned_and_keeps_what_failed(tmp_path: Path) -> None:
    spans = [span(number, "error" if number % 1000 == 0 else "ok") for number in range(1, 40_000)]
    logs = [line(number, "ERROR" if number % 1000 == 0 else "INFO") for number in range(1, 40_000)]
    assert write(tmp_path / "case", recording(spans, logs)) <= casefile.BUDGET
    traces, kept_logs = rows(tmp_path / "case" / "traces.csv.gz"), rows(tmp_path / "case" / "logs.csv.gz")
    assert 39 < len(traces) < 39_000
    assert sum(row["status"] == "error" for row in traces) == 39
    assert sum(row["severity"] == "ERROR" for row in kept_logs) == 39
    assert {row["trace_id"] for row in kept_logs} <= {row["trace_id"] for row in traces}


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(FileExistsError, match="new folder"):
        write(tmp_path, recording([], []))
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def bundled() -> list[Path]:
    folder = Path(__file__).parents[4] / "playground" / "incidents"
    return sorted(path.parent for path in folder.glob("*/incident.json"))


@pytest.mark.parametrize("case", bundled(), ids=lambda case: case.name)
def test_a_bundled_recording_is_small_and_whole(case: Path) -> None:
    assert sum(path.stat().st_size for path in case.iterdir()) < 400_000
    incident = json.loads((case / "incident.json").read_text())
    truth = json.loads((case / "truth.json").read_text())
    metrics = rows(case / "metrics.csv.gz")
    times = [float(row["time"]) for row in metrics]
    assert incident["id"] == case.name
    assert truth["extra"]["broken_at"] < incident["alerted_at"] < max(times) + 1
    assert truth["extra"]["broken_at"] - min(times) > 200
    changes = [json.loads(text) for text in (case / "changes.jsonl").read_text().splitlines()]
    assert truth["change"] in {None, "none"} | {change["id"] for change in changes}
    edges = {
        service for row in csv.DictReader((case / "topology.csv").read_text().splitlines()) for service in row.values()
    }
    assert set(truth["services"]) <= edges
    assert {row["service"] for row in metrics} == edges


def test_every_fault_has_been_recorded() -> None:
    """A fault whose alert never fired in a real run would be a promise, not a fault."""
    recorded = {json.loads((case / "truth.json").read_text())["category"] for case in bundled()}
    assert recorded == set(FAULTS)


def test_recordings_do_not_say_their_answer_outside_truth() -> None:
    for case in bundled():
        told = (case / "incident.json").read_text() + (case / "changes.jsonl").read_text()
        fault = json.loads((case / "truth.json").read_text())["fault"]
        assert fault not in told
