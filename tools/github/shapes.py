"""What do GitHub's answers hold, as its REST documentation (version 2022-11-28) describes them; the rest is ignored."""

from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from clew.errors import SourceUnavailable

Shape = TypeVar("Shape")


def _seconds(given: Any) -> float:
    at = datetime.fromisoformat(str(given))
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at.timestamp()


At = Annotated[float, BeforeValidator(_seconds)]
"""A time of the API as Unix seconds."""
Sha = Annotated[str, Field(pattern=r"^[0-9a-f]{7,64}$")]


class Foreign(BaseModel):
    """A part of somebody else's answer."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class User(Foreign):
    login: str = ""


class Signed(Foreign):
    name: str = ""
    date: At


class Message(Foreign):
    message: str = ""
    author: Signed
    committer: Signed


class Parent(Foreign):
    sha: Sha


class File(Foreign):
    filename: str
    status: str = ""
    patch: str | None = None
    """A unified diff without headers; missing for binary and very large files."""
    changes: int = 0


class Commit(Foreign):
    sha: Sha
    commit: Message
    author: User | None = None
    parents: tuple[Parent, ...] = ()
    files: tuple[File, ...] = ()
    """Only where one commit was asked for; at most 300 on one page."""

    @property
    def title(self) -> str:
        return self.commit.message.split("\n", 1)[0]

    @property
    def at(self) -> float:
        return self.commit.committer.date


class Pull(Foreign):
    number: int
    title: str = ""
    user: User | None = None
    merge_commit_sha: str | None = None
    merged_at: At | None = None


class Deployment(Foreign):
    id: int
    sha: Sha
    ref: str = ""
    environment: str = ""
    description: str | None = None
    creator: User | None = None
    payload: Any = None
    created_at: At


class DeployStatus(Foreign):
    state: str
    created_at: At


class Release(Foreign):
    id: int
    tag_name: str
    name: str | None = None
    draft: bool = False
    prerelease: bool = False
    author: User | None = None
    published_at: At | None = None


class Run(Foreign):
    id: int
    name: str | None = None
    display_title: str = ""
    head_sha: Sha
    conclusion: str | None = None
    actor: User | None = None
    updated_at: At


class Runs(Foreign):
    workflow_runs: tuple[Run, ...] = ()


def shaped(kind: type[Shape], given: object, source: str) -> Shape:
    """The answer as this shape. Raises SourceUnavailable, naming the first field that is none."""
    try:
        return TypeAdapter(kind).validate_python(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise SourceUnavailable(source, f"an answer is not what the API documents ({where}: {first['msg']})") from None
