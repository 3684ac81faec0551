"""How does an incident of the Shop become a case that can be replayed?"""

import asyncio
import json
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from playground.shop import history
from playground.shop.alert import RULES, Alert, fired, tight_rule
from playground.shop.casefile import Recording, must_be_new, write
from playground.shop.fault import Fault, Truth, fault_named
from playground.shop.repository import Commit, Edit
from playground.shop.samples import Sample, Sampler
from playground.shop.shop import PROVIDER, Deploy, Shop

LONGEST_DIFF = 6000


class RecordingFailed(Exception):
    """What was recorded is not an incident that one could learn from."""


@dataclass(frozen=True)
class Plan:
    """How to record: visits a second, and the seconds of each phase."""

    rate: float = 24.0
    warm_up: float = 15.0
    quiet: float = 255.0
    broken: float = 150.0
    seed: int = 1


@dataclass
class StatusFeed:
    """What the provider's public status page said, whenever it changed."""

    address: str
    lines: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    async def run(self) -> None:
        """Look every 5 seconds until cancelled."""
        said = ""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3.0)) as client:
            while True:
                try:
                    async with client.get(f"{self.address}/status") as response:
                        now = str((await response.json())["status"])
                except (TimeoutError, aiohttp.ClientError):
                    now = "the status page does not answer"
                if now != said:
                    self._note(now)
                said = now
                await asyncio.sleep(5.0)

    def _note(self, status: str) -> None:
        message = f"[status {PROVIDER}] {status}"
        line = {"time": time.time(), "level": "INFO", "service": "", "instance": "status-feed", "trace_id": ""}
        self.lines.append({**line, "message": message})


@dataclass(frozen=True)
class Seen:
    """A Shop's run before it is written down; times are Unix seconds."""

    fault: Fault
    truth: Truth
    began: float
    broken_at: float
    ended: float
    samples: tuple[Sample, ...]
    status_lines: tuple[dict[str, Any], ...]


async def record(fault: str, out: Path, plan: Plan, say: Callable[[str], None]) -> int:
    """Run the Shop, break it and write the case into `out`; returns its bytes. Takes as long as the plan says.

    Raises UnknownFault, FileExistsError, RecordingFailed, ShopFailed, GitFailed, TooLarge.
    """
    chosen = fault_named(fault)
    await asyncio.to_thread(must_be_new, out)
    with tempfile.TemporaryDirectory(prefix="shop-") as workdir:
        async with Shop.running(Path(workdir) / "shop", plan.seed, plan.rate) as shop:
            say(f"the Shop is open, {plan.warm_up + plan.quiet:.0f} quiet seconds come first")
            await asyncio.sleep(plan.warm_up)
            seen = await _watched(shop, chosen, plan, say)
            commits = await shop.repository.log()
        alert = _alert(seen)
        say(f"alert: {alert.title}, {alert.time - seen.broken_at:.0f} s after the fault")
        recording = await asyncio.to_thread(_recording, shop, seen, alert, commits, out.name)
        return await asyncio.to_thread(write, out, recording)


