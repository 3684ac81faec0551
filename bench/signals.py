"""Which signals are made to measure the counterfactual: noise of every memory and tail, counts, seasons, and peers of every sort."""

from collections.abc import Callable

import numpy as np

from clew.tables import Floats

Maker = Callable[[np.random.Generator, int], tuple[Floats, Floats]]
"""Makes a signal of so many samples and its peers (P, T), which may be none."""


def _none(count: int) -> Floats:
    return np.empty((0, count))


def _ar(rng: np.random.Generator, count: int, keep: float) -> Floats:
    """A first-order autoregression of unit variance."""
    fresh = rng.standard_normal(count) * np.sqrt(1 - keep**2)
    out = np.empty(count)
    level = rng.standard_normal()
    for i in range(count):
        level = keep * level + fresh[i]
        out[i] = level
    return out


def _autoregressive(keep: float) -> Maker:
    def made(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
        return rng.uniform(5, 50) + _ar(rng, count, keep), _none(count)

    return made


def _seasonal(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    period, phase = rng.uniform(8, 30), rng.uniform(0, 6.28)
    wave = rng.uniform(1, 3) * np.sin(2 * np.pi * np.arange(count) / period + phase)
    return 20 + wave + rng.standard_normal(count), _none(count)


def _daily(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    at = 2 * np.pi * (np.arange(count) / 1440 + rng.random())
    return 100 + 30 * np.sin(at) + 2 * _ar(rng, count, 0.4), _none(count)


def _trend(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    return 50 + rng.normal(0, 0.1) * np.arange(count) + _ar(rng, count, 0.3), _none(count)


def _walk(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    return 200 + np.cumsum(rng.standard_normal(count)), _none(count)


def _latency(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Lognormal around a slowly moving level."""
    return 0.1 * np.exp(rng.uniform(0.1, 0.6) * _ar(rng, count, rng.uniform(0, 0.6))), _none(count)


def _bursty(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Latency with pauses: now and then one to three samples are three to ten times as long."""
    out = 0.1 * np.exp(0.15 * rng.standard_normal(count))
    for start in np.flatnonzero(rng.random(count) < 0.04):
        out[start : start + rng.integers(1, 4)] *= rng.uniform(3, 10)
    return out, _none(count)


def _heavy(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    return 30 + rng.standard_t(3, count), _none(count)


def _counts(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    return rng.poisson(10 ** rng.uniform(0.3, 2), count).astype(float), _none(count)


def _rare(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    return rng.poisson(10 ** rng.uniform(-1.3, 0.2), count).astype(float), _none(count)


def _errors(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """An error rate near zero: failures of a few hundred requests a minute, in percent."""
    calls = rng.poisson(rng.uniform(50, 600), count) + 1
    return 100 * rng.binomial(calls, 10 ** rng.uniform(-3.5, -1.7)) / calls, _none(count)


def _load(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Four peers share a load that wanders; the signal follows it."""
    load = 2 * _ar(rng, count, 0.95)
    peers = np.stack([20 + rng.uniform(0.5, 2) * load + rng.standard_normal(count) for _ in range(4)])
    return 40 + load + rng.standard_normal(count), peers


def _shock(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """As `_load`, in logarithms: latencies that rise together."""
    load = 0.4 * _ar(rng, count, 0.9)
    peers = np.stack([np.exp(load + 0.1 * rng.standard_normal(count)) for _ in range(6)])
    return 0.2 * np.exp(load + 0.1 * rng.standard_normal(count)), peers


def _surge(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """As `_load`, and at some moment near the end, which is where the event is, the load steps up for all."""
    load = 2 * _ar(rng, count, 0.7) + np.where(np.arange(count) >= count - 7, 10.0, 0.0)
    peers = np.stack([20 + rng.uniform(0.5, 2) * load + rng.standard_normal(count) for _ in range(4)])
    return 40 + load + rng.standard_normal(count), peers


def _hit(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """As `_load`, and one of the four peers is hit by the event itself."""
    values, peers = _load(rng, count)
    peers[0] += np.where(np.arange(count) >= count - 7, 15.0, 0.0)
    return values, peers


def _strangers(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Peers that have nothing to do with the signal."""
    return 10 + _ar(rng, count, 0.5), np.stack([10 + _ar(rng, count, 0.9) for _ in range(8)])


KINDS: dict[str, Maker] = {
    "white": _autoregressive(0.0),
    "autoregressive 0.5": _autoregressive(0.5),
    "autoregressive 0.8": _autoregressive(0.8),
    "autoregressive 0.95": _autoregressive(0.95),
    "random walk": _walk,
    "seasonal": _seasonal,
    "part of a day": _daily,
    "trend": _trend,
    "latency": _latency,
    "bursty latency": _bursty,
    "heavy tails": _heavy,
    "counts": _counts,
    "rare counts": _rare,
    "error rate near 0": _errors,
    "peers share load": _load,
    "peers share load (log)": _shock,
    "peers unrelated": _strangers,
    "a surge moves all": _surge,
    "a peer is hit too": _hit,
}
