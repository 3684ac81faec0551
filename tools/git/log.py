"""Which commits does the output of `git log --raw -p` show, with which files and which diffs?"""

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass, field

from tools.diffs import DIFF_CHARACTERS

FORMAT = "--format=%x01%H%x00%ct%x00%an%x00%P%x00%s"
"""A line that begins with 0x01 is a commit: no line of a diff or of file names can begin so, and a subject is one line."""
FILES = 200
_PART = 2 * DIFF_CHARACTERS + 1_000
"""Characters of one file's diff that are held: enough to redact before it is cut."""
_ALL = 8 * DIFF_CHARACTERS


@dataclass
class Committed:
    """One commit as it was read."""

    sha: str
    at: float
    author: str
    parents: tuple[str, ...]
    title: str
    files: list[str] = field(default_factory=list[str])
    parts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """(path, diff) of each file whose diff is text."""
    binary: list[str] = field(default_factory=list[str])
    """Files that changed without a diff: binary, or too large to be text."""


async def commits(lines: AsyncIterable[bytes]) -> AsyncIterator[Committed]:
    """The commits in the order of the output, each when all of it was read."""
    held: _Held | None = None
    async for line in lines:
        if line.startswith(b"\x01"):
            if held is not None:
                yield held.closed()
            held = _begun(line)
        elif held is not None:
            held.take(line)
    if held is not None:
        yield held.closed()


def _begun(line: bytes) -> "_Held | None":
    words = line[1:].decode("utf-8", "replace").split("\0")
    if len(words) != 5 or not words[1].isdigit():
        return None
    sha, at, author, parents, title = words
    return _Held(Committed(sha, float(at), author, tuple(parents.split()), title))


class _Held:
    """A commit whose lines are still coming."""

    def __init__(self, commit: Committed) -> None:
        self._commit = commit
        self._path = ""
        self._part: list[str] | None = None
        self._size = self._all = 0
        self._binary = False

    def take(self, raw: bytes) -> None:
        """One line: a file's name in front of the diffs, then the diffs."""
        if raw.startswith(b"diff --git "):
            self._end_part()
            self._part, self._size, self._binary = [], 0, False
            self._path = raw.decode("utf-8", "replace").rsplit(" b/", 1)[-1].strip('"')
        elif self._part is None:
            if raw.startswith(b":") and b"\t" in raw and len(self._commit.files) < FILES:
                self._commit.files.append(raw.decode("utf-8", "replace").rsplit("\t", 1)[-1].strip('"'))
            return
        if raw.startswith(b"Binary files "):
            self._binary = True
        if self._size < _PART and self._all < _ALL:
            text = raw.decode("utf-8", "replace") + "\n"
            self._part.append(text)
            self._size += len(text)
            self._all += len(text)

    def closed(self) -> Committed:
        """The commit, all of it taken."""
        self._end_part()
        return self._commit

    def _end_part(self) -> None:
        if self._part is None:
            return
        if self._binary:
            self._commit.binary.append(self._path)
        elif self._part:
            self._commit.parts.append((self._path, "".join(self._part).rstrip("\n") + "\n"))
        self._part = None
