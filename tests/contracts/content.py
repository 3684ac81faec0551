"""What does every source of the contract suite hold: more of everything than a question may return, and a secret in every text.

A store that cannot hold exactly this (metric names, commit ids) holds the nearest thing that it can, in the same numbers.
"""

from dataclasses import dataclass

from clew.evidence import Change
from clew.incident import Window

ALERT = 1_700_000_000.0
WINDOW = Window(start=ALERT - 900, end=ALERT + 100)
BEFORE = Window(start=ALERT - 2_000_000, end=ALERT - 1_900_000)
"""A window in which nothing had been measured yet."""
SERVICE, CALLEE = "web", "db"
HIDDEN = "s3cr3t"
SECRET = "pass" + f"word={HIDDEN}-{HIDDEN}"
METRICS = tuple(f"m{i}" for i in range(40))
"""Gauges in seconds, of which every sample is 1."""
TIMES = tuple(ALERT - t for t in range(19_990, -10, -10))
EDGE = (SERVICE, CALLEE)


@dataclass(frozen=True)
class Line:
    """One log line, unredacted as a store holds it."""

    at: float
    message: str
    service: str = SERVICE
    severity: str = "ERROR"


@dataclass(frozen=True)
class Spent:
    """One span without a parent."""

    at: float
    id: str
    operation: str
    trace: str = "t"
    service: str = SERVICE
    microseconds: int = 5


LINES = tuple(Line(ALERT - t, f"{SECRET} line {t}") for t in range(499, -1, -1))
SPANS = tuple(Spent(ALERT - t, str(t), f"operation {t}") for t in range(399, -1, -1))
CHANGES = tuple(
    Change(ref=f"c{t}", at=ALERT - t, service=SERVICE, title=SECRET, diff=f"+{SECRET}" * 9_000)
    for t in range(59, -1, -1)
)
