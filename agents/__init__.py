"""Who investigates: the built-in specialists, and those that other packages bring."""

from importlib.metadata import entry_points

from agents.changes import CHANGES
from agents.logs import LOGS
from agents.metrics import METRICS
from agents.specialist import Specialist

SPECIALISTS: tuple[Specialist, ...] = (CHANGES, METRICS, LOGS)
GROUP = "clew.specialists"


def specialists() -> tuple[Specialist, ...]:
    """The built-in ones, then those of installed packages (entry-point group `clew.specialists`), by name.

    Raises TypeError if an entry point is not a Specialist, or if two share a name.
    """
    found = list(SPECIALISTS)
    for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name):
        brought = entry.load()
        if not isinstance(brought, Specialist):
            raise TypeError(f"entry point {GROUP}:{entry.name} is {type(brought).__name__}; it must be a Specialist")
        if any(brought.name == known.name for known in found):
            raise TypeError(f"entry point {GROUP}:{entry.name}: there is a specialist named {brought.name} already")
        found.append(brought)
    return tuple(found)
