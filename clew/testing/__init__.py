"""What stands in for the outside in tests: one short, strict fake for every port."""

from clew.testing.chat import FakePlatform
from clew.testing.clock import FrozenClock
from clew.testing.jobs import ImmediateJobs
from clew.testing.memory import DictMemory
from clew.testing.mind import ScriptedMind
from clew.testing.sources import FakeChanges, FakeGraph, FakeLogs, FakeMetrics, FakeTraces, Mood

__all__ = [
    "DictMemory",
    "FakeChanges",
    "FakeGraph",
    "FakeLogs",
    "FakeMetrics",
    "FakePlatform",
    "FakeTraces",
    "FrozenClock",
    "ImmediateJobs",
    "Mood",
    "ScriptedMind",
]
