"""What does one investigation remember between its steps: lists of frozen values, never tables."""

from typing import Annotated, TypedDict

from clew.causal.moment import Moment
from clew.causal.ranking import Ranking
from clew.evidence import Mark
from clew.frozen import Frozen
from clew.hypothesis import Clue, Finding, Gap, Lead, Report
from clew.incident import Incident, Window
from clew.tables import CallGraph


class Topology(Frozen):
    """A call graph that fits a checkpoint."""

    edges: tuple[tuple[str, str], ...] = ()
    services: tuple[str, ...] = ()
    provenance: str = ""
    query: str = ""

    @staticmethod
    def of(graph: CallGraph) -> "Topology":
        return Topology(edges=graph.edges, services=graph.services, provenance=graph.provenance, query=graph.query)

    @property
    def graph(self) -> CallGraph:
        # a checkpoint hands inner pairs back as lists
        edges = tuple((caller, callee) for caller, callee in self.edges)
        return CallGraph(edges=edges, services=self.services, provenance=self.provenance, query=self.query)

    def callers(self, service: str) -> tuple[str, ...]:
        return tuple(sorted({caller for caller, callee in self.edges if callee == service}))

    def callees(self, service: str) -> tuple[str, ...]:
        return tuple(sorted({callee for caller, callee in self.edges if caller == service}))


class Receipt(Frozen):
    """One read: who asked which source for what, and whether an answer came."""

    agent: str
    source: str
    method: str
    query: str = ""
    window: Window
    answered: bool = True
    seconds: float = 0.0


class Triaged(Frozen):
    """What triage found out before anybody else looks."""

    moment: Moment
    topology: Topology = Topology()
    affected: tuple[str, ...] = ()
    calm: tuple[str, ...] = ()
    """Services that were looked at and are as usual."""
    marks: tuple[Mark, ...] = ()
    """What was deployed or switched in the window, for charts."""
    summary: str = ""
    gaps: tuple[Gap, ...] = ()
    round: int = 0


class Look(Frozen):
    """What one specialist is sent: its question and all it may know."""

    incident: Incident
    lead: Lead
    moment: Moment
    topology: Topology = Topology()
    marks: tuple[Mark, ...] = ()


def latest(old: list[Finding], new: list[Finding]) -> list[Finding]:
    """Joins findings in order of arrival; the same lead answered twice (a resumed run) counts once."""
    fresh = {f.lead for f in new}
    return [f for f in old if f.lead not in fresh] + new


def joined(old: list[Receipt], new: list[Receipt]) -> list[Receipt]:
    return (old + new)[-500:]


class Given(TypedDict):
    """What an investigation starts with."""

    incident: Incident
    started_at: float


class Update(TypedDict, total=False):
    """What a step may add."""

    triaged: Triaged
    leads: list[Lead]
    findings: Annotated[list[Finding], latest]
    receipts: Annotated[list[Receipt], joined]
    round: int
    """Rounds begun: 1 after the first triage."""
    experiments: list[Clue]
    """What the world tried out by itself, as the last look saw it."""
    ranking: Ranking
    report: Report


class State(Given, Update):
    """The channels of the investigation graph."""


def current(state: State) -> tuple[Finding, ...]:
    """The findings that count: of each agent the newest one that saw something, in order of agent."""
    chosen: dict[str, Finding] = {}
    for finding in sorted(state.get("findings", []), key=lambda f: f.round):
        held = chosen.get(finding.agent)
        if held is None or finding.clues or finding.changes or not held.clues:
            chosen[finding.agent] = finding
    return tuple(chosen[name] for name in sorted(chosen))
