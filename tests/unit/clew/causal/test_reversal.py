"""Is a change that was undone found, and does it count only if the symptom went with it?"""

import numpy as np
import pytest

from clew.causal.experiment import experiments
from clew.causal.reversal import reversals
from clew.causal.ruling import Experiment, Kind, Ruling
from clew.evidence import Change
from clew.incident import Signal, Symptom
from clew.tables import Bools, Floats, Matrix, SeriesKey

SYMPTOM = Symptom(service="pay", signal=Signal.LATENCY)
TIMES = 1_000_000.0 + 60.0 * np.arange(80, dtype=np.float64)
ON, OFF, AGAIN = 40, 52, 64


def deploy(
    ref: str, at: float, commit: str | None = None, title: str = "deploy pay", before: str | None = None
) -> Change:
    return Change(ref=ref, what="deploy", at=at, service="pay", title=title, commit=commit, revision_before=before)


def flag(ref: str, at: float, state: str, name: str = "fast_path", service: str = "pay") -> Change:
    return Change(ref=ref, what="flag", at=at, service=service, title=f"{name}: {state}")


def commit(ref: str, at: float, title: str = "") -> Change:
    return Change(ref=ref, what="commit", at=at, title=title)


@pytest.mark.parametrize(
    "changes",
    [
        (deploy("a", 0, "c1"), deploy("b", 10, "c2"), deploy("c", 20, "c1")),
        (deploy("b", 10, "c2", before="c1"), deploy("c", 20, "c1")),
        (deploy("b", 10, "c2"), deploy("c", 20, "c9", title="Roll back pay")),
        (deploy("b", 10, title="deploy pay v1.4.2"), deploy("c", 20, title="deploy pay v1.4.1")),
        (commit("c1", 1), commit("c2", 2), deploy("b", 10, "c2"), deploy("c", 20, "c1")),
        (commit("c3", 15, 'Revert "Faster path"'), deploy("b", 10, "c2"), deploy("c", 20, "c3")),
        (flag("b", 10, "off->on"), flag("c", 20, "on->off")),
        (flag("b", 10, "5 % -> 50 %"), flag("c", 20, "50 % -> 5 %")),
    ],
)
def test_undoing_is_found_however_it_was_done(changes: tuple[Change, ...]) -> None:
    for given in (changes, changes[::-1]):
        (found,) = reversals(given)
        assert found.change.ref == "b"
        assert found.switches == ((10.0, True), (20.0, False))


@pytest.mark.parametrize(
    "changes",
    [
        (deploy("a", 0, "c1"), deploy("b", 10, "c2"), deploy("c", 20, "c3")),
        (deploy("b", 10, title="deploy pay v1.4.1"), deploy("c", 20, title="deploy pay v1.4.2")),
        (flag("b", 10, "off->on"), flag("c", 20, "on->off", name="other")),
        (flag("b", 10, "off->on"), flag("c", 20, "on->off", service="cart")),
        (deploy("b", 10, "c2"), deploy("b", 20, "c2")),
        (commit("c1", 1), commit("c2", 2), deploy("a", 10, "c2"), deploy("b", 10, "c1")),
        (commit("c1", 1), commit("c2", 2), deploy("a", 10, "c2", "pay v1.2"), deploy("b", 20, "c1", "pay v1.2")),
        (flag("b", 10, "on"), flag("c", 20, "off")),
        (flag("b", 10, "a" + " " * 500 + "->"), flag("c", 20, " " * 500)),
        (),
    ],
)
def test_going_on_is_no_undoing(changes: tuple[Change, ...]) -> None:
    assert reversals(changes) == ()


def test_something_third_ends_it() -> None:
    (found,) = reversals(
        (flag("a", 0, "off->on"), flag("b", 10, "on->off"), flag("c", 20, "off->shadow"), flag("d", 30, "shadow->on"))
    )
    assert found.switches == ((0.0, True), (10.0, False))
    assert found.end == 20.0


def held(*spans: tuple[int, int]) -> Bools:
    place = np.arange(len(TIMES))
    return np.any([(place >= start) & (place < end) for start, end in spans], axis=0)


def judged(sick: Bools, switches: int, load: Floats | None = None, seed: int = 3) -> Experiment:
    noise = np.exp(0.1 * np.random.default_rng(seed).standard_normal(len(TIMES)))
    rows = [(SeriesKey("pay", "", "latency-p95", "s"), 0.1 * noise * np.where(sick, 5.0, 1.0))]
    if load is not None:
        rows.append((SeriesKey("pay", "", "requests", "1/s"), load))
    moves = ((ON, "off->on"), (OFF, "on->off"), (AGAIN, "off->on"))[:switches]
    changes = tuple(flag(f"f{i}", float(TIMES[at]), state) for i, (at, state) in enumerate(moves))
    matrix = Matrix(TIMES, tuple(k for k, _ in rows), np.stack([v for _, v in rows]))
    found = [e for e in experiments(matrix, changes, float(TIMES[ON]), SYMPTOM) if e.kind is Kind.REVERSAL]
    assert len(found) == 1
    return found[0]


def test_a_symptom_that_went_with_the_change_speaks_for_it() -> None:
    found = judged(held((ON, OFF)), 2)
    assert (found.ruling, found.proven, found.change) == (Ruling.FOR, False, "f0")
    assert found.low is not None
    assert found.low > 0.2
    assert "undone" in found.says


def test_a_symptom_that_came_again_with_it_proves_it() -> None:
    found = judged(held((ON, OFF), (AGAIN, 80)), 3)
    assert (found.ruling, found.proven) == (Ruling.FOR, True)
    assert "proven" in found.says


def test_a_symptom_that_did_not_come_again_proves_nothing() -> None:
    assert judged(held((ON, OFF)), 3).ruling is Ruling.UNKNOWN


def test_a_symptom_that_stayed_speaks_against_it() -> None:
    found = judged(held((ON, 80)), 2)
    assert found.ruling is Ruling.AGAINST
    assert "stayed bad" in found.says


@pytest.mark.parametrize("end", [OFF - 5, OFF - 2, OFF + 4, OFF + 8])
def test_a_symptom_that_ended_at_another_time_does_not_count(end: int) -> None:
    assert judged(held((ON, end)), 2).ruling is not Ruling.FOR


def test_a_flat_signal_says_nothing() -> None:
    assert judged(held((0, 0)), 2).ruling is Ruling.UNKNOWN


def test_a_symptom_that_was_there_before_did_not_come_with_it() -> None:
    found = judged(held((0, OFF)), 2)
    assert found.ruling is Ruling.UNKNOWN
    assert "did not come with it" in found.says


def test_load_that_rose_and_fell_alike_could_have_done_it() -> None:
    sick = held((ON, OFF))
    assert judged(sick, 2, np.where(sick, 90.0, 30.0)).ruling is Ruling.UNKNOWN
    assert judged(sick, 2, np.full(len(TIMES), 30.0)).ruling is Ruling.FOR
