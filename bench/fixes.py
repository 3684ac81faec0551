"""Do the simulated fixes hold what they promise, in made worlds in which the fix can be applied for real?"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from clew.causal.course import Course
from clew.causal.intervention import held, simulated
from clew.hypothesis import Effect
from clew.tables import Floats, Spans

_START = 1_700_000_000.0


@dataclass(frozen=True)
class Call:
    """One service of a made system: its usual own time (median, seconds), how wide it is, and whom it calls, at once or in turn."""

    name: str
    own: float
    wide: float
    calls: tuple["Call", ...] = ()
    parallel: bool = False


CHAIN = Call("web", 0.01, 0.3, (Call("cart", 0.02, 0.4, (Call("db", 0.03, 0.5),)),))
FAN = Call("web", 0.01, 0.3, (Call("a", 0.05, 0.4), Call("b", 0.04, 0.4), Call("c", 0.02, 0.4)), parallel=True)
TURN = Call(
    "web", 0.02, 0.3, (Call("a", 0.02, 0.4), Call("b", 0.04, 0.5, (Call("c", 0.01, 0.5),)), Call("d", 0.01, 0.3))
)
WORLDS: dict[str, tuple[Call, str]] = {
    "chain, the database is slow": (CHAIN, "db"),
    "chain, the middle is slow": (CHAIN, "cart"),
    "at once, one of three is slow": (FAN, "b"),
    "in turn, the second is slow": (TURN, "b"),
    "in turn, a leaf is slow": (TURN, "c"),
    "nothing is slow": (TURN, ""),
}


def made_spans(system: Call, count: int, slow: tuple[str, float], rng: np.random.Generator) -> Spans:
    """Traces of a system in which the own time of one service is so many times its usual."""
    rows: list[tuple[int, int, int, float, float]] = []
    names: list[str] = []

    def visit(call: Call, trace: int, parent: int, start: float) -> float:
        if call.name not in names:
            names.append(call.name)
        own = call.own * np.exp(call.wide * rng.standard_normal()) * (slow[1] if call.name == slow[0] else 1.0)
        row, parts = len(rows), len(call.calls) + 1 if not call.parallel else 2
        rows.append((trace, parent, names.index(call.name), start, 0.0))
        at = start + own / parts
        last = at
        for child in call.calls:
            end = visit(child, trace, row, at if call.parallel else last + (own / parts if last > at else 0.0))
            last = max(last, end)
        end = last + own / parts if call.calls else start + own
        rows[row] = (trace, parent, names.index(call.name), start, end - start)
        return end

    for trace in range(count):
        visit(system, trace, -1, _START + trace)
    trace, parent, service = (np.array(column, dtype=np.int32) for column in list(zip(*rows, strict=True))[:3])
    start, duration = (np.array(column) for column in list(zip(*rows, strict=True))[3:])
    none = np.zeros(len(rows), dtype=np.bool_)
    traces = tuple(str(i) for i in range(count))
    return Spans(trace, parent, service, service.copy(), start, duration, none, traces, tuple(names), tuple(names))


def traced(system: Call, slow: str, rng: np.random.Generator) -> Effect:
    """What the product says of a fix for the slow service, from 40 to 400 traces of either time."""
    factor = float(rng.uniform(2, 8))
    now = made_spans(system, int(rng.integers(40, 400)), (slow, factor), rng)
    past = made_spans(system, int(rng.integers(40, 400)), ("", 1.0), rng)
    return simulated(now, past, slow or "a")


@dataclass(frozen=True, eq=False)
class Dosed:
    """A signal that follows a driver, with what it would have been with the driver at its usual level."""

    course: Course
    driver: Floats
    onset: float
    truth: float


Force = Callable[[Floats], Floats]
FORCES: dict[str, Force] = {
    "as it is": lambda x: 10 * x,
    "more and more (square)": lambda x: 3 * x**2,
    "less and less (log)": lambda x: 30 * np.log1p(x),
    "a queue": lambda x: 4 / (1 - np.minimum(x / 8, 0.95)),
    "not at all": lambda x: 0.0 * x,
}


def dosed(force: Force, share: float, rng: np.random.Generator) -> Dosed:
    """`share` of the rise is the driver's, the rest a step of another cause."""
    before, after = int(np.exp(rng.uniform(np.log(20), np.log(120)))), int(rng.integers(8, 21))
    count = before + after
    x = np.maximum(1 + 0.15 * rng.standard_normal(count), 0.1)
    x[before:] = np.maximum(rng.uniform(2, 5) * (1 + 0.25 * rng.standard_normal(after)), 0.2)
    base = 20 + rng.standard_normal(count)
    driven = force(x) - force(np.array([1.0]))
    other = float(np.mean(driven[before:])) * (1 - share) / max(share, 0.2) if share < 1 else 0.0
    values = base + driven + np.where(np.arange(count) >= before, other if share else 20.0, 0.0)
    times = _START + 30.0 * np.arange(count, dtype=np.float64)
    truth = float(np.mean((values - driven)[before : before + min(after, 21)]))
    return Dosed(Course(times, values, "signal", "", "web"), x, float(times[before]), truth)


def main() -> None:
    """`python -m bench.fixes [COUNT]`."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    rng = np.random.default_rng(20260102)
    table = Table(title="simulated fixes: is what the fix would do in the 90 % interval")
    for title in ("world", "asked", "covered", "effect claimed", "can't tell"):
        table.add_column(title, justify="left" if title == "world" else "right")
    for name, (system, slow) in WORLDS.items():
        roots = _roots(made_spans(system, 12_000, ("", 1.0), rng))
        truths = {"p95 time": float(np.quantile(roots, 0.95)), "mean time": float(roots.mean())}
        effects = [traced(system, slow, rng) for _ in range(count)]
        answers = [(effect, truths[effect.metric]) for effect in effects]
        table.add_row(*_row(name, answers))
    for name, force in FORCES.items():
        for share in (1.0, 0.5) if name != "not at all" else (0.0,):
            worlds = [dosed(force, share, rng) for _ in range(count)]
            answers = [(held(world.course, world.driver, world.onset, act="it falls"), world.truth) for world in worlds]
            table.add_row(*_row(f"dose {name}, {100 * share:.0f} % of the rise", answers))
    Console(width=120).print(table)


def _roots(spans: Spans) -> Floats:
    return spans.duration[spans.parent < 0]


def _row(name: str, answers: list[tuple[Effect, float]]) -> tuple[str, ...]:
    told = [(e.low, truth, e.high) for e, truth in answers if e.low is not None and e.high is not None]
    inside = sum(low <= truth <= high for low, truth, high in told)
    claimed = sum(effect.claimed for effect, _ in answers)
    covered = f"{100 * inside / len(told):.0f} %" if told else "-"
    silent = len(answers) - len(told)
    return (
        name,
        str(len(answers)),
        covered,
        f"{100 * claimed / len(answers):.0f} %",
        f"{100 * silent / len(answers):.0f} %",
    )


if __name__ == "__main__":
    main()
