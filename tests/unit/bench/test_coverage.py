"""Does the measure of coverage count what it says it counts?"""

import numpy as np
import pytest

from bench.coverage import Tally, planted
from bench.signals import KINDS
from clew.hypothesis import Effect


@pytest.mark.parametrize("kind", KINDS)
def test_an_effect_leaves_the_quiet_world_and_the_truth_as_they_are(kind: str) -> None:
    quiet, loud = (planted(kind, 40, np.random.default_rng(3), effect) for effect in (0.0, 4.0))
    before = quiet.course.times < quiet.onset
    assert before.sum() == 40
    assert loud.truth == quiet.truth
    assert np.array_equal(loud.course.values[before], quiet.course.values[before])
    assert quiet.truth == pytest.approx(float(quiet.course.values[~before].mean()))
    assert np.all(loud.course.values[~before] > quiet.course.values[~before])


def test_a_tally_counts_what_was_told_and_what_was_withheld() -> None:
    probe = planted("white", 40, np.random.default_rng(3), 0.0)
    inside = Effect(metric="x", low=probe.truth - 1, high=probe.truth + 1, claimed=True, says="")
    outside = Effect(metric="x", low=probe.truth + 1, high=probe.truth + 2, says="")
    withheld = Effect(metric="x", says="can't tell")
    tally = Tally().plus(probe, inside).plus(probe, outside).plus(probe, withheld)
    assert tally == Tally(asked=3, long=3, silent=1, silent_long=1, inside=1, claimed=1)
