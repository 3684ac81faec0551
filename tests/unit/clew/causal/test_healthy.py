"""Is health only ever said of what was measured."""

import numpy as np
import pytest

from clew.causal.analysis import analyse
from clew.causal.healthy import healthy
from clew.hypothesis import Clue, Verdict
from clew.incident import Signal, Symptom
from clew.tables import Matrix, SeriesKey, Tables

ALERT = 1_763_836_600.0
TIMES = np.arange(ALERT - 1800, ALERT + 600, 30.0)
LATENCY = Symptom(service="web", signal=Signal.LATENCY)


def quiet(service: str, what: str = "latency") -> Clue:
    return Clue(channel="quiet", service=service, amount=0.0, says=f"{service} {what} stayed usual", detail=what)


@pytest.mark.parametrize("service", ["web", ""])
def test_the_symptoms_own_quiet_signal_is_health_and_is_named(service: str) -> None:
    assert healthy((quiet(service),), LATENCY) == (True, (quiet(service),))


@pytest.mark.parametrize(
    ("clues", "symptom"),
    [
        ((), LATENCY),
        ((quiet("cart"),), LATENCY),
        ((quiet("web", "errors"),), LATENCY),
        ((quiet("web"),), Symptom(service="web", signal=Signal.ERRORS)),
        ((quiet("web"),), Symptom(service="web")),
    ],
    ids=["nothing seen", "another service", "another signal", "errors were noticed", "nothing was noticed"],
)
def test_whatever_was_not_measured_is_not_health(clues: tuple[Clue, ...], symptom: Symptom) -> None:
    assert healthy(clues, symptom) == (False, ())


@pytest.mark.parametrize(
    "channel", ["new errors", "failed spans", "errors", "resource", "self time", "edge", "traffic"]
)
def test_trouble_anywhere_is_not_health(channel: str) -> None:
    loud = Clue(channel=channel, service="cart", amount=0.9, says=channel)
    assert healthy((quiet("web"), loud), LATENCY) == (False, ())
    assert healthy((quiet("web"), loud.model_copy(update={"amount": 0.01})), LATENCY)[0]


def table(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Matrix:
    return Matrix(TIMES, (SeriesKey("web", "", "latency-p99", "s"),), values[None, :])


FLAT = 0.1 + np.random.default_rng(1).normal(0, 0.002, len(TIMES))


@pytest.mark.parametrize(
    "matrix",
    [
        Matrix.empty(),
        table(np.full(len(TIMES), np.nan)),
        table(np.where(TIMES < ALERT - 300, FLAT, np.nan)),
        table(np.where(TIMES > ALERT - 120, FLAT, np.nan)),
    ],
    ids=["no table", "never measured", "not measured since", "not measured before"],
)
def test_missing_data_never_makes_a_healthy_verdict(matrix: Matrix) -> None:
    assert analyse(Tables(matrix=matrix), ALERT, LATENCY).verdict is not Verdict.HEALTHY


def test_a_signal_measured_before_and_since_that_stayed_usual_does() -> None:
    assert analyse(Tables(matrix=table(FLAT)), ALERT, LATENCY).verdict is Verdict.HEALTHY


def test_a_signal_that_failed_before_is_not_as_usual_when_it_fails_again() -> None:
    failed_before = (TIMES > ALERT - 1500) & (TIMES < ALERT - 1350)
    again = table(np.where(failed_before | (TIMES > ALERT - 60), 2.0, FLAT))
    assert analyse(Tables(matrix=again), ALERT, LATENCY).verdict is not Verdict.HEALTHY
