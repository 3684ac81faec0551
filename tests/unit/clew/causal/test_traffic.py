"""Is a surge seen where it is one, and does it explain what grows with load."""

import numpy as np
import pytest

from clew.causal.analysis import analyse
from clew.causal.moment import Moment
from clew.causal.summary import summarise
from clew.causal.traffic import surge, traffic_clue
from clew.hypothesis import CauseKind, Clue
from clew.incident import Signal, Symptom, Window
from clew.tables import CallGraph, Matrix, SeriesKey, Tables

ONSET = 1_763_836_600.0
TIMES = np.arange(ONSET - 1800, ONSET + 600, 30.0)
MOMENT = Moment(onset=ONSET, window=Window(start=ONSET - 1800, end=ONSET + 600), alerted_at=ONSET + 60)


def clue(*factors: float) -> Clue | None:
    keys = tuple(SeriesKey(f"s{i}", "", "requests", "1/s") for i in range(len(factors)))
    rows = [np.where(TIMES >= ONSET, 50.0 * f, 50.0) for f in factors]
    matrix = Matrix(TIMES, keys, np.array(rows).reshape(len(keys), len(TIMES)))
    return traffic_clue(summarise(matrix, Matrix.empty(), MOMENT), MOMENT)


@pytest.mark.parametrize("factor", [0.3, 1.0, 1.2])
def test_flat_or_falling_traffic_has_no_amount(factor: float) -> None:
    found = clue(factor, factor)
    assert found is not None
    assert found.amount == 0.0
    assert float(found.detail) == pytest.approx(factor, abs=1e-3)


def test_a_surge_counts_by_how_far_and_how_widely_it_rose() -> None:
    amounts = [found.amount for f in ((2.0, 2.0), (3.0, 3.0), (4.0, 4.0), (9.0, 9.0)) if (found := clue(*f))]
    assert amounts == sorted(amounts)
    assert amounts[0] == pytest.approx(0.5)
    assert amounts[-1] == 1.0
    narrow, wide = clue(3.0, 1.0, 1.0), clue(3.0, 3.0, 3.0)
    assert narrow is not None
    assert wide is not None
    assert narrow.amount < wide.amount
    assert wide.onset == ONSET


def test_unmeasured_traffic_is_not_flat_traffic() -> None:
    assert clue() is None
    gone = Matrix(TIMES, (SeriesKey("web", "", "requests", "1/s"),), np.where(TIMES < ONSET - 90, 50.0, np.nan)[None])
    assert traffic_clue(summarise(gone, Matrix.empty(), MOMENT), MOMENT) is None
    keys = (SeriesKey("web", "", "requests", "1/s"),)
    never = Matrix(TIMES, keys, np.full((1, len(TIMES)), np.nan))
    assert traffic_clue(summarise(never, Matrix.empty(), MOMENT), MOMENT) is None
    assert surge(()) is None


def test_a_surge_everywhere_explains_what_grows_with_load() -> None:
    names = ("web", "cart", "pay", "stock")
    keys = [SeriesKey(s, "", m, u) for s in names for m, u in (("requests", "1/s"), ("latency-p99", "s"), ("cpu", "%"))]
    sick = TIMES >= ONSET
    rng = np.random.default_rng(1)
    rows = [
        np.where(sick, high, low) * (1 + rng.normal(0, 0.01, len(TIMES)))
        for _ in names
        for low, high in ((50.0, 300.0), (0.1, 0.4), (15.0, 60.0))
    ]
    ranking = analyse(
        Tables(matrix=Matrix(TIMES, tuple(keys), np.stack(rows)), graph=CallGraph((("web", "cart"), ("web", "pay")))),
        ONSET + 60,
        Symptom(service="web", signal=Signal.LATENCY),
    )
    opened = [d for d in ranking.drafts if not d.ruled_out]
    assert CauseKind.TRAFFIC in {d.cause.kind for d in opened}
    assert not ranking.healthy
