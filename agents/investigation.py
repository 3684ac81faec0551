"""How does one investigation go: triage, all specialists at once, the judge, and again further back if that was not enough."""

import asyncio
from typing import Any, Literal

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import NodeError
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import RetryPolicy, Send

from agents.desk import Desk
from agents.judge import conclude, enough, triaged
from agents.specialist import Specialist, investigate, missing
from agents.state import Look, State, Triaged, Update
from agents.triage import lead_window, leads, triage
from agents.trial import judged
from clew.causal.moment import Moment
from clew.errors import StoreError
from clew.hypothesis import Gap
from clew.limits import Limits

STORE_AWAY = RetryPolicy(
    retry_on=StoreError, initial_interval=0.25, backoff_factor=2.0, max_interval=5.0, max_attempts=9, jitter=False
)
"""What was found while the store is away cannot be kept: the step is made again, for about 23 seconds, before it is a gap."""

Graph = CompiledStateGraph[State, Desk, State, State]


def investigation(specialists: tuple[Specialist, ...], limits: Limits, saver: BaseCheckpointSaver[Any] | None) -> Graph:
    """Compiles the graph. A specialist that crashes or hangs becomes a gap; the others are not disturbed."""
    seconds = 2.5 * limits.source_seconds + (limits.model_seconds if limits.model_calls else 0.0)
    graph = StateGraph(State, context_schema=Desk)
    graph.add_node(
        "triage",
        _triage(specialists),
        timeout=2.5 * limits.source_seconds,
        retry_policy=STORE_AWAY,
        error_handler=_untriaged(specialists),
    )
    graph.add_edge(START, "triage")
    for specialist in specialists:
        graph.add_node(
            specialist.name,
            _looking(specialist),
            timeout=seconds,
            retry_policy=STORE_AWAY,
            error_handler=_lost(specialist),
            input_schema=Look,
        )
        graph.add_edge(specialist.name, "judge")
    graph.add_conditional_edges("triage", _fan_out, [specialist.name for specialist in specialists])
    graph.add_node("judge", _judge)
    graph.add_conditional_edges("judge", _next, ["triage", "report"])
    graph.add_node("report", _report)
    graph.add_edge("report", END)
    return graph.compile(checkpointer=saver)


# Steps are functions that the library calls by their parameters' names and annotations; its types cannot say so, hence Any.


def _triage(specialists: tuple[Specialist, ...]) -> Any:
    async def node(state: State, runtime: Runtime[Desk]) -> Update:
        round_, deps = state.get("round", 0), runtime.context.deps
        if round_ and deps.clock.now() < state["incident"].window.end:
            await deps.clock.sleep(deps.limits.settle_seconds)
        found, receipts = await triage(state["incident"], round_, runtime.context)
        window = lead_window(state["incident"], round_, deps.limits.widen)
        asked = leads(state["incident"], found, specialists, window)
        return {"triaged": found, "leads": asked, "receipts": list(receipts), "round": round_ + 1}

    return node


def _untriaged(specialists: tuple[Specialist, ...]) -> Any:
    async def node(state: State, runtime: Runtime[Desk], error: NodeError) -> Update:
        """Triage failed: everybody looks at the alert's own window."""
        incident, round_ = state["incident"], state.get("round", 0)
        window = lead_window(incident, round_, runtime.context.deps.limits.widen)
        gap = Gap(source="triage", reason=_said(error), effect="onset and reach are only what the alert says")
        blank = Triaged(
            moment=Moment(window=window, alerted_at=incident.alerted_at), summary=gap.effect, gaps=(gap,), round=round_
        )
        return {"triaged": blank, "leads": leads(incident, blank, specialists, window), "round": round_ + 1}

    return node


def _fan_out(state: State) -> list[Send]:
    found = triaged(state)
    return [
        Send(
            lead.agent,
            Look(
                incident=state["incident"], lead=lead, moment=found.moment, topology=found.topology, marks=found.marks
            ),
        )
        for lead in state.get("leads", [])
    ]


def _looking(specialist: Specialist) -> Any:
    async def node(state: Look, runtime: Runtime[Desk]) -> Update:
        gathered = await investigate(specialist, state, runtime.context)
        return {"findings": [gathered.finding], "receipts": list(gathered.receipts)}

    return node


def _lost(specialist: Specialist) -> Any:
    async def node(state: Look, error: NodeError) -> Update:
        return {"findings": [missing(specialist, state, _said(error))]}

    return node


def _said(error: NodeError) -> str:
    """Why a step failed, fit for people: the kind of failure, never its text (which may be outside text)."""
    if isinstance(error.error, asyncio.TimeoutError) or "Timeout" in type(error.error).__name__:
        return "took too long and was left behind"
    return f"failed ({type(error.error).__name__})"


async def _judge(state: State, runtime: Runtime[Desk]) -> Update:
    return await judged(state, runtime.context)


def _next(state: State, runtime: Runtime[Desk]) -> Literal["triage", "report"]:
    """Again with a wider window while that may help: rounds, time and new facts permitting."""
    desk = runtime.context
    limits = desk.deps.limits
    ranking = state.get("ranking")
    if ranking is None or enough(ranking) or state.get("round", 1) >= limits.rounds:
        return "report"
    return "report" if desk.seconds > 0.5 * limits.investigation_seconds else "triage"


async def _report(state: State, runtime: Runtime[Desk]) -> Update:
    return {"report": await conclude(state, runtime.context)}
