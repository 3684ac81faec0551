"""How is a language model reached: any endpoint that speaks the OpenAI protocol, within a budget of calls and seconds."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import stamina
from pydantic import BaseModel, SecretStr, ValidationError

from clew.errors import BudgetSpent, MindError
from clew.evidence import Evidence
from clew.limits import Limits
from clew.ports import Output

Tool = Callable[..., Awaitable[tuple[Evidence, ...]]]
TRIES = 2
REPLY = 1500
"""Tokens of one reply."""
NO_KEY = SecretStr("none")
"""For endpoints without keys: the client library refuses to start with an empty one."""
SHOWN = 1500
"""Characters of a tool's answer that the model sees."""


@dataclass(frozen=True)
class Endpoint:
    """Where the model is. `base_url` ends in `/v1` as a rule; the key is never shown."""

    base_url: str
    model: str
    key: SecretStr


class ChatModel:
    """`clew.ports.Mind` on a chat-completions endpoint. Makes no connection before the first call."""

    def __init__(self, endpoint: Endpoint, limits: Limits) -> None:
        self._endpoint = endpoint
        self._limits = limits
        self._client: Any = None

    async def draft(self, prompt: str, output: type[Output]) -> Output:
        """One structured reply. Raises MindError when the model fails or its reply does not parse twice."""
        client = self._chat().with_structured_output(output, method="json_schema", include_raw=True)
        async for attempt in stamina.retry_context(
            on=MindError, attempts=TRIES, timeout=None, wait_initial=0.05, wait_max=0.5
        ):
            with attempt:
                return await self._drafted(client, prompt, output)
        raise MindError("the model was not asked")

    async def _drafted(self, client: Any, prompt: str, output: type[Output]) -> Output:
        reply = await self._within(client.ainvoke(prompt))
        parsed = reply.get("parsed") if isinstance(reply, dict) else None
        if isinstance(parsed, output):
            return parsed
        if isinstance(parsed, BaseModel):
            raise MindError("the model answered in another form than asked")
        text = str(getattr(reply.get("raw"), "content", "")) if isinstance(reply, dict) else ""
        try:
            return output.model_validate_json(_object(text))
        except ValidationError as error:
            raise MindError("the model's reply did not fit the form that was asked for") from error

    async def converse(self, prompt: str, tools: Sequence[Tool], budget: int) -> str:
        """Lets the model call `tools` at most `budget` times; returns its last words. Raises MindError or BudgetSpent."""
        from langchain_core.messages import HumanMessage, ToolMessage  # noqa: PLC0415 optional and slow to import
        from langchain_core.tools import StructuredTool  # noqa: PLC0415 optional and slow to import

        known = {tool.__name__: StructuredTool.from_function(coroutine=tool, name=tool.__name__) for tool in tools}
        client = self._chat().bind_tools(list(known.values()))
        messages: list[Any] = [HumanMessage(prompt)]
        spent = 0
        for _ in range(budget + 1):
            reply = await self._within(client.ainvoke(messages))
            messages.append(reply)
            if not reply.tool_calls:
                return str(reply.content)
            for call in reply.tool_calls:
                spent += 1
                if spent > budget:
                    raise BudgetSpent(f"the model wanted more than {budget} look-ups")
                said = await _called(known.get(call["name"]), call["args"])
                messages.append(ToolMessage(said, tool_call_id=call["id"]))
        raise BudgetSpent(f"the model did not come to an end within {budget} look-ups")

    def _chat(self) -> Any:
        """The client, made at first use: importing it takes a second that most runs do not need. Raises MindError."""
        if self._client is None:
            import openai  # noqa: PLC0415 optional and slow to import
            from langchain_openai import ChatOpenAI  # noqa: PLC0415 optional and slow to import

            try:
                self._client = ChatOpenAI(
                    base_url=self._endpoint.base_url,
                    model=self._endpoint.model,
                    api_key=self._endpoint.key if self._endpoint.key.get_secret_value() else NO_KEY,
                    timeout=self._limits.model_seconds,
                    max_retries=0,
                    temperature=0,
                    max_completion_tokens=REPLY,
                )
            except (openai.OpenAIError, ValueError) as error:
                raise MindError(f"the model's settings were refused ({type(error).__name__})") from error
        return self._client

    async def _within(self, reply: Awaitable[Any]) -> Any:
        """The reply, or a MindError that says why there is none; everything a client can raise is mapped here."""
        import openai  # noqa: PLC0415 optional and slow to import
        from langchain_core.exceptions import LangChainException  # noqa: PLC0415 optional and slow to import

        try:
            async with asyncio.timeout(self._limits.model_seconds):
                return await reply
        except TimeoutError as error:
            raise MindError(f"the model gave no answer within {self._limits.model_seconds:g} s") from error
        except openai.OpenAIError as error:
            raise MindError(f"the model's endpoint failed ({type(error).__name__})") from error
        except (LangChainException, ValueError, TypeError, LookupError, AttributeError) as error:
            raise MindError(f"the model's endpoint answered garbage ({type(error).__name__})") from error


async def _called(tool: Any, arguments: dict[str, Any]) -> str:
    """One look-up as the model sees it: sentences with evidence ids, or what was wrong with the call."""
    if tool is None:
        return "There is no such tool."
    try:
        facts: tuple[Evidence, ...] = await tool.ainvoke(arguments)
    except (ValidationError, ValueError, TypeError) as error:
        return f"The call does not fit: {type(error).__name__}. Mend the arguments."
    return "\n".join(f"[{fact.id}] {fact.says}" for fact in facts)[:SHOWN] or "No facts."


def _object(text: str) -> str:
    """The outermost JSON object in a text: models like to put a fence or a sentence around it."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text
