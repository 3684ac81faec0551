"""Is an answer's body what it should be?"""

import asyncio
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from clew.errors import SourceUnavailable

Shape = TypeVar("Shape", bound=BaseModel)


async def shaped(source: str, shape: type[Shape], body: bytes, like: str) -> Shape:
    """The body, checked in a thread; `like` says whose answers look so. Raises SourceUnavailable where it is something else."""
    try:
        return await asyncio.to_thread(shape.model_validate_json, body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "its answer"
        raise SourceUnavailable(
            source, f"{source} did not answer as {like} does ({where}: {first['msg'][:80]}); is url right?"
        ) from error
