"""Is the rate at which a test fires without a cause counted honestly?"""

import numpy as np
import pytest

from clew.causal.placebo import ENOUGH, of_change, of_errors, of_signal
from clew.causal.scene import Scene, row_signal
from clew.evidence import Change
from clew.tables import LogTable
from clew.testing.worlds import LENGTH, ONSET, START, World


def scene(world: World) -> Scene:
    return Scene.of(world.tables(), world.moment, world.symptom)


def test_a_shift_that_never_happened_before_is_rare() -> None:
    world = World(1)
    for service in ("db", "cart", "pay"):
        world.put(service, "cpu", 20.0, world.trouble(), 40.0 if service == "db" else 0.0)
    whole = scene(world)
    found = of_signal(whole, row_signal(whole.grid, 0), ONSET)
    assert found is not None
    assert found.windows >= 3 * ENOUGH
    assert found.rare
    assert not found.often


def test_a_series_that_jumps_all_the_time_fires_often() -> None:
    world = World(2)
    jumps = np.where((world.times // 200) % 2 == 0, 1.0, 0.0)
    world.put("db", "cpu", 20.0, jumps, 40.0)
    whole = scene(world)
    found = of_signal(whole, row_signal(whole.grid, 0), ONSET + 200)
    assert found is not None
    assert not found.rare


def test_on_noise_the_rate_is_about_what_it_says() -> None:
    """A shift picked at a random time of pure noise is called rare in about one of ten worlds, as the bar says."""
    rare = 0
    for seed in range(60):
        world = World(seed)
        world.put("db", "cpu", 20.0, world.trouble(), 0.0)
        whole = scene(world)
        found = of_signal(whole, row_signal(whole.grid, 0), ONSET)
        rare += found is not None and found.windows >= ENOUGH and found.rare
    assert rare <= 12


def table(rows: list[tuple[float, str]]) -> LogTable:
    rows = sorted(rows)
    return LogTable(
        times=np.array([at for at, _ in rows]),
        service=np.zeros(len(rows), dtype=np.int32),
        severity=np.zeros(len(rows), dtype=np.int32),
        trace=np.full(len(rows), -1, dtype=np.int32),
        messages=tuple(text for _, text in rows),
        services=("cart",),
        severities=("ERROR",),
        traces=(),
    )


def test_a_service_that_always_finds_new_errors_shows_it() -> None:
    words = (
        "alpha",
        "bravo",
        "delta",
        "echo",
        "golf",
        "hotel",
        "kilo",
        "lima",
        "mike",
        "oscar",
        "papa",
        "romeo",
        "tango",
    )
    noisy = table([(START + 210.0 * i, f"cannot reach {word} because {word} is away") for i, word in enumerate(words)])
    calm = table([(START + 60.0 * i, "connection reset by peer") for i in range(45)])
    moment = World().moment
    often, never = of_errors(noisy, LogTable.empty(), moment), of_errors(calm, LogTable.empty(), moment)
    assert often is not None
    assert never is not None
    assert often.fired > 0.5 * often.windows
    assert never.fired == 0
    assert of_errors(LogTable.empty(), LogTable.empty(), moment) is None


@pytest.mark.parametrize(("gap", "fired"), [(150.0, True), (3000.0, False)])
def test_deploys_every_few_minutes_are_near_any_moment(gap: float, fired: bool) -> None:
    changes = [Change(ref=f"d{at}", what="deploy", at=float(at)) for at in np.arange(START, ONSET - 300, gap)]
    found = of_change(changes, "mine", ONSET - 120, ONSET, START)
    assert found is not None
    assert found.windows == 24
    assert found.often is fired
    assert of_change(changes, "mine", ONSET + LENGTH, ONSET, START) is None