async def _watched(shop: Shop, fault: Fault, plan: Plan, say: Callable[[str], None]) -> Seen:
    scraped = {name: shop.direct(name) for name in shop.services}
    probed = {name: shop.address(name) for name in (*shop.services, PROVIDER)}
    sampler, feed = Sampler(scraped, probed), StatusFeed(shop.address(PROVIDER))
    began = time.time()
    watchers = [asyncio.create_task(sampler.run()), asyncio.create_task(feed.run())]
    try:
        await _ordinary_day(shop, plan)
        say(f"now: {fault.title}")
        truth = await shop.break_(fault.name)
        broken_at = time.time()
        await asyncio.sleep(plan.broken)
    finally:
        for watcher in watchers:
            watcher.cancel()
        ends = await asyncio.gather(*watchers, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise RecordingFailed(f"a watcher stopped: {end!r}") from end
    return Seen(fault, truth, began, broken_at, time.time(), tuple(sampler.samples), tuple(feed.lines))


async def _ordinary_day(shop: Shop, plan: Plan) -> None:
    """The quiet phase, with two harmless changes in it as on any day."""
    first, second = _harmless(plan.seed)
    await asyncio.sleep(plan.quiet * 0.25)
    await shop.ship(first)
    await asyncio.sleep(plan.quiet * 0.35)
    await shop.ship(second)
    await asyncio.sleep(plan.quiet * 0.4)


def _harmless(seed: int) -> tuple[Edit, Edit]:
    first, second = random.Random(seed).sample(history.ORDINARY, 2)
    return first, second


def _alert(seen: Seen) -> Alert:
    quiet = [sample for sample in seen.samples if sample.time <= seen.broken_at]
    false_alarm = fired(RULES, quiet, 0.0)
    if false_alarm is not None:
        raise RecordingFailed(f"The quiet phase was not quiet ({false_alarm.title}): record again on a calmer machine.")
    rules = (tight_rule(quiet),) if seen.fault.noisy_alert else RULES
    alert = fired(rules, seen.samples, seen.broken_at)
    if alert is None:
        raise RecordingFailed(f"No alert fired for {seen.fault.name!r}: record longer or at a higher rate.")
    return alert


def _recording(shop: Shop, seen: Seen, alert: Alert, commits: tuple[Commit, ...], name: str) -> Recording:
    logs = [line for service in shop.services for line in _lines(shop.log_file(service))]
    spans = [span for service in shop.services for span in _lines(shop.span_file(service))]
    return Recording(
        incident=_incident(alert, name),
        samples=seen.samples,
        logs=[*(line for line in logs if seen.began <= line["time"] <= seen.ended), *seen.status_lines],
        spans=[span for span in spans if seen.began <= span["start"] <= seen.ended],
        changes=_changes(commits, shop.deploys),
        edges=shop.edges,
        truth=_truth(seen),
    )


def _lines(path: Path) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(text))
        except json.JSONDecodeError:
            continue  # the last line of a process that was stopped while it wrote
    return lines


def _incident(alert: Alert, name: str) -> dict[str, Any]:
    rule = alert.rule
    return {
        "format": 1,
        "id": name,
        "family": "shop",
        "system": "the Shop (six services and an outside payment provider)",
        "title": alert.title,
        "alerted_at": round(alert.time, 3),
        "severity": rule.severity,
        "symptom": {"service": rule.service, "signal": rule.signal, "metric": rule.metric},
        "baseline": None,
        "modalities": ["metrics", "logs", "traces", "changes", "topology"],
        "note": None,
        "extra": {
            "alert": {
                "monitor": rule.name,
                "threshold": rule.threshold,
                "observed": round(alert.observed, 3),
                "detail": f"{rule.metric} of {rule.service} for {5 * rule.samples} s",
            }
        },
    }


def _changes(commits: tuple[Commit, ...], deploys: list[Deploy]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {
            "id": commit.id,
            "kind": "commit",
            "time": commit.time,
            "service": _service(commit),
            "author": commit.author,
            "title": commit.title,
            "files": list(commit.files),
            "diff": commit.diff if len(commit.diff) <= LONGEST_DIFF else None,
            "extra": {"body": commit.body} if commit.body else {},
        }
        for commit in commits
    ]
    for deploy in deploys:
        row = asdict(deploy)
        commit, version = row.pop("commit"), row.pop("version")
        title = f"deploy {deploy.service} {version}"
        more = {"kind": "deploy", "title": title, "files": [], "diff": None}
        rows.append({**row, "time": round(deploy.time, 3), **more, "extra": {"commit": commit, "version": version}})
    return sorted(rows, key=lambda row: row["time"])


def _service(commit: Commit) -> str | None:
    owners = {path.split("/")[1] if path.startswith("services/") else None for path in commit.files}
    return owners.pop() if len(owners) == 1 else None


def _truth(seen: Seen) -> dict[str, Any]:
    truth = seen.truth
    return {
        "services": list(truth.services),
        "instance": None,
        "change": truth.change,
        "fault": truth.fault,
        "metric": None,
        "category": seen.fault.name,
        "healthy": truth.healthy,
        "extra": {"notes": seen.fault.title, "broken_at": round(seen.broken_at, 3)},
    }
