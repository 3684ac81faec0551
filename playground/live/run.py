"""What happens in one run of the drill: a fresh Shop, a quiet while, one fault, the alert, the card, the verdict?

Started as `python -m playground.live.run ORDER` (a JSON file) in a process of its own, so that runs at the same time do not slow each
other's visitors; the last line it prints is the outcome as JSON.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from clew.errors import StoreError
from clew.progress import Numbered, Progress, RunState
from playground.live import card_watch
from playground.live.leash import until_left_alone
from playground.live.outcome import Clocked, Outcome, judged, outcome
from playground.live.process import spent
from playground.live.prometheus import NotStartedError
from playground.live.rules import HOLDS_SECONDS
from playground.live.stage import Plot, Programs, Stage, staged
from playground.shop import history
from playground.shop.fault import NONE, fault_named
from playground.shop.repository import GitFailed
from playground.shop.service import STALL
from playground.shop.shop import ShopFailed
from tools.memory import SqlMemory
from tools.memory import opened as memory_opened

ALERT_SECONDS = 150.0
"""A fault that raised no alarm by then is a failed set-up."""
VERDICT_SECONDS = 90.0
BREAKING_SECONDS = 3.0
"""A fault may work for so long before it is said to be there."""
SHOWN_SECONDS = 30.0
"""Slack takes edits of one message only so often; the last one comes a little later than it is kept."""
LOOK_SECONDS = 0.25
ENDED = (RunState.DONE, RunState.RESOLVED)


class Spoilt(Exception):
    """The run cannot be judged; the message says why."""


@dataclass(frozen=True)
class Order:
    """One run that was asked for. `keep`: a folder for its report and evidence, or empty."""

    fault: str
    name: str
    folder: str
    search: str
    prometheus: str
    alertmanager: str
    seed: int
    quiet: float = 75.0
    rate: float = 24.0
    keep: str = ""


async def ran(order: Order, say: Callable[[str], None]) -> Outcome:
    """Makes the run; what goes wrong in setting it up is in the outcome's `failed`."""
    fault = fault_named(order.fault)
    plot = Plot(
        Path(order.folder),
        order.name,
        Programs(order.prometheus, order.alertmanager),
        order.search,
        order.seed,
        order.rate,
    )
    try:
        async with staged(plot) as stage:
            say(f"the Shop is open; {order.quiet:.0f} quiet seconds")
            async with memory_opened(stage.store) as memory:
                return await _drilled(order, stage, memory, say)
    except (Spoilt, NotStartedError, ShopFailed, GitFailed, StoreError, OSError) as error:
        return Outcome(order.fault, fault.noisy_alert, failed=f"{type(error).__name__}: {str(error)[:500]}")


async def _drilled(order: Order, stage: Stage, memory: SqlMemory, say: Callable[[str], None]) -> Outcome:
    await ordinary_day(stage, order.seed, order.quiet)
    if await memory.recent(1):
        raise Spoilt("an alarm was raised in the quiet phase: try again on a calmer machine")
    await must_be_calm(stage, order.quiet)
    fault = fault_named(order.fault)
    before = await spent(stage.bot)
    say(f"now: {fault.title}")
    truth = await stage.shop.break_(fault.name)
    broken = time.time()
    if fault.noisy_alert:
        await stage.alarms(await stage.tight())
    opened = await _waited(memory, lambda progress: True, ALERT_SECONDS, f"no alarm for {fault.name}")
    early = broken + (0.0 if fault.noisy_alert else HOLDS_SECONDS - BREAKING_SECONDS)
    if opened.incident.alerted_at < early:
        raise Spoilt("an alarm was raised that the fault cannot have caused: try again on a calmer machine")
    say(f"alert after {opened.incident.alerted_at - broken:.0f} s: {opened.incident.title}")
    ended = await _waited(memory, lambda progress: progress.state in ENDED, VERDICT_SECONDS, "no verdict")
    if fault.noisy_alert:
        await must_be_calm(stage, time.time() - broken)
    after = await spent(stage.bot)
    clocked = await _clocked(stage, ended, broken)
    report = ended.report
    if report is None:
        raise Spoilt("the card ended without a report")
    first = report.open[0] if report.open else None
    said = f"{report.verdict.value}: {first.confidence.value}: {first.title}" if first else report.verdict.value
    right = judged(report, truth, stage.shop.deploys)
    made = outcome(fault.name, right, clocked, (after[0] - before[0], after[1] - before[1]))
    made = replace(made, change_to_blame=truth.change not in (None, NONE), said=said)
    if order.keep:
        await asyncio.to_thread(_keep, order, made, truth, ended, await memory.recall(ended.incident.id), stage)
    return made


