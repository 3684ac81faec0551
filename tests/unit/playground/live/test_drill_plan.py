"""Which runs a drill makes: every fault at least once, controls between them."""

import pytest

from playground.live.drill import Plan, named_faults, scheduled
from playground.shop.fault import FAULTS, UnknownFault


def test_all_means_every_fault_but_the_false_alarm() -> None:
    assert set(named_faults("all")) == set(FAULTS) - {"nothing"}
    assert named_faults(" pool, cpu") == ("pool", "cpu")


def test_an_unknown_fault_is_refused_with_the_list() -> None:
    with pytest.raises(UnknownFault, match="bystander"):
        named_faults("pool,flood")


@pytest.mark.parametrize(("runs", "controls"), [(1, 0), (7, 3), (24, 2), (2, 9)])
def test_runs_are_spread_evenly_and_every_fault_comes(runs: int, controls: int) -> None:
    made = scheduled(Plan(("pool", "cpu", "leak"), runs, controls))
    counts = [made.count(name) for name in ("pool", "cpu", "leak")]
    assert sum(counts) == max(3, runs)
    assert max(counts) - min(counts) <= 1
    assert made.count("nothing") == controls
