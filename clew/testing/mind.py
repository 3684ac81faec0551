"""What if the model said exactly this?"""

from collections.abc import Awaitable, Callable, Sequence

from pydantic import BaseModel

from clew.errors import ClewError
from clew.evidence import Evidence
from clew.ports import Output

Tool = Callable[..., Awaitable[tuple[Evidence, ...]]]
Line = BaseModel | str | ClewError | Callable[[Sequence[Tool]], Awaitable[str]]


class ScriptedMind:
    """Says its lines in order: a model for `draft`, a text or a coroutine function over the tools for `converse`,
    an error for either. A call beyond the script, or of another kind than scripted, raises AssertionError."""

    def __init__(self, *lines: Line) -> None:
        self._lines = list(lines)
        self.prompts: list[str] = []

    @property
    def unsaid(self) -> int:
        """Lines left over; a test that means to use all asserts 0."""
        return len(self._lines)

    def _next(self, prompt: str) -> Line:
        self.prompts.append(prompt)
        if not self._lines:
            raise AssertionError(f"the script has no line for: {prompt[:200]}")
        line = self._lines.pop(0)
        if isinstance(line, ClewError):
            raise line
        return line

    async def draft(self, prompt: str, output: type[Output]) -> Output:
        line = self._next(prompt)
        if not isinstance(line, output):
            raise _misplaced(line, output.__name__)
        return line

    async def converse(self, prompt: str, tools: Sequence[Tool], budget: int) -> str:
        line = self._next(prompt)
        if isinstance(line, str):
            return line
        if isinstance(line, BaseModel | ClewError):
            raise _misplaced(line, "conversation")
        return await line(_counted(tools, budget))


def _misplaced(line: object, wanted: str) -> AssertionError:
    return AssertionError(f"the script has {line!r} where a {wanted} was asked for")


def _counted(tools: Sequence[Tool], budget: int) -> tuple[Tool, ...]:
    """The tools, refusing the call after the last that the budget allows."""
    left = [budget]

    def bounded(tool: Tool) -> Tool:
        async def call(*args: object, **kwargs: object) -> tuple[Evidence, ...]:
            left[0] -= 1
            if left[0] < 0:
                raise AssertionError(f"more than {budget} tool calls in one conversation")
            return await tool(*args, **kwargs)

        call.__name__ = tool.__name__
        return call

    return tuple(bounded(tool) for tool in tools)