async def ordinary_day(stage: Stage, seed: int, quiet: float) -> None:
    """The quiet seconds, with two harmless changes in them as on any day."""
    earlier, later = random.Random(seed).sample(history.ORDINARY, 2)
    await asyncio.sleep(quiet * 0.25)
    await stage.shop.ship(earlier)
    await asyncio.sleep(quiet * 0.35)
    await stage.shop.ship(later)
    await asyncio.sleep(quiet * 0.4)


async def must_be_calm(stage: Stage, seconds: float) -> None:
    """Raises Spoilt where a service stood still for a moment in the last `seconds`: the machine is too busy to call anything healthy."""
    longest = await stage.asked(f"max(max_over_time(event_loop_lag_seconds[{seconds:.0f}s]))")
    if longest is not None and longest > STALL:
        raise Spoilt(f"this machine is too busy: a healthy service stood still for {longest:.2f} s")


async def _waited(memory: SqlMemory, wanted: Callable[[Progress], bool], seconds: float, otherwise: str) -> Progress:
    """The investigation, once it is as wanted. Raises Spoilt after `seconds`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = await memory.recent(1)
        if found and wanted(found[0]):
            return found[0]
        await asyncio.sleep(LOOK_SECONDS)
    raise Spoilt(f"{otherwise} within {seconds:.0f} s")


async def _clocked(stage: Stage, ended: Progress, broken: float) -> Clocked:
    """When people saw what. Raises Spoilt where the verdict is kept but its card does not come."""
    channel, record = ended.incident.thread.channel, stage.slack.record
    until = time.monotonic() + SHOWN_SECONDS
    while (verdict := card_watch.first(record, channel, card_watch.ends)) is None:
        if time.monotonic() > until:
            raise Spoilt(f"the verdict was kept, but not shown within {SHOWN_SECONDS:.0f} s")
        await asyncio.sleep(LOOK_SECONDS)
    finding = card_watch.first(record, channel, card_watch.finds)
    return Clocked(broken, ended.incident.alerted_at, finding, verdict)


def _keep(  # noqa: PLR0917 everything about a run, in one place
    order: Order, made: Outcome, truth: object, ended: Progress, evidence: tuple[Numbered, ...], stage: Stage
) -> None:
    folder = Path(order.keep) / order.name
    folder.mkdir(parents=True, exist_ok=True)
    told = {"outcome": asdict(made), "order": asdict(order), "truth": asdict(truth)}  # pyright: ignore[reportArgumentType, reportCallIssue]
    (folder / "outcome.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
    (folder / "progress.json").write_text(ended.model_dump_json(indent=1), encoding="utf-8")
    facts = [numbered.model_dump(mode="json") for numbered in evidence]
    (folder / "evidence.json").write_text(json.dumps(facts, indent=1, ensure_ascii=False), encoding="utf-8")
    log = Path(order.folder) / "bot.log"
    (folder / "bot.log").write_bytes(log.read_bytes())


def main() -> None:
    """Read the order named on the command line and make the run."""
    order = Order(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    made = asyncio.run(until_left_alone(ran(order, lambda words: _say(order, words))))
    sys.stdout.write(json.dumps(asdict(made)) + "\n")


def _say(order: Order, words: str) -> None:
    sys.stderr.write(f"{order.name} ({order.fault}): {words}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
