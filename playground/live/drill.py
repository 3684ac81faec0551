"""How often is Clew right on live incidents, and how fast? Fresh Shops, one fault each, nobody at the keyboard."""

import asyncio
import json
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from playground.live.opensearch import SearchServer, search_server
from playground.live.outcome import Outcome
from playground.live.run import ALERT_SECONDS, VERDICT_SECONDS, Order
from playground.live.stage import Programs
from playground.shop.fault import FAULTS, fault_named

SETTING_UP_SECONDS = 180.0
"""Everything of a run beside its quiet phase, its alert and its verdict takes less."""
ENDS_SECONDS = 20.0
KEPT = Path(".clew")


@dataclass(frozen=True)
class Plan:
    """`runs` fault runs in all, spread evenly over `faults` with at least one each, and `controls` with nothing wrong."""

    faults: tuple[str, ...]
    runs: int
    controls: int = 0
    at_once: int = 1
    quiet: float = 75.0
    seed: int = 1
    given: str | None = None
    """Address of a search server to use."""
    small_search: bool = False
    """Take the small search server at once."""
    keep: Path | None = None


def named_faults(text: str) -> tuple[str, ...]:
    """`all`, or names with commas; the false alarm is no fault. Raises UnknownFault."""
    real = tuple(name for name, fault in FAULTS.items() if not fault.noisy_alert)
    if text == "all":
        return real
    return tuple(fault_named(name.strip()).name for name in text.split(",") if name.strip()) or real


def scheduled(plan: Plan) -> tuple[str, ...]:
    """The fault of each run, those of one kind far apart, controls spread among them."""
    runs = max(plan.runs, len(plan.faults))
    faults = [plan.faults[place % len(plan.faults)] for place in range(runs)]
    (quiet,) = (name for name, fault in FAULTS.items() if fault.noisy_alert)
    every = len(faults) / plan.controls if plan.controls else 0.0
    for number in range(plan.controls, 0, -1):
        faults.insert(round(number * every), quiet)
    return tuple(faults)


async def drilled(plan: Plan, say: Callable[[str], None], done: Callable[[Outcome], None]) -> tuple[Outcome, ...]:
    """Makes all runs, in their order, one that failed once more; `done` hears of each as it ends. Raises NotStartedError."""
    programs = await Programs.found(KEPT / "programs")
    with tempfile.TemporaryDirectory(prefix="clew-drill-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        searching = search_server(
            folder / "search", plan.given, real=not plan.small_search, jars=(KEPT / "search").resolve()
        )
        async with searching as server:
            say(server.told)
            gate = asyncio.Semaphore(plan.at_once)

            async def one(number: int, fault: str) -> Outcome:
                async with gate:
                    made = await _made(_order(plan, number, fault, (programs, server, folder), again=False))
                    if made.failed:
                        say(f"run {number} ({fault}) failed and is made again: {made.failed}")
                        made = await _made(_order(plan, number, fault, (programs, server, folder), again=True))
                done(made)
                return made

            faults = scheduled(plan)
            say(f"{len(faults)} runs, {plan.at_once} at once, {plan.quiet:.0f} quiet seconds each")
            return tuple(await asyncio.gather(*(one(number, fault) for number, fault in enumerate(faults, 1))))


def _order(plan: Plan, number: int, fault: str, held: tuple[Programs, SearchServer, Path], *, again: bool) -> Order:
    programs, server, folder = held
    # the letter keeps indices of several drills on one given server apart
    name = f"{folder.name[-6:].lower().strip('_')}-{number:03d}" + ("-again" if again else "")
    return Order(
        fault=fault,
        name=name,
        folder=str(folder / name),
        search=server.url,
        prometheus=programs.prometheus,
        alertmanager=programs.alertmanager,
        seed=plan.seed + number - 1 + 1000 * again,
        quiet=plan.quiet,
        keep=str(plan.keep.resolve()) if plan.keep else "",
    )


async def _made(order: Order) -> Outcome:
    """One run in a process of its own, within the time that it may take."""
    lost = Outcome(order.fault, FAULTS[order.fault].noisy_alert)
    folder = Path(order.folder)
    await asyncio.to_thread(_laid_out, folder, order)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "playground.live.run", str(folder / "order.json"), stdin=PIPE, stdout=PIPE
    )
    try:
        async with asyncio.timeout(order.quiet + ALERT_SECONDS + VERDICT_SECONDS + SETTING_UP_SECONDS):
            assert process.stdout is not None
            told = await process.stdout.read()
            await process.wait()
    except TimeoutError:
        return _failed(lost, "the run did not end in time")
    finally:
        await _ended(process)
    try:
        return Outcome(**json.loads(told.splitlines()[-1]))
    except (ValueError, IndexError, TypeError):
        return _failed(lost, f"the run ended with code {process.returncode} and no outcome")


def _laid_out(folder: Path, order: Order) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "order.json").write_text(json.dumps(asdict(order)), encoding="utf-8")


def _failed(lost: Outcome, why: str) -> Outcome:
    return Outcome(lost.fault, lost.control, failed=why)


async def _ended(process: Process) -> None:
    """It ends by itself, and ends what it started, once its standard input closes."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), ENDS_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def told(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """The drill's JSON."""
    return {"runs": [outcome.told() for outcome in outcomes]}
