"""What do people see while and after Clew works: the views a chat platform renders."""

from enum import StrEnum

from clew.alert import Roll
from clew.evidence import Evidence
from clew.feedback import Ballot
from clew.frozen import Frozen
from clew.hypothesis import Claim, Gap, Hypothesis, Report, Timeline
from clew.incident import Incident


class StepState(StrEnum):
    """Where a step of the plan stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    """Went on without it; `note` says the effect."""


class Step(Frozen):
    """One line of the plan."""

    key: str
    title: str
    state: StepState = StepState.PENDING
    note: str = ""


class RunState(StrEnum):
    """Where an investigation stands."""

    INVESTIGATING = "investigating"
    RECHECKING = "rechecking"
    DONE = "done"
    STOPPED = "stopped"
    RESOLVED = "resolved"


class Progress(Frozen):
    """The card: one per incident, edited in place. `revision` only grows; an older one is never shown after a newer one."""

    incident: Incident
    revision: int
    state: RunState
    steps: tuple[Step, ...]
    so_far: str = ""
    leading: Hypothesis | None = None
    gaps: tuple[Gap, ...] = ()
    report: Report | None = None
    evidence: tuple["Numbered", ...] = ()
    """The facts the card cites, numbered."""
    stopped_by: str = ""
    alerts: Roll | None = None
    """What fires with it; None for an incident that no alert belongs to."""
    updated_at: float
    run: str = ""
    """A short id for the footer and the logs."""


class Numbered(Frozen):
    """A fact with the number it carries in this incident: E1, E2, ... stable for the incident's life."""

    number: int
    fact: Evidence


class HypothesisView(Frozen):
    """One hypothesis card in the thread: edited in place."""

    incident: Incident
    number: int
    """H1, H2, ...: stable for the incident's life."""
    hypothesis: Hypothesis
    evidence: tuple[Numbered, ...]
    """Every fact the hypothesis cites."""
    chart: Numbered | None = None
    """The series to draw, if any."""
    ballot: Ballot
    rechecking: bool = False


class RuledOutView(Frozen):
    """One folded message in the thread that lists what was ruled out, each with its reason."""

    incident: Incident
    hypotheses: tuple[Hypothesis, ...]
    evidence: tuple[Numbered, ...] = ()


class TimelineView(Frozen):
    """The verdict's picture in the thread: when each service began to suffer, on the call graph."""

    incident: Incident
    timeline: Timeline


class Answer(Frozen):
    """A reply to one question: at most 5 sentences or 700 characters, each claim cited."""

    incident: Incident
    key: str
    """Identifies the question, so that it is answered once."""
    asker: str
    question: str
    claims: tuple[Claim, ...]
    """Sentences in order; an empty evidence tuple marks a sentence that claims nothing (a limit, a list of what can be asked)."""
    evidence: tuple[Numbered, ...] = ()
    private: bool = False


View = Progress | HypothesisView | RuledOutView | TimelineView | Answer
Progress.model_rebuild()
