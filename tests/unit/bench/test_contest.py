"""Is one case scored for everybody, whatever state it is in?"""

from pathlib import Path

import numpy as np
import pytest

from bench.accuracy import ABSENT
from bench.baseline import ROBUST, THREE_SIGMA, Baselines, max_robust_z, sigma_count
from bench.contest import CLEW, contests
from bench.replay import Replay
from clew.limits import Limits
from tests.unit.bench.conftest import ALERT, Incident

REPLAY = Replay()
SIMPLE = Baselines({ROBUST: max_robust_z, THREE_SIGMA: sigma_count})
RIGHT = {"services": ["cart"], "change": "c1", "healthy": False}


def test_every_shift_is_told_its_own_alert(incident: Incident) -> None:
    early, late = contests(incident(truth=RIGHT), REPLAY, SIMPLE, (-60.0, 0.0))
    assert early.answer is not None
    assert late.answer is not None
    assert (early.answer.at, late.answer.at) == (ALERT - 60.0, ALERT)
    assert set(late.places) == set(late.seconds) == {CLEW, ROBUST, THREE_SIGMA}
    assert late.places[CLEW] == 0
    assert late.chance.first == pytest.approx(1 / 6), "six services could have been named"
    assert late.health_right


def test_what_does_not_end_in_time_counts_as_wrong(incident: Incident) -> None:
    hurried = Replay(Limits(investigation_seconds=0.0001))
    (told,) = contests(incident(truth=RIGHT), hurried, SIMPLE)
    assert told.answer is None
    assert told.problem == "the investigation did not end in time"
    assert told.places[CLEW] == ABSENT
    assert told.places[ROBUST] < 6
    assert told.health_right is False


def test_a_broken_file_is_named_and_the_rest_is_scored(incident: Incident) -> None:
    folder = incident(truth=RIGHT)
    (folder / "metrics.csv.gz").write_bytes(b"not gzip")
    (told,) = contests(folder, REPLAY, SIMPLE)
    assert told.problem == "no answer from recorded metrics"
    assert told.places[ROBUST] == ABSENT
    assert told.changes is not None
    assert told.changes.newest == 1, "the newest deploy was not the guilty one"


def test_a_published_case_goes_the_same_way(tmp_path: Path) -> None:
    folder = tmp_path / "RE9-XY" / "cart_cpu" / "1"
    folder.mkdir(parents=True)
    (folder / "inject_time.txt").write_text(f"{ALERT}\n")
    rng = np.random.default_rng(5)
    services = ("ads", "cart", "pay", "ship")
    lines = ["time," + ",".join(f"{service}_cpu,{service}_latency-90" for service in services)]
    for second in range(-600, 600, 2):
        cells = (
            (60.0 if second >= 0 and service == "cart" else 10.0) + rng.normal(0, 0.5) if metric == "cpu" else 0.2
            for service in services
            for metric in ("cpu", "latency-90")
        )
        lines.append(f"{ALERT + second}," + ",".join(f"{cell:.3f}" for cell in cells))
    (folder / "data.csv").write_text("\n".join(lines) + "\n")
    (told,) = contests(folder, REPLAY, SIMPLE)
    assert (told.family, told.name, told.problem) == ("RE9-XY", "cart_cpu_1", "")
    assert told.places == {CLEW: 0, ROBUST: 0, THREE_SIGMA: 0}
    assert told.changes is None
    assert told.chance.first == pytest.approx(0.25)
