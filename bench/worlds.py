"""What do two arms of one service look like in which nothing differs, or so much as is planted?"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from clew.tables import Floats, Matrix, SeriesKey

STEP = 60.0
START = 1_000_000.0
Rng = np.random.Generator


@dataclass(frozen=True, eq=False)
class World:
    """Two arms of one service on one grid, nothing planted yet; `later` marks the incident."""

    stable: Floats
    """(R, T): one row per pod."""
    canary: Floats
    """(R, T); NaN where a pod did not exist yet."""
    later: Floats
    unit: str = "s"
    load: Floats | None = None
    """Requests of each pod, (R, T), stable first."""
    redrawn: Callable[[float], Floats] | None = None
    """Draws the canary anew, so many times worse: a count of none is none however often it is taken."""
    rate: float = 0.0
    """The share of errors that such a canary has of itself after the start."""

    def planted(self, times: float) -> "World":
        """The same with the canary so many times worse from the start on."""
        if self.redrawn is not None:
            return replace(self, canary=self.redrawn(times))
        return replace(self, canary=np.where(self.later > 0, self.canary * times, self.canary))

    def matrix(self) -> Matrix:
        """As a source would hand it over."""
        metric = "latency-p95" if self.unit == "s" else "error_ratio"
        keys: list[SeriesKey] = []
        for track, rows in (("stable", self.stable), ("canary", self.canary)):
            keys += [SeriesKey("pay", f"{track}-{i}", metric, self.unit, (("track", track),)) for i in range(len(rows))]
        values = [*self.stable, *self.canary]
        if self.load is not None:
            keys += [SeriesKey("pay", key.instance, "requests", "1/s", key.labels) for key in keys]
            values += [*self.load]
        return Matrix(
            START + STEP * (np.arange(self.stable.shape[1]) - np.sum(self.later == 0)), tuple(keys), np.stack(values)
        )


Maker = Callable[[Rng, Floats], World]
"""Makes a world whose arms differ in nothing but what its name says."""


def autoregression(rng: Rng, count: int, keep: float) -> Floats:
    """Noise of unit variance in which so much of each sample is kept in the next."""
    fresh, out = rng.standard_normal(count) * np.sqrt(1 - keep**2), np.empty(count)
    level = rng.standard_normal()
    for i in range(count):
        level = keep * level + fresh[i]
        out[i] = level
    return out


def noisy(keep: float, spread: float = 0.15, shock: float = 1.0, pods: int = 2) -> Maker:
    """Latency with memory of its own in each pod, pods a tenth apart; `shock` hits all of them."""

    def made(rng: Rng, later: Floats) -> World:
        rows = np.stack([autoregression(rng, len(later), keep) for _ in range(pods + 1)])
        level = 0.1 * np.exp(0.1 * rng.standard_normal((pods + 1, 1)))
        values = level * np.exp(spread * rows) * np.where(later > 0, shock, 1.0)
        return World(values[:pods], values[pods:], later)

    return made


def _bursty(rng: Rng, later: Floats) -> World:
    """Each pod now and then has minutes of fivefold latency of its own, with heavy tails throughout."""
    values = 0.1 * (1.0 + 0.3 * rng.pareto(2.5, (3, len(later))))
    for row in values:
        for at in np.flatnonzero(rng.random(len(row)) < 0.02):
            row[at : at + int(rng.integers(1, 7))] *= 5.0
    return World(values[:2], values[2:], later)


def _additive(rng: Rng, later: Floats) -> World:
    """A shared dependency adds the same to arms that were not equally fast."""
    world = noisy(0.5)(rng, later)
    added = np.where(later > 0, 0.4, 0.0)
    return World(world.stable + added, 0.6 * world.canary + added, later)


def _surge(rng: Rng, later: Floats) -> World:
    """Three times the traffic on all pods, and latency that rises with it."""
    load = 30.0 * np.exp(0.1 * rng.standard_normal((3, len(later)))) * np.where(later > 0, 3.0, 1.0)
    values = 0.1 * np.exp(0.15 * rng.standard_normal((3, len(later)))) * (load / 30.0) ** 1.5
    return World(values[:2], values[2:], later, load=load)


def _counted(shock: float) -> Maker:
    """Errors of few requests: the canary gets one in twenty."""

    def made(rng: Rng, later: Floats) -> World:
        share = 0.004 * np.where(later > 0, shock, 1.0)

        def drawn(mean: float, times: float) -> Floats:
            requests = rng.poisson(mean, len(later))
            return rng.binomial(requests, np.minimum(1.0, share * np.where(later > 0, times, 1.0))) / np.maximum(
                requests, 1
            )

        stable = np.stack([drawn(1200.0, 1.0) for _ in range(2)])
        return World(
            stable,
            drawn(120.0, 1.0)[None, :],
            later,
            "",
            redrawn=lambda times: drawn(120.0, times)[None, :],
            rate=0.004 * shock,
        )

    return made


def _drifting(rng: Rng, later: Floats) -> World:
    """The canary leaks: it was getting slower long before."""
    world = noisy(0.3)(rng, later)
    return replace(world, canary=world.canary * np.exp(1.5 * np.linspace(0, 1, len(later))))


def _walking(rng: Rng, later: Floats) -> World:
    """Levels that wander for good."""
    values = 0.1 * np.exp(0.05 * np.cumsum(rng.standard_normal((3, len(later))), axis=1))
    return World(values[:2], values[2:], later)


def _seasonal(rng: Rng, later: Floats) -> World:
    """A shared wave of an hour with noise of each pod's own."""
    wave = 1.0 + 0.6 * np.sin(np.arange(len(later)) / 60.0 * 2 * np.pi + rng.uniform(0, 6))
    world = noisy(0.5)(rng, later)
    return World(world.stable * wave, world.canary * wave, later)


def _fresh(shock: float, cold: float = 1.0) -> Maker:
    """A canary that came with the deploy; `cold` is how much slower its first three minutes are."""

    def made(rng: Rng, later: Floats) -> World:
        world = noisy(0.5, shock=shock, pods=4)(rng, later)
        since = np.cumsum(later > 0)
        warm = np.where((since > 0) & (since <= 3), cold, 1.0)
        return replace(world, canary=np.where(later > 0, world.canary * warm, np.nan))

    return made


WORLDS: dict[str, Maker] = {
    "white": noisy(0.0),
    "memory 0.5": noisy(0.5),
    "memory 0.8": noisy(0.8),
    "memory 0.95": noisy(0.95),
    "wandering": _walking,
    "bursts": _bursty,
    "hourly wave": _seasonal,
    "drifting canary": _drifting,
    "shared shock x5": noisy(0.5, shock=5.0),
    "shared shock, additive": _additive,
    "shared traffic x3": _surge,
    "few errors": _counted(1.0),
    "few errors, shared x10": _counted(10.0),
    "new canary": _fresh(1.0),
    "new canary, shared x5": _fresh(5.0),
    "new canary, cold x4": _fresh(1.0, cold=4.0),
}
