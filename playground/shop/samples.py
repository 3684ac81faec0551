"""What did every process measure in each interval of a few seconds?"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

PROBE = aiohttp.ClientTimeout(total=3.0)
Series = tuple[str, tuple[tuple[str, str], ...]]
Scrape = dict[Series, float]

GAUGES: Mapping[str, str] = {
    "http_requests_in_flight": "in-flight",
    "db_pool_in_use": "pool-in-use",
    "db_pool_waiting": "pool-waiting",
    "worker_queue_depth": "queue-depth",
    "event_loop_lag_seconds": "event-loop-lag(s)",
}
QUANTILES = (50, 90, 99)


@dataclass(frozen=True)
class Probe:
    """One request to a process's health page from outside; `seconds` until its answer or until giving up."""

    seconds: float
    ok: bool


@dataclass(frozen=True)
class Sample:
    """What one service measured in the interval that ends at `time`; `values` by column name, units in the names."""

    time: float
    service: str
    values: Mapping[str, float]


@dataclass
class Interval:
    """The scrapes and probes of one service within the running interval.

    Counters grow from the scrape `before`, taken at Unix second `since`, to the newest one, taken at `until`: a process
    that hardly answers is scraped late, and a rate is over the time that really passed.
    """

    before: Scrape = field(default_factory=dict[Series, float])
    since: float = 0.0
    until: float = 0.0
    texts: list[str] = field(default_factory=list[str])
    probes: list[Probe] = field(default_factory=list[Probe])


def parsed(text: str) -> Scrape:
    """A Prometheus exposition as value by (name, sorted labels)."""
    scrape: Scrape = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            scrape[(sample.name, tuple(sorted(sample.labels.items())))] = float(sample.value)
    return scrape


def gauge(text: str, name: str) -> float:
    """One gauge without labels out of an exposition, without reading the rest; 0 where it is absent."""
    start = text.find(f"\n{name} ")
    return float(text[start:].split(maxsplit=2)[1]) if start >= 0 else 0.0


def increase(before: Scrape, after: Scrape, name: str) -> dict[Mapping[str, str], float]:
    """How much each series of a counter grew, by its labels."""
    grown: dict[Mapping[str, str], float] = {}
    for (found, labels), value in after.items():
        if found == name:
            grown[_Labels(labels)] = max(0.0, value - before.get((found, labels), 0.0))
    return grown


