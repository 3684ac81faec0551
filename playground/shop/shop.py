"""How is the Shop started, broken, mended and stopped?"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from playground.shop import history
from playground.shop.fault import NONE, Truth, fault_named
from playground.shop.load import Load
from playground.shop.repository import Edit, Repository
from playground.shop.wire import Wire

PROVIDER = "paygate"
CALLS: Mapping[str, tuple[str, ...]] = {
    "catalog": (),
    "inventory": (),
    "payments": (PROVIDER,),
    "cart": ("catalog",),
    "checkout": ("cart", "inventory", "payments"),
    "web": ("catalog", "inventory", "cart", "checkout"),
}
"""Who calls whom; in this order every service starts after those it calls."""

ROOT = Path(__file__).parents[2]
READY_WITHIN = 30.0


class ShopFailed(Exception):
    """A process of the Shop did not start, or refused what it was told."""


@dataclass(frozen=True)
class Deploy:
    """A commit that went live; `time` in Unix seconds."""

    id: str
    time: float
    service: str
    commit: str
    version: str
    author: str


class Shop:
    """The running Shop. Made by `Shop.running`; addresses, folders and what was done to it are its attributes."""

    def __init__(self, workdir: Path, seed: int, rate: float) -> None:
        self.workdir = workdir
        self.seed = seed
        self.quiet_rate = rate
        self.repository = Repository(workdir / "repo")
        self.deploys: list[Deploy] = []
        self.ports: dict[str, int] = {}
        self.wires: dict[str, Wire] = {}
        self._faulty: list[str] = []
        self._client: aiohttp.ClientSession
        self.load: Load

    @property
    def services(self) -> tuple[str, ...]:
        """The services that are ours."""
        return tuple(CALLS)

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """(caller, callee) of every call that can happen."""
        return tuple((caller, callee) for caller, callees in CALLS.items() for callee in callees)

    def address(self, name: str) -> str:
        """Where others reach a process: through its wire."""
        return f"http://127.0.0.1:{self.wires[name].port}"

    def direct(self, name: str) -> str:
        """Where an operator reaches a process: past its wire."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def log_file(self, service: str) -> Path:
        """JSON lines: time, level, service, instance, trace_id, message, attributes."""
        return self.workdir / "logs" / f"{service}.jsonl"

    def span_file(self, service: str) -> Path:
        """JSON lines: trace_id, span_id, parent_id, service, instance, operation, start, duration_us, status."""
        return self.workdir / "spans" / f"{service}.jsonl"

    @classmethod
    @asynccontextmanager
    async def running(cls, workdir: Path, seed: int = 1, rate: float = 20.0) -> AsyncGenerator["Shop"]:
        """The Shop under a load of `rate` visits a second, in an empty `workdir`; nothing of it is left afterwards.

        Raises ShopFailed where a process does not start, GitFailed where git is missing.
        """
        shop = cls(workdir, seed, rate)
        async with AsyncExitStack() as stack:
            shop._client = await stack.enter_async_context(aiohttp.ClientSession())
            first = await shop._found_repository()
            await shop._start(stack, PROVIDER, {"seed": seed})
            for name, callees in CALLS.items():
                config = {
                    "name": name,
                    "release": str(await shop._checkout(name, first)),
                    "version": first[:8],
                    "callees": {callee: shop.address(callee) for callee in callees},
                    "span_file": str(shop.span_file(name)),
                    "seed": seed,
                }
                await shop._start(stack, name, config)
            shop.load = Load(shop.address("web"), rate, seed)
            visitors = asyncio.create_task(shop.load.run())
            try:
                yield shop
            finally:
                visitors.cancel()
                await asyncio.gather(visitors, return_exceptions=True)

    async def break_(self, name: str) -> Truth:
        """Switch a fault on; returns what is then really wrong. Raises UnknownFault."""
        truth = await fault_named(name).apply(self)
        if truth.change not in {None, NONE}:
            self._faulty.append(str(truth.change))
        return truth

    async def mend(self) -> None:
        """Undo whatever is broken: quiet load, wires, processors, provider, and faulty commits (reverted)."""
        self.load.rate = self.quiet_rate
        for wire in self.wires.values():
            wire.delay = 0.0
        await self.provider_down(False)
        for name in CALLS:
            await self.burn(name, 0.0)
        while self._faulty:
            commit = self._faulty.pop()
            live = next(deploy for deploy in self.deploys if deploy.commit == commit)
            await self.deploy(live.service, await self.repository.revert(commit, "Ada Okafor"), "Ada Okafor")

    async def commit(self, edit: Edit) -> str:
        """Commit without deploying; returns the commit id."""
        return await self.repository.apply(edit)

    async def ship(self, edit: Edit) -> str:
        """Commit and deploy to the service the edit belongs to; returns the commit id."""
        commit = await self.repository.apply(edit)
        if edit.service is not None:
            await self.deploy(edit.service, commit, edit.author)
        return commit

    async def deploy(self, service: str, commit: str, author: str) -> None:
        """Make `commit` live in `service`; raises ShopFailed where the service refuses it."""
        folder = await self._checkout(service, commit)
        await self._tell(service, "deploy", {"release": str(folder), "version": commit[:8]})
        number = len(self.deploys) + 1
        self.deploys.append(Deploy(f"deploy-{number}", time.time(), service, commit, commit[:8], author))

    async def burn(self, service: str, busy: float) -> None:
        """Keep a service's processor busy for `busy` seconds out of every 0.9; 0 stops it."""
        await self._tell(service, "burn", {"busy": busy})

    def slow_down(self, service: str, delay: float) -> None:
        """Hold back every chunk to and from a service by about `delay` seconds."""
        self.wires[service].delay = delay

    async def provider_down(self, down: bool) -> None:
        """Make the outside provider fail, or work again."""
        await self._tell(PROVIDER, "down", {"down": down})

    async def _found_repository(self) -> str:
        now = time.time()
        commit = await self.repository.found(now - 9 * 86_400)
        for hours, edit in history.PAST:
            commit = await self.repository.apply(edit, now - hours * 3600)
        return commit

    async def _checkout(self, service: str, commit: str) -> Path:
        return await self.repository.release(service, commit, self.workdir / "releases" / commit[:12])

    async def _tell(self, name: str, lever: str, body: Mapping[str, object]) -> None:
        async with self._client.post(f"{self.direct(name)}/-/{lever}", json=dict(body)) as response:
            if response.status != 200:
                raise ShopFailed(f"{name} refused {lever}: {await response.text()}")

    async def _start(self, stack: AsyncExitStack, name: str, config: Mapping[str, object]) -> None:
        port_file = self.workdir / "run" / f"{name}.port"
        config_file = self.workdir / "run" / f"{name}.json"
        log = self.log_file(name)
        await asyncio.to_thread(_write_config, config_file, {**config, "port_file": str(port_file)}, log)
        module = "playground.shop.provider" if name == PROVIDER else "playground.shop.service"
        with log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", module, str(config_file), cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=out
            )
        stack.push_async_callback(_stopped, process)
        self.ports[name] = await _port(process, name, port_file)
        self.wires[name] = await stack.enter_async_context(Wire(self.ports[name], self.seed).open())


def _write_config(path: Path, config: Mapping[str, object], log: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(config), encoding="utf-8")


async def _port(process: asyncio.subprocess.Process, name: str, port_file: Path) -> int:
    for _ in range(int(READY_WITHIN / 0.05)):
        if process.returncode is not None:
            raise ShopFailed(f"{name} ended with code {process.returncode} while starting")
        if await asyncio.to_thread(port_file.exists):
            return int(await asyncio.to_thread(port_file.read_text))
        await asyncio.sleep(0.05)
    raise ShopFailed(f"{name} did not start within {READY_WITHIN:.0f} s")


async def _stopped(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), 5.0)
    except TimeoutError:
        process.kill()
        await process.wait()
