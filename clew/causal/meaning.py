"""What does a metric or a node mean, judged by the ordinary words in its name and unit."""

import re
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise


class Meaning(StrEnum):
    """What a series measures; decides which direction is bad and which estimator reads it."""

    LATENCY = "latency"
    ERRORS = "errors"
    AVAILABILITY = "availability"
    RESOURCE = "resource"
    TRAFFIC = "traffic"
    VOLUME = "volume"
    """Bytes and system calls: they follow traffic and rarely lead."""
    CALLING = "calling"
    """Latency of the calls that a service makes: tells of its callees, not of itself."""
    NODE = "node"
    """The machine's gauge repeated on each of its tenants: says nothing about one service."""
    OTHER = "other"


_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


def _vocabulary(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS: tuple[tuple[Meaning, frozenset[str]], ...] = (
    (Meaning.NODE, _vocabulary("node host machine")),
    (
        Meaning.ERRORS,
        _vocabulary(
            "error errors err fail failed failure failures fault faults exception exceptions panic panics timeout timeouts "
            "rejected refused dropped 5xx 4xx 500 503 servfail unavailable restarts retries oom throttled"
        ),
    ),
    (Meaning.AVAILABILITY, _vocabulary("availability available success uptime up apdex hit hits healthy")),
    (
        Meaning.RESOURCE,
        _vocabulary(
            "cpu memory mem heap rss gc threads thread goroutines pool connections conns disk fd fds descriptors queue backlog "
            "utilization utilisation saturation usage load inflight waiting waiters inuse"
        ),
    ),
    (
        Meaning.LATENCY,
        _vocabulary(
            "latency duration delay lag wait response age elapsed rtt p50 p75 p90 p95 p99 p999 percentile quantile"
        ),
    ),
    (Meaning.VOLUME, _vocabulary("bytes syscall network packets receive transmit read write")),
    (
        Meaning.TRAFFIC,
        _vocabulary("request requests rps qps ops workload throughput calls traffic visits orders messages queries"),
    ),
)
_FAMILIES: tuple[tuple[str, frozenset[str]], ...] = (
    ("cpu", _vocabulary("cpu")),
    ("memory", _vocabulary("memory mem heap rss gc")),
    ("disk", _vocabulary("disk diskio fd fds descriptors")),
    ("waiting", _vocabulary("queue backlog waiting waiters wait")),
    ("held", _vocabulary("pool connections conns socket sockets inflight inuse threads thread goroutines flight")),
)
_LARGER = {"k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "ki": 2.0**10, "mi": 2.0**20, "gi": 2.0**30, "ti": 2.0**40}
_HELD_UP = _vocabulary("lag loop gc pause")
_CALLING = _vocabulary("client upstream downstream outbound callee dependency call")
_PASSING = _vocabulary("remote client proxy elb alb nlb lb loadbalancer balancer ingress egress sidecar router gateway")


@lru_cache(maxsize=4096)
def words(name: str) -> frozenset[str]:
    """The lower-case words of an identifier, split at case, digits and punctuation; `p99` and `5xx` stay whole."""
    parts = [part.lower() for part in _WORD.findall(name)]
    joined = {a + b for a, b in pairwise(parts) if a == "p" or b == "xx" or (a, b) == ("in", "use")}
    return frozenset(parts) | frozenset(joined)


@lru_cache(maxsize=4096)
def meaning(metric: str, unit: str = "") -> Meaning:
    """The first meaning whose words occur in the name; a time unit alone makes a latency."""
    have = words(metric)
    for what, vocabulary in _WORDS:
        if have & vocabulary:
            return Meaning.CALLING if what is Meaning.LATENCY and have & _CALLING else what
    return Meaning.LATENCY if unit in ("s", "ms", "us", "seconds", "milliseconds") else Meaning.OTHER


@lru_cache(maxsize=4096)
def bytes_in(unit: str) -> float:
    """How many bytes the unit holds (`KiB`, `Mi`, `GB`, ...); 1 for any unit that is none of these."""
    whole = unit.strip().lower().removesuffix("/s")
    bare = whole.removesuffix("bytes").removesuffix("b")
    return _LARGER.get(bare, 1.0) if bare != whole or bare.endswith("i") else 1.0


@lru_cache(maxsize=4096)
def passes_through(node: str) -> bool:
    """True for a node that only forwards (a balancer, a client's side of a call): it mirrors what lies behind it."""
    return bool(words(node) & _PASSING)


@lru_cache(maxsize=4096)
def family(metric: str) -> str:
    """Which resource a series measures: `cpu`, `memory`, `disk`, `waiting` (work in line), `held` (slots in use), or empty."""
    have = words(metric)
    return next((name for name, vocabulary in _FAMILIES if have & vocabulary), "")


@lru_cache(maxsize=4096)
def held_up(metric: str) -> bool:
    """True for a delay that arises inside a process, before it does any work: an event loop's lag, a collector's pause."""
    return bool(words(metric) & _HELD_UP)
