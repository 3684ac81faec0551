"""Is the comparison with drain3 fair, and does it hold on the labelled samples where they are at hand."""

from pathlib import Path

import pytest

pytest.importorskip("drain3", reason="the bench extra is not installed")

from bench.templates import SIDES, Lines, judged, load, mixed, quality, race

SAMPLES = Path(__file__).parents[4] / "shared" / "data" / "loghub"


def test_a_group_is_right_only_as_a_whole() -> None:
    truth = ["a", "a", "b", "b", "c"]
    assert quality([1, 1, 2, 2, 3], truth) == (1.0, 1.0)
    assert quality([1, 1, 2, 3, 4], truth) == (0.6, 2 * 2 / 7)
    assert quality([1, 1, 1, 1, 1], truth) == (0.0, 0.0)


def test_the_mix_takes_systems_in_turn_and_keeps_their_events_apart() -> None:
    one, other = Lines("one", ("x", "y"), ("E1", "E2")), Lines("other", ("z",), ("E1",))
    assert mixed((one, other)) == Lines("mixed", ("x", "z", "y"), ("one E1", "other E1", "one E2"))


def test_every_side_is_timed_on_every_round() -> None:
    speeds = race(["user 1 paid", "user 2 paid", "stopped"] * 50, rounds=3)
    assert speeds.keys() == SIDES.keys()
    assert all(0 < speed.least <= speed.usual <= speed.most for speed in speeds.values())


def test_a_folder_without_samples_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="name a folder"):
        load(tmp_path)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the labelled samples are not beside the repository")
def test_no_system_is_grouped_worse_than_by_drain3() -> None:
    _, worse = judged(load(SAMPLES))
    assert worse == []
