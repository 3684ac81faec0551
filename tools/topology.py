"""Who calls whom, as somebody wrote it down in a file?"""

import asyncio
import csv
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from clew.errors import SourceUnavailable
from clew.evidence import Asked, Payload
from clew.incident import Window
from clew.ports import Checked, Health, Source, Telemetry
from clew.tables import CallGraph
from tools.outside import Outside
from tools.phrases import counted
from tools.redact import redacted

BYTES = 4_000_000
YAML_BYTES = 500_000
"""YAML is slow to read, and nobody writes more of it by hand."""
EDGES = 50_000
NAME = "topology file"
WITHOUT = "calls that no other source sees are not known, so callers may look guilty"
HOW = "write `caller,callee` lines, or YAML with `caller: [callee, ...]`"
Edge = tuple[str, str]


class TopologySettings(BaseModel):
    """A file that says who calls whom."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    file: Path = Field(description="CSV with the columns `caller,callee`, or YAML with `caller: [callee, ...]`.")


@dataclass(frozen=True)
class WrittenGraph:
    """GraphSource over one file, read anew whenever it is asked for."""

    file: Path
    telemetry: Telemetry = Telemetry.TOPOLOGY
    name: str = NAME

    async def graph(self, window: Window) -> CallGraph:
        """The calls in the file, whatever the window. Raises SourceUnavailable where it cannot be read."""
        return await asyncio.to_thread(self._read)

    async def check(self) -> Health:
        """Whether the file can be read, and how much it holds."""
        try:
            found = await asyncio.to_thread(self._read)
        except SourceUnavailable as error:
            finding = Checked(what="reach", ok=False, says=str(error))
            return Health(source=self.name, ok=False, says=str(error), findings=(finding,), without=WITHOUT)
        says = f"{self.file.name}: {counted(len(found.edges), 'call')} among {counted(len(found.services), 'service')}"
        if found.partial:
            says += f"; {found.partial}"
        whole = bool(found.edges) and not found.partial
        finding = Checked(what="content", ok=whole, says=says)
        return Health(
            source=self.name,
            ok=bool(found.edges),
            says=says if found.edges else f"{says}; {HOW}",
            findings=(finding,),
            without="" if whole else WITHOUT,
        )

    def link(self, asked: Asked, payload: Payload) -> str | None:
        """A file has no address."""
        return None

    @property
    def _in_yaml(self) -> bool:
        return self.file.suffix.lower() in (".yaml", ".yml")

    def _read(self) -> CallGraph:
        text = self._text()
        try:
            pairs, bad = _yaml(text) if self._in_yaml else _csv(text)
        except (yaml.YAMLError, csv.Error, RecursionError) as error:
            told = redacted(" ".join(str(error).split())[:160])
            raise SourceUnavailable(self.name, f"{self.file} cannot be understood: {told}; {HOW}") from error
        edges = sorted({(a, b) for a, b in pairs if a != b})
        services = sorted({name for pair in pairs for name in pair})
        said = [f"{counted(bad, 'row')} of {self.file.name} could not be understood"] if bad else []
        if len(edges) > EDGES:
            said.append(f"only {EDGES:,} of {len(edges):,} calls were taken")
        return CallGraph(
            edges=tuple(edges[:EDGES]),
            provenance=self.file.name,
            query=f"{self.file.name} caller, callee",
            services=tuple(services[: 2 * EDGES]),
            partial="; ".join(said),
        )

    def _text(self) -> str:
        most = YAML_BYTES if self._in_yaml else BYTES
        try:
            with self.file.open("rb") as opened:
                body = opened.read(most + 1)
            if len(body) > most:
                raise SourceUnavailable(self.name, f"{self.file} is larger than {most // 1000:,} kB; shorten it")
            return body.decode("utf-8-sig")
        except OSError as error:
            raise SourceUnavailable(self.name, f"{self.file} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise SourceUnavailable(self.name, f"{self.file} is not UTF-8 text; {HOW}") from error


def _csv(text: str) -> tuple[list[Edge], int]:
    """Rows of caller and callee; a first row that says just that is a heading."""
    return _paired((row[0], row[1]) if len(row) > 1 else row for row in csv.reader(text.splitlines()) if row)


def _yaml(text: str) -> tuple[list[Edge], int]:
    """A mapping of callers to callees, or a list of mappings with `caller` and `callee`."""
    loaded: Any = yaml.safe_load(text)
    if isinstance(loaded, dict):
        rows: list[Any] = []
        for caller, callees in loaded.items():
            rows += [
                (caller, callee) for callee in (callees if isinstance(callees, list) else [callees] if callees else [])
            ]
        return _paired(rows)
    if isinstance(loaded, list):
        return _paired((one.get("caller"), one.get("callee")) if isinstance(one, dict) else one for one in loaded)
    return [], int(loaded is not None)


def _paired(rows: Iterable[Any]) -> tuple[list[Edge], int]:
    found: list[Edge] = []
    bad = 0
    for row in rows:
        names = tuple(one.strip() for one in row if isinstance(one, str)) if isinstance(row, tuple) else ()
        if len(names) != 2 or not all(names) or any(len(name) > 200 or not name.isprintable() for name in names):
            bad += 1
        elif (names[0].lower(), names[1].lower()) != ("caller", "callee"):
            found.append((redacted(names[0]), redacted(names[1])))
    return found, bad


@asynccontextmanager
async def opened(settings: TopologySettings, outside: Outside) -> AsyncGenerator[tuple[Source, ...]]:
    """The graph in the file; whether it can be read is found when it is asked."""
    yield (WrittenGraph(settings.file),)
