"""Which recorded incidents ship with the playground?"""

from pathlib import Path

INCIDENTS = Path(__file__).parent / "incidents"
FIRST = "orders-slow-1"
"""The one that a newcomer sees."""


def bundled() -> dict[str, Path]:
    """The incidents by name."""
    return {path.parent.name: path.parent for path in sorted(INCIDENTS.glob("*/incident.json"))}