class _Labels(dict[str, str]):
    """Labels that can be a key."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self.items()))


def quantile(buckets: Mapping[float, float], share: float) -> float | None:
    """The value below which `share` of the observations lie; None without observations.

    `buckets` maps an upper bound to its cumulative count; straight lines within a bucket, and the largest finite
    bound for whatever lies beyond it, as Prometheus's histogram_quantile does.
    """
    bounds = sorted(buckets)
    total = buckets[bounds[-1]] if bounds else 0.0
    if total <= 0:
        return None
    rank, lower, below = share * total, 0.0, 0.0
    for bound in bounds:
        count = buckets[bound]
        if count >= rank:
            if bound == float("inf"):
                return lower
            return lower + (bound - lower) * (rank - below) / (count - below) if count > below else bound
        lower, below = bound, count
    return lower


def measured(interval: Interval, after: Scrape) -> dict[str, float]:
    """The columns of one interval of one service; `after` is its last scrape."""
    values: dict[str, float] = {}
    if interval.texts:
        before, seconds = interval.before, interval.until - interval.since
        _requests(values, before, after, seconds)
        _calls(values, before, after, seconds)
        _latency(values, "pool-wait", _buckets(before, after, "db_pool_wait_seconds", {}), (90,))
        cpu = increase(before, after, "process_cpu_seconds_total")
        values["cpu(%)"] = 100 * sum(cpu.values()) / seconds
        values["memory-rss(MB)"] = after.get(("process_resident_memory_bytes", ()), 0.0) / 1e6
        for name, column in GAUGES.items():
            values[column] = sum(gauge(text, name) for text in interval.texts) / len(interval.texts)
    if interval.probes:
        values["probe-duration(s)"] = sum(probe.seconds for probe in interval.probes) / len(interval.probes)
        values["probe-success(%)"] = 100 * sum(probe.ok for probe in interval.probes) / len(interval.probes)
    return values


def _requests(values: dict[str, float], before: Scrape, after: Scrape, seconds: float) -> None:
    grown = increase(before, after, "http_requests_total")
    total = sum(grown.values())
    failed = sum(count for labels, count in grown.items() if labels["code"].startswith("5"))
    values["requests(1/s)"] = total / seconds
    values["errors(1/s)"] = failed / seconds
    if total:
        values["error-ratio(%)"] = 100 * failed / total
    _latency(values, "latency", _buckets(before, after, "http_request_seconds", {}), QUANTILES)


def _calls(values: dict[str, float], before: Scrape, after: Scrape, seconds: float) -> None:
    failed: defaultdict[str, float] = defaultdict(float)
    for labels, count in increase(before, after, "http_calls_total").items():
        failed[labels["callee"]] += count if labels["code"] not in {"200", "402", "404"} else 0.0
    for callee, count in failed.items():
        values[f"call-errors[{callee}](1/s)"] = count / seconds
        buckets = _buckets(before, after, "http_call_seconds", {"callee": callee})
        _latency(values, f"call-latency[{callee}]", buckets, (90,))


def _buckets(before: Scrape, after: Scrape, name: str, wanted: Mapping[str, str]) -> dict[float, float]:
    buckets: defaultdict[float, float] = defaultdict(float)
    for labels, count in increase(before, after, f"{name}_bucket").items():
        if all(labels.get(key) == value for key, value in wanted.items()):
            buckets[float(labels["le"])] += count
    return buckets


def _latency(values: dict[str, float], name: str, buckets: Mapping[float, float], percents: tuple[int, ...]) -> None:
    for percent in percents:
        seconds = quantile(buckets, percent / 100)
        if seconds is not None:
            values[f"{name}-p{percent}(s)"] = seconds


class Sampler:
    """Scrapes and probes every process once a second; every `every` seconds one Sample per service.

    `scraped` and `probed` map a name to its address: what is not ours can be probed but not scraped.
    """

    def __init__(self, scraped: Mapping[str, str], probed: Mapping[str, str], every: int = 5) -> None:
        self.samples: list[Sample] = []
        self._scraped = scraped
        self._probed = probed
        self._every = every
        self._intervals = {name: Interval() for name in {**probed, **scraped}}

    async def run(self) -> None:
        """Fill `samples` until cancelled."""
        async with aiohttp.ClientSession(timeout=PROBE) as client:
            await asyncio.gather(*(self._scrape(client, name) for name in self._scraped))
            await self._close(time.time())
            self.samples.clear()
            began = closed = time.time()
            while True:
                await asyncio.sleep(1.0 - (time.time() - began) % 1.0)
                await asyncio.gather(
                    *(self._probe(client, name) for name in self._probed),
                    *(self._scrape(client, name) for name in self._scraped),
                )
                if time.time() - closed >= self._every - 0.5:
                    closed = time.time()
                    await self._close(closed)

    async def _close(self, now: float) -> None:
        for name, interval in self._intervals.items():
            last = parsed(interval.texts[-1]) if interval.texts else interval.before
            self.samples.append(Sample(round(now, 3), name, measured(interval, last)))
            self._intervals[name] = Interval(before=last, since=interval.until or interval.since)
            await asyncio.sleep(0.02)  # parsing takes milliseconds; the visitors of the same process must not notice

    async def _scrape(self, client: aiohttp.ClientSession, name: str) -> None:
        try:
            async with client.get(f"{self._scraped[name]}/metrics") as response:
                text = await response.text()
            self._intervals[name].texts.append(text)
            self._intervals[name].until = time.time()
        except (TimeoutError, aiohttp.ClientError):
            return  # a missed scrape is a gap in the metrics, as anywhere

    async def _probe(self, client: aiohttp.ClientSession, name: str) -> None:
        began = time.perf_counter()
        try:
            async with client.get(f"{self._probed[name]}/healthz") as response:
                ok = response.status == 200
        except (TimeoutError, aiohttp.ClientError):
            ok = False
        self._intervals[name].probes.append(Probe(time.perf_counter() - began, ok))
