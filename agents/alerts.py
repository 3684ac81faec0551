"""What do an incident's alerts change on its card?"""

from clew.alert import Roll, severity_of
from clew.incident import Incident
from clew.progress import Progress, RunState


def rolled(progress: Progress, roll: Roll) -> Progress | None:
    """The card with what its alerts say now; None if it says so already."""
    incident = _graver(progress.incident, roll)
    changed = settled(progress.model_copy(update={"alerts": roll, "incident": incident}))
    if roll.resolved_at is not None and changed.state is RunState.STOPPED:
        changed = changed.model_copy(update={"state": RunState.RESOLVED})
    return None if changed == progress else changed


def settled(progress: Progress) -> Progress:
    """An end after the alerts is a resolved incident; one whose alerts fire again is not resolved any more.

    What still runs goes on: an incident that is over has a cause too.
    """
    if progress.alerts is None:
        return progress
    over = progress.alerts.resolved_at is not None
    if over and progress.state is RunState.DONE:
        return progress.model_copy(update={"state": RunState.RESOLVED})
    if not over and progress.state is RunState.RESOLVED:
        state = RunState.STOPPED if progress.stopped_by else RunState.DONE
        return progress.model_copy(update={"state": state})
    return progress


def _graver(incident: Incident, roll: Roll) -> Incident:
    """The incident, as bad as the worst of its alerts; what is said of it already stands if it is no better."""
    if incident.severity and severity_of(incident.severity).rank <= roll.severity.rank:
        return incident
    return incident.model_copy(update={"severity": roll.severity.value})
