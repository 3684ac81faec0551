"""What else would a model ask: a bounded tool-calling loop that may add evidence, never clues."""

from collections.abc import Awaitable, Callable
from inspect import Signature, signature

from agents.gather import Gather
from agents.prompts import dig_prompt
from clew.errors import BudgetSpent, MindError
from clew.evidence import Evidence
from clew.ports import Source, queries

Query = Callable[..., Awaitable[tuple[Evidence, ...]]]


async def dig(gather: Gather, summary: str) -> None:
    """Lets the model ask the specialist's own sources. Whatever it says is dropped; what the sources answered is kept."""
    deps = gather.desk.deps
    if deps.mind is None:
        return
    own = tuple(s for s in deps.sources if s.telemetry in gather.telemetry)
    tools = tuple(_kept(gather, source, method) for source in own for method in queries(source))
    if not tools:
        return
    prompt = dig_prompt(gather.look, gather.agent, summary)
    try:
        await deps.mind.converse(prompt, tools, deps.limits.model_calls)
    except (MindError, BudgetSpent) as error:
        gather.gap("model", str(error), "no further questions were asked; the plain checks are complete")


def _kept(gather: Gather, source: Source, method: Query) -> Query:
    """The same method within the look's own window; its answers are kept and a failure is a gap rather than an exception."""
    window = gather.look.lead.window
    parameters = [p for name, p in signature(method).parameters.items() if name != "window"]

    async def asked(**arguments: object) -> tuple[Evidence, ...]:
        return await gather.query(source, method.__name__, lambda: method(**arguments, window=window))

    asked.__name__, asked.__doc__ = method.__name__, method.__doc__
    asked.__annotations__ = {p.name: p.annotation for p in parameters}
    asked.__dict__["__signature__"] = Signature(parameters)
    return asked
