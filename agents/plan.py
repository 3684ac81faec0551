"""Which lines does the card's plan have, and where does each stand."""

from agents.specialist import Specialist
from agents.speech import clock, several, within
from agents.state import Triaged
from clew.hypothesis import Finding, Report
from clew.incident import Incident
from clew.progress import Step, StepState

ALERT = "alert"
SERVICES = "services"
RECHECK = "recheck-"

Steps = tuple[Step, ...]


def plan(specialists: tuple[Specialist, ...]) -> Steps:
    """The plan of a fresh investigation: reading the alert has begun."""
    return (
        Step(key=ALERT, title="Alert and channel", state=StepState.RUNNING),
        Step(key=SERVICES, title="Affected services"),
        *(Step(key=s.name, title=s.title) for s in specialists),
    )


def marked(steps: Steps, key: str, state: StepState, note: str = "") -> Steps:
    """The same plan with one step elsewhere."""
    return tuple(
        step.model_copy(update={"state": state, "note": within(note, 120)}) if step.key == key else step
        for step in steps
    )


def after_triage(steps: Steps, incident: Incident, found: Triaged) -> Steps:
    steps = marked(steps, ALERT, StepState.DONE, alert_note(incident))
    lost = [gap for gap in found.gaps if gap.source == "triage"]
    steps = marked(steps, SERVICES, StepState.FAILED if lost else StepState.DONE, found.summary)
    return tuple(
        step.model_copy(update={"state": StepState.RUNNING, "note": ""}) if step.key not in (ALERT, SERVICES) else step
        for step in steps
    )


def after_finding(steps: Steps, finding: Finding) -> Steps:
    """A specialist that saw nothing because its source failed is marked as failed, with the effect."""
    saw = bool(finding.clues or finding.changes or finding.evidence)
    if finding.gaps and not saw:
        gap = finding.gaps[0]
        return marked(steps, finding.agent, StepState.FAILED, f"{gap.source}: {gap.reason}; going on without")
    return marked(steps, finding.agent, StepState.DONE, finding.summary)


def paused(steps: Steps) -> Steps:
    """What ran is pending again: nothing spins on a card that stands still."""
    return tuple(
        step.model_copy(update={"state": StepState.PENDING}) if step.state is StepState.RUNNING else step
        for step in steps
    )


def ended(steps: Steps) -> Steps:
    """What never finished is said to be so."""
    open_ = (StepState.RUNNING, StepState.PENDING)
    return tuple(
        step.model_copy(update={"state": StepState.FAILED, "note": step.note or "not finished"})
        if step.state in open_
        else step
        for step in steps
    )


def alert_note(incident: Incident) -> str:
    symptom = incident.symptom
    what = " of ".join(part for part in (symptom.signal.value if symptom.signal else "", symptom.service or "") if part)
    return f"{clock(incident.alerted_at)}{': ' + what if what else ''}"


def so_far(found: Triaged) -> str:
    since = f"since {clock(found.moment.onset)}" if found.moment.onset is not None else "no clear beginning yet"
    who = f"{several(found.affected)} affected" if found.affected else found.summary
    return f"{who}, {since}"


def verdict_line(report: Report) -> str:
    return report.headline
