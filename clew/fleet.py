"""What else does a metric source offer that can be larger than one read?"""

from typing import Protocol, runtime_checkable

from clew.causal.moment import Moment
from clew.causal.summary import Summary
from clew.incident import Symptom, Window
from clew.ports import Era, MetricSource
from clew.tables import Matrix


@runtime_checkable
class FleetSource(MetricSource, Protocol):
    """A metric source that can be larger than one read: what is needed of all series is gathered from its parts, exactly.

    Every method raises SourceError. Where the fleet is small enough to be read whole, all series are witnesses and the other two are
    None and empty.
    """

    async def witnesses(self, window: Window, era: Era, symptom: Symptom) -> Matrix:
        """The series that tell the onset; see `clew.causal.witness`."""
        ...

    async def summary(self, window: Window, moment: Moment) -> Summary | None:
        """What every series says; see `clew.causal.summary`."""
        ...

    async def of_services(self, window: Window, era: Era, services: frozenset[str]) -> Matrix:
        """All series of these services, witnesses or not."""
        ...
