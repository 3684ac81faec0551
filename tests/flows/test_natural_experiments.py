"""Do two recorded incidents, a bad canary and a traffic shock on both arms, come out right from the files to the verdict's trial?"""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clew.causal.analysis import analyse
from clew.causal.experiment import TRIAL, experiment_clues, experiment_trials, experiments
from clew.causal.ranking import Draft, Ranking
from clew.causal.ruling import Experiment, Kind, Ruling
from clew.hypothesis import Cause, CauseKind, Confidence, Outcome
from clew.incident import Signal, Symptom, Window
from clew.ports import ChangeSource, GraphSource, LogSource, MetricSource
from clew.tables import Tables
from tools.recorded import recorded_sources

ALERT = 1_790_000_000.0
ONSET = ALERT - 120.0
SYMPTOM = Symptom(service="web", signal=Signal.ERRORS, metric="error_ratio")
TIMES = ONSET + 60.0 * np.arange(-60, 16, dtype=np.float64)
COMMIT = "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432"


def case(folder: Path, *, canary: float, both: float, load: float) -> Path:
    """A recorded shop: `web` calls `pay`; from the onset pay's arms err so many times more, and requests are so many times as many."""
    place = folder / "family" / "case"
    place.mkdir(parents=True)
    rng = np.random.default_rng(7)
    rows = ["time,service,instance,track,version,error_ratio,requests(1/s)"]
    for at in TIMES:
        sick = at >= ONSET
        arms = (("pay-a", "stable", "v41", 1.0), ("pay-b", "stable", "v41", 1.0), ("pay-c", "canary", "v42", canary))
        for pod, track, version, times in arms:
            errors = 0.003 * float(np.exp(0.15 * rng.standard_normal())) * (times * both if sick else 1.0)
            busy = 30.0 * float(np.exp(0.05 * rng.standard_normal())) * (load if sick else 1.0)
            rows.append(f"{at},pay,{pod},{track},{version},{errors:.6f},{busy:.3f}")
        felt = 0.002 * float(np.exp(0.15 * rng.standard_normal())) * ((2 + canary) / 3 * both if sick else 1.0)
        rows.append(f"{at},web,,,,{felt:.6f},{90.0 * (load if sick else 1.0):.3f}")
        rows.append(f"{at},cart,,,,0.001,{40.0 * (load if sick else 1.0):.3f}")
    packed(place / "metrics.csv.gz", rows)
    logs = ["time,service,severity,message"]
    for at in TIMES:
        logs.append(f"{at},pay,INFO,charged order {int(at) % 9973}")
        if at >= ONSET and canary > 1:
            logs += [f"{at + n},pay,ERROR,charge failed: currency table of region {n} is empty" for n in range(3)]
    packed(place / "logs.csv.gz", logs)
    diff = "@@ def charge @@\n-    table = currencies(region)\n+    table = currencies(region, cached=True)\n"
    diff += "+    if not table: raise ChargeFailed"
    changes: list[dict[str, Any]] = [
        {
            "id": COMMIT,
            "kind": "commit",
            "time": ONSET - 900,
            "title": "Read the currency table from the cache",
            "files": ["pay/currency.py"],
            "diff": diff,
        },
        {
            "id": "deploy-42",
            "kind": "deploy",
            "time": ONSET - 100,
            "service": "pay",
            "title": "deploy pay",
            "extra": {"commit": COMMIT, "version": "v42"},
        },
    ]
    (place / "changes.jsonl").write_text("\n".join(json.dumps(change) for change in changes))
    (place / "topology.csv").write_text("caller,callee\nweb,pay\nweb,cart\n")
    brief = {
        "format": 1,
        "id": "case",
        "family": "family",
        "system": "Shop",
        "title": "web errs",
        "alerted_at": ALERT,
        "severity": "high",
        "symptom": {"service": "web", "signal": "errors", "metric": "error_ratio"},
        "baseline": None,
        "modalities": ["metrics", "logs", "changes", "topology"],
        "note": None,
    }
    (place / "incident.json").write_text(json.dumps(brief))
    return place


def packed(path: Path, lines: list[str]) -> None:
    path.write_bytes(gzip.compress("\n".join(lines).encode()))


async def seen(folder: Path) -> tuple[Ranking, tuple[Experiment, ...]]:
    """The whole analysis of a recorded case, and its natural experiments."""
    window = Window(start=ALERT - 6 * 3600, end=ALERT + 900)
    found: dict[str, Any] = {}
    for source in recorded_sources(folder):
        if isinstance(source, MetricSource):
            found["matrix"] = await source.matrix(window)
        if isinstance(source, LogSource):
            found["lines"] = await source.lines(window)
        if isinstance(source, ChangeSource):
            found["changes"] = await source.changes(window)
        if isinstance(source, GraphSource):
            found["graph"] = await source.graph(window)
    tables = Tables(**found)
    ranking = analyse(tables, ALERT, SYMPTOM)
    return ranking, experiments(tables.matrix, tables.changes.changes, ranking.onset, SYMPTOM)


def blamed(change: str) -> Draft:
    cause = Cause(kind=CauseKind.CHANGE, service="pay", change=change)
    return Draft(key=f"change:{change}", cause=cause, title="a change", confidence=Confidence.POSSIBLE, weight=1.0)


async def test_a_bad_canary_is_the_cause(tmp_path: Path) -> None:
    ranking, found = await seen(case(tmp_path, canary=20.0, both=1.0, load=1.0))
    assert ranking.services[0] == "pay"
    assert ranking.changes[0] == COMMIT
    (canary,) = [one for one in found if one.kind is Kind.CANARY]
    assert (canary.ruling, canary.change, canary.commit) == (Ruling.FOR, "deploy-42", COMMIT)
    assert canary.treated.after == pytest.approx(6.0, rel=0.15)
    assert canary.control.after == pytest.approx(0.3, rel=0.15)
    assert [c.amount > 0 for c in experiment_clues(found)] == [True]
    first = next(d for d in ranking.drafts if d.cause.change == COMMIT)
    assert [t.outcome for t in experiment_trials(first, found)] == [Outcome.PASSED]
    assert [t.outcome for t in first.trials if t.name == TRIAL] == [Outcome.PASSED]


async def test_a_traffic_shock_on_both_arms_does_not_blame_the_deploy(tmp_path: Path) -> None:
    ranking, found = await seen(case(tmp_path, canary=1.0, both=20.0, load=5.0))
    (canary,) = [one for one in found if one.kind is Kind.CANARY]
    assert canary.ruling is Ruling.AGAINST
    assert [c.amount for c in experiment_clues(found)] == [0.0]
    for change in (COMMIT, "deploy-42"):
        assert [t.outcome for t in experiment_trials(blamed(change), found)] == [Outcome.FAILED]
    assert ranking.drafts[0].cause.change is None
    told = [t.outcome for d in ranking.drafts for t in d.trials if t.name == TRIAL and d.cause.change == COMMIT]
    assert told == [Outcome.FAILED]
    assert ranking.changes[0] == "none"
