"""The suite's content in a real Prometheus: gauges, and a counter whose labels say who calls whom."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from clew.ports import Source, Telemetry
from playground.live.prometheus import prometheus
from tests.contracts.content import ALERT, EDGE, METRICS, SERVICE, TIMES
from tests.contracts.stand import Program, Stand
from tools.outside import Outside
from tools.prometheus import PrometheusSettings
from tools.prometheus import opened as prometheus_opened


def _lines() -> Iterator[str]:
    for name in METRICS:
        for at in TIMES:
            yield f'{name}_seconds{{service="{SERVICE}"}} 1 {at:.0f}'
    caller, callee = EDGE
    yield "# TYPE http_calls counter"
    for count, at in enumerate(TIMES):
        yield f'http_calls_total{{service="{caller}",callee="{callee}",code="200"}} {count} {at:.0f}'
    yield "# EOF\n"


@asynccontextmanager
async def opened(folder: Path, program: Program) -> AsyncGenerator[tuple[Source, ...]]:
    text = folder / "content.txt"
    text.write_text("\n".join(_lines()))
    server, promtool = program("prometheus") or "prometheus", program("promtool") or "promtool"
    async with (
        prometheus(server, folder / "server", openmetrics=text, promtool=promtool) as url,
        prometheus_opened(PrometheusSettings(url=url), Outside(now=lambda: ALERT + 100)) as sources,
    ):
        yield sources


STAND = Stand(
    "prometheus",
    ("prometheus", "promtool"),
    (Telemetry.METRICS, Telemetry.TOPOLOGY),
    opened,
    types={"expression": f'm1_seconds{{service="{SERVICE}"}}'},
)
