"""What has this process done, as numbers for /metrics?"""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.slack.app import Running


class Vitals(Collector):
    """Read from the running bot when asked; nothing is counted twice."""

    def __init__(self, running: Running) -> None:
        self._running = running

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("clew_up", "1 while the process runs.", value=1)
        last = self._running.last_event_at
        if last is not None:
            yield GaugeMetricFamily(
                "clew_last_event_timestamp_seconds", "When the chat platform last delivered something.", value=last
            )
