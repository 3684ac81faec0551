"""Does the filter give what the whole covariance matrix would, gaps included?"""

import numpy as np
import pytest

from clew.causal.whitening import MEMORIES, whitened

TIMES = np.array([0.0, 60.0, 120.0, 300.0, 360.0, 420.0, 1020.0, 1080.0, 1140.0])
LATER = np.array([1200.0, 1260.0, 1560.0])
STEP = 60.0


@pytest.mark.parametrize("place", range(len(MEMORIES)), ids=[f"keep {m.keep}, fresh {m.fresh}" for m in MEMORIES])
def test_the_filter_is_the_covariance_matrix_taken_apart(place: int) -> None:
    memory = MEMORIES[place]
    rng = np.random.default_rng(3)
    columns = np.stack([np.ones(len(TIMES)), rng.standard_normal(len(TIMES))], axis=1)
    every = np.concatenate((TIMES, LATER))
    gaps = np.abs(every[:, None] - every[None, :]) / STEP
    whole = (1 - memory.fresh) * memory.keep**gaps + memory.fresh * np.eye(len(every))
    past, across, ahead = whole[:9, :9], whole[9:, :9], whole[9:, 9:]
    seen = whitened(TIMES, columns, LATER)
    assert seen.innovations[place].T @ seen.innovations[place] == pytest.approx(
        columns.T @ np.linalg.solve(past, columns)
    )
    assert seen.weight[place] == pytest.approx(0.5 * np.linalg.slogdet(past)[1])
    assert seen.ahead[place] == pytest.approx(across @ np.linalg.solve(past, columns), abs=1e-9)
    assert seen.covariance[place] == pytest.approx(ahead - across @ np.linalg.solve(past, across.T), abs=1e-9)


def test_the_priors_of_the_memories_are_one_together() -> None:
    assert sum(memory.prior for memory in MEMORIES) == pytest.approx(1.0)
