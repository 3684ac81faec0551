"""What would telemetry look like if the cause were known: small planted worlds, drawn with a fixed seed."""

from dataclasses import dataclass, field

import numpy as np

from clew.causal.moment import Moment
from clew.causal.ranking import Draft, Ranking
from clew.evidence import Change
from clew.hypothesis import Cause, CauseKind, Clue, Confidence, Verdict
from clew.incident import Signal, Symptom, Window
from clew.tables import CallGraph, ChangeTable, Floats, Matrix, SeriesKey, Tables

START = 1_000_000.0
ONSET = START + 3000.0
"""When the planted trouble begins, Unix seconds."""
LENGTH = 3600.0
CHAIN = (("web", "cart"), ("cart", "db"), ("web", "pay"))


@dataclass(eq=False)
class World:
    """Draws signals that follow a planted structure; `step` seconds apart. Each draw is noise of its own."""

    seed: int = 1
    step: float = 10.0
    onset: float = ONSET
    edges: tuple[tuple[str, str], ...] = ()
    symptom: Symptom = field(
        default_factory=lambda: Symptom(service="web", signal=Signal.LATENCY, metric="latency-p99")
    )
    changes: list[Change] = field(default_factory=list[Change])
    rows: dict[tuple[str, str], Floats] = field(default_factory=dict[tuple[str, str], Floats])

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.times = np.arange(START, START + LENGTH, self.step)

    def noise(self, size: float = 1.0, memory: float = 0.3) -> Floats:
        """Noise that remembers a part of its last value."""
        out = self.rng.normal(0, size, len(self.times))
        for place in range(1, len(out)):
            out[place] += memory * out[place - 1]
        return out

    def trouble(self, delay: float = 0.0, wobble: float = 0.3) -> Floats:
        """0 before the onset (moved by `delay` seconds), then about 1 with ups and downs that last for a minute or so."""
        ups = 1.0 + self.noise(wobble, 0.85) * np.sqrt(1 - 0.85**2)
        return np.where(self.times >= self.onset + delay, np.maximum(ups, 0.2), 0.0)

    def later(self, values: Floats, seconds: float) -> Floats:
        """The same, `seconds` later."""
        places = round(seconds / self.step)
        return np.concatenate((np.full(places, values[0]), values[: len(values) - places])) if places else values

    def put(self, service: str, metric: str, level: float, moves: Floats, gain: float, *, noise: float = 0.03) -> None:
        """A series: its level, `gain` times `moves`, and noise of `noise` times the level."""
        self.rows[service, metric] = level + gain * moves + self.noise(noise * level)

    def tables(self) -> Tables:
        """Everything that was put."""
        keys = tuple(SeriesKey(service, "", metric) for service, metric in self.rows)
        matrix = Matrix(self.times, keys, np.stack(list(self.rows.values()))) if self.rows else Matrix.empty()
        changes = ChangeTable(tuple(sorted(self.changes, key=lambda c: c.at)))
        return Tables(matrix=matrix, changes=changes, graph=CallGraph(self.edges))

    @property
    def moment(self) -> Moment:
        window = Window(start=START, end=START + LENGTH)
        return Moment(onset=self.onset, window=window, alerted_at=self.onset + 60.0)


def chain(seed: int) -> World:
    """db makes cart slow, and cart makes web slow; pay has nothing to do with it."""
    world = World(seed, edges=CHAIN)
    fault = world.trouble()
    world.put("db", "cpu", 20.0, fault, 60.0)
    world.put("cart", "latency-p99", 0.1, world.later(fault, 10), 0.5)
    world.put("web", "latency-p99", 0.2, world.later(fault, 20), 0.5)
    world.put("pay", "cpu", 20.0, world.trouble(), 0.0)
    return world


def fork(seed: int) -> World:
    """A write surge strains the primary's CPU and makes the replica lag; the CPU itself delays nothing."""
    world = World(seed, edges=(("replica", "primary"), ("writer", "primary")))
    world.symptom = world.symptom.model_copy(update={"service": "replica", "metric": "replication-lag"})
    surge = world.trouble()
    world.put("writer", "requests", 100.0, surge, 200.0)
    world.put("primary", "cpu", 30.0, surge, 40.0, noise=0.2)
    world.put("replica", "replication-lag", 0.5, world.later(surge, 10), 8.0)
    return world


def storm(seed: int) -> World:
    """Checkpoints saturate the disk; queries pile up on the database, whose CPU rises minutes after people feel it."""
    world = World(seed, edges=(("web", "db"), ("db", "disk")))
    fault = world.trouble()
    world.put("disk", "disk-usage", 30.0, fault, 60.0)
    world.put("web", "latency-p99", 0.2, world.later(fault, 10), 0.6)
    world.put("db", "cpu", 20.0, world.later(fault, 60), 40.0)
    return world


def collider(seed: int) -> World:
    """A log shipper works harder for the failing service and for an unrelated batch job."""
    world = World(seed, edges=(*CHAIN, ("cart", "shipper"), ("batch", "shipper")))
    fault = world.trouble()
    batch = 1.0 + world.noise(0.4, 0.9)
    world.put("db", "cpu", 20.0, fault, 60.0)
    world.put("web", "latency-p99", 0.2, world.later(fault, 20), 0.5)
    world.put("batch", "cpu", 30.0, batch, 20.0)
    world.put("shipper", "cpu", 10.0, world.later(fault, 60) + batch, 10.0)
    return world


def suspect(service: str, metric: str, amount: float = 0.8, weight: float = 2.0) -> Draft:
    """A candidate `this service broke`, resting on one of its series."""
    channel = "latency" if metric.startswith("latency") else "resource"
    clue = Clue(channel=channel, service=service, amount=amount, says=f"{service} {metric} is high", detail=metric)
    return Draft(
        key=f"service:{service}",
        cause=Cause(kind=CauseKind.SERVICE, service=service),
        title=service,
        confidence=Confidence.LIKELY,
        weight=weight,
        support=(clue,),
    )


def deployed(change: Change, amount: float = 1.5, out: str = "", rests_on: tuple[Clue, ...] = ()) -> Draft:
    """A candidate `this change broke it`; `out` is why it was ruled out, if it was."""
    clue = Clue(
        channel="change", service=change.service, change=change.ref, amount=amount, onset=change.at,
        says=f"{change.what} {change.ref}", detail="shrank a limit: “pool: 50” became “pool: 5”",
    )  # fmt: skip
    return Draft(
        key=f"change:{change.ref}",
        cause=Cause(kind=CauseKind.CHANGE, service=change.service, change=change.ref),
        title=change.ref,
        confidence=Confidence.RULED_OUT if out else Confidence.LIKELY,
        weight=0.0 if out else 3.0,
        support=() if out else (clue, *rests_on),
        against=(clue,) if out else (),
        ruled_out=out,
    )


def rush(amount: float = 0.8) -> Draft:
    """The candidate `there is simply more traffic`."""
    clue = Clue(channel="traffic", amount=amount, says="requests doubled")
    return Draft(
        key="traffic",
        cause=Cause(kind=CauseKind.TRAFFIC),
        title="more traffic",
        confidence=Confidence.POSSIBLE,
        weight=2.4,
        support=(clue,),
    )


def ranking(*drafts: Draft) -> Ranking:
    """Drafts in the order given, as the ranker hands them back."""
    return Ranking(verdict=Verdict.CAUSE, headline="web is slow", onset=ONSET, drafts=drafts)
