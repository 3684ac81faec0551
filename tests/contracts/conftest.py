"""Which stores do the contracts run on: a dictionary, SQLite, a throw-away Postgres and a throw-away Redis."""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
import pytest

from clew.memory import Memory
from clew.testing import DictMemory
from tools.memory import SqlMemory, opened

NOW = 1_700_000_000.0


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


POSTGRES = pytest.param("postgres", marks=pytest.mark.needs("postgres"))


@pytest.fixture(scope="session")
def postgres(program: Callable[[str], str | None]) -> Generator[str, None, None]:
    """A throw-away cluster; as root it runs as the packaged `postgres` user, since the server refuses root."""
    server = program("postgres")
    assert server is not None, "ask for this fixture through a parameter that `needs` postgres"
    programs = Path(server).resolve().parent
    user = "postgres" if os.geteuid() == 0 else None
    # Not pytest's own folder: every pytest that starts closes that to other users, and the server could not be stopped.
    with tempfile.TemporaryDirectory(prefix="clew-postgres-") as name:
        folder, port = Path(name), free_port()
        if user is not None:
            shutil.chown(folder, user)

        def run(program: str, *arguments: str | Path) -> None:
            command = [programs / program, "-D", folder / "data", *arguments]
            subprocess.run(command, user=user, check=True, capture_output=True, cwd=folder, timeout=120)

        # No test pulls the plug of the machine, so nothing waits for the disk.
        run("initdb", "-U", "clew", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=60 -c fsync=off"
        run("pg_ctl", "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql://clew@127.0.0.1:{port}"
        finally:
            run("pg_ctl", "-m", "immediate", "stop")


async def database(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> str:
    """The address of a database of this test's own."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path}/store/clew.db"
    server: str = request.getfixturevalue("postgres")
    name = f"t{uuid.uuid4().hex}"
    admin = await asyncpg.connect(f"{server}/postgres")
    await admin.execute(f'CREATE DATABASE "{name}"')
    await admin.close()
    return f"{server}/{name}"


@pytest.fixture(params=["sqlite", POSTGRES])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return await database(request, request.param, tmp_path)


@pytest.fixture
async def sql(url: str) -> AsyncGenerator[SqlMemory, None]:
    async with opened(url, now=lambda: NOW) as memory:
        yield memory


@pytest.fixture(params=["dict", "sqlite", POSTGRES])
async def memory(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Memory, None]:
    if request.param == "dict":
        yield DictMemory()
        return
    async with opened(await database(request, request.param, tmp_path), now=lambda: NOW) as kept:
        yield kept


@pytest.fixture
async def redis_url(tmp_path: Path, program: Callable[[str], str | None]) -> AsyncGenerator[str, None]:
    """The address of a server of this test's own; ask for it with `needs`."""
    port = free_port()
    server = await asyncio.create_subprocess_exec(
        program("redis-server") or "redis-server",
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(tmp_path),
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        await until_open(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        await server.wait()


async def until_open(port: int) -> None:
    for _ in range(500):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            await writer.wait_closed()
            return
    raise AssertionError(f"nothing listens on port {port}")
