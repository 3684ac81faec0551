"""Do whole tables, good and bad, come out as the right ranking."""

import numpy as np
import pytest

from clew.causal.analysis import analyse
from clew.hypothesis import Verdict
from clew.incident import Signal, Symptom
from clew.tables import CallGraph, LogTable, Matrix, SeriesKey, Tables

ALERT = 1_000_000.0
SYMPTOM = Symptom(service="web", signal=Signal.LATENCY, metric="latency-p99")


def matrix(step: float, fault: float, seed: int = 1) -> Matrix:
    """Three services for 20 minutes; from 60 s before the alert cart's CPU is `fault` times higher and web is slow with it."""
    rng = np.random.default_rng(seed)
    times = np.arange(ALERT - 900, ALERT + 300, step)
    broken = times >= ALERT - 60
    rows: list[tuple[SeriesKey, np.ndarray[tuple[int], np.dtype[np.float64]]]] = []
    for service, level in (("web", 20.0), ("cart", 15.0), ("pay", 10.0), ("stock", 12.0)):
        cpu = level + rng.normal(0, 0.5, len(times))
        slow = 0.1 + np.abs(rng.normal(0, 0.005, len(times)))
        if service == "cart":
            cpu = np.where(broken, cpu * fault, cpu)
        if service in ("web", "cart"):
            slow = np.where(broken, slow * fault, slow)
        rows += [(SeriesKey(service, "", "cpu", "%"), cpu), (SeriesKey(service, "", "latency-p99", "s"), slow)]
    return Matrix(times, tuple(k for k, _ in rows), np.stack([v for _, v in rows]))


GRAPH = CallGraph((("web", "cart"), ("web", "pay"), ("cart", "stock")))


@pytest.mark.parametrize("step", [5.0, 30.0, 60.0])
@pytest.mark.parametrize("late", [-120.0, 0.0, 120.0])
def test_the_strained_service_comes_first_however_the_alert_is_off(step: float, late: float) -> None:
    ranking = analyse(Tables(matrix=matrix(step, 6.0), graph=GRAPH), ALERT + late, SYMPTOM)
    assert ranking.services[0] == "cart"
    assert ranking.onset is not None
    assert abs(ranking.onset - (ALERT - 60)) <= step + 1


def test_nothing_wrong_is_healthy() -> None:
    assert analyse(Tables(matrix=matrix(10.0, 1.0), graph=GRAPH), ALERT, SYMPTOM).verdict is Verdict.HEALTHY


def test_rows_in_another_order_give_the_same_answer() -> None:
    one = matrix(30.0, 6.0)
    other = Matrix(one.times, one.keys[::-1], one.values[::-1])
    assert analyse(Tables(matrix=one, graph=GRAPH), ALERT, SYMPTOM) == analyse(
        Tables(matrix=other, graph=GRAPH), ALERT, SYMPTOM
    )


def test_clock_jitter_of_a_second_changes_nothing_that_matters() -> None:
    one = matrix(30.0, 6.0)
    times = np.sort(np.concatenate((one.times, one.times + 1.0)))
    values = np.full((len(one.keys), len(times)), np.nan)
    values[::2, ::2], values[1::2, 1::2] = one.values[::2], one.values[1::2]
    assert analyse(Tables(matrix=Matrix(times, one.keys, values), graph=GRAPH), ALERT, SYMPTOM).services[0] == "cart"


def empty_of_numbers() -> Matrix:
    whole = matrix(30.0, 6.0)
    return Matrix(whole.times, whole.keys, np.full_like(whole.values, np.nan))


def two_samples() -> Matrix:
    whole = matrix(60.0, 6.0)
    return Matrix(whole.times[:2], whole.keys, whole.values[:, :2])


def infinite() -> Matrix:
    whole = matrix(60.0, 6.0)
    return Matrix(whole.times[::-1], whole.keys, np.where(whole.values > 50, np.inf, whole.values)[:, ::-1])


@pytest.mark.parametrize("bad", [Matrix.empty(), empty_of_numbers(), two_samples(), infinite()])
def test_bad_metrics_end_in_an_answer_and_never_in_health(bad: Matrix) -> None:
    ranking = analyse(Tables(matrix=bad, graph=CallGraph((("web", "cart"), ("cart", "web")))), ALERT, SYMPTOM)
    assert not ranking.healthy
    assert ranking.verdict in (Verdict.NOT_FOUND, Verdict.CAUSE)


def test_a_new_error_leads_to_the_service_that_erred_first_in_its_trace() -> None:
    times, service, trace, messages = list[float](), list[int](), list[int](), list[str]()
    for i in range(200):
        times.append(ALERT - 900 + 5 * i)
        service.append(i % 2)
        trace.append(-1)
        messages.append(f"served request {i} in {i % 7} ms")
    for i in range(20):
        for who, delay, text in (
            (1, 0.0, f"no stock row for order {i}"),
            (0, 0.01, f"call to stock failed for request {i}"),
        ):
            times.append(ALERT - 50 + 5 * i + delay)
            service.append(who)
            trace.append(i)
            messages.append(text)
    order = np.argsort(np.array(times))
    severity = np.array([0] * 200 + [1] * 40, dtype=np.int32)[order]
    table = LogTable(
        np.array(times)[order],
        np.array(service, dtype=np.int32)[order],
        severity,
        np.array(trace, dtype=np.int32)[order],
        tuple(messages[i] for i in order),
        ("web", "stock"),
        ("INFO", "ERROR"),
        tuple(f"t{i}" for i in range(20)),
    )
    ranking = analyse(
        Tables(matrix=matrix(30.0, 1.0), lines=table), ALERT, Symptom(service="web", signal=Signal.ERRORS)
    )
    assert ranking.services[0] == "stock"
    assert not ranking.healthy
