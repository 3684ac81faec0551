"""Does the real Shop serve, break, mend, tell about itself, and leave nothing behind?"""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from playground.shop.fault import UnknownFault
from playground.shop.samples import parsed
from playground.shop.shop import Shop


async def lines(path: Path) -> list[dict[str, Any]]:
    text = await asyncio.to_thread(path.read_text)
    return [json.loads(line) for line in text.splitlines()]


def ours(workdir: Path) -> list[str]:
    """Command lines of running processes that name this Shop's folder."""
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(workdir) in command:
            found.append(command)
    return found


async def outcomes(shop: Shop, seconds: float) -> Counter[str]:
    shop.load.outcomes.clear()
    await asyncio.sleep(seconds)
    return Counter(shop.load.outcomes)


async def enough(shop: Shop, outcome: str, count: int) -> Counter[str]:
    """The outcomes from now on, once `count` visits ended with `outcome`."""
    shop.load.outcomes.clear()
    async with asyncio.timeout(60):
        while shop.load.outcomes[outcome] < count:
            await asyncio.sleep(0.05)
    return Counter(shop.load.outcomes)


@pytest.mark.timeout(120)
async def test_a_deploy_breaks_the_shop_and_a_revert_mends_it(tmp_path: Path) -> None:
    workdir = tmp_path / "shop"
    async with Shop.running(workdir, seed=5, rate=30.0) as shop:
        assert len(ours(workdir)) == 7
        quiet = await enough(shop, "200", 40)
        assert quiet["502"] == 0

        truth = await shop.break_("guard")
        assert truth.services == ("cart",)
        assert truth.change == (await shop.repository.log())[-1].id
        assert shop.deploys[-1].commit == truth.change
        await enough(shop, "502", 2)

        errors = [line for line in await lines(shop.log_file("cart")) if line["level"] == "ERROR"]
        assert "TypeError" in errors[0]["message"]
        assert "handlers.py" in errors[0]["attributes"]["stack"]
        spans = [s for name in shop.services for s in await lines(shop.span_file(name))]
        journey = [span for span in spans if span["trace_id"] == errors[0]["trace_id"]]
        assert {"web", "checkout", "cart"} <= {span["service"] for span in journey}
        ids = {span["span_id"] for span in journey}
        assert [span["service"] for span in journey if span["parent_id"] not in ids] == ["web"]

        await shop.mend()
        await asyncio.sleep(1.0)
        mended = await outcomes(shop, 4.0)
        assert mended["502"] == 0
        assert mended["200"] > 30
    assert ours(workdir) == []


@pytest.mark.timeout(120)
async def test_each_process_tells_its_own_side(tmp_path: Path) -> None:
    async with Shop.running(tmp_path / "shop", seed=6, rate=30.0) as shop, aiohttp.ClientSession() as client:
        await enough(shop, "200", 40)

        async def scrape(name: str) -> dict[str, float]:
            async with client.get(f"{shop.direct(name)}/metrics") as response:
                totals: Counter[str] = Counter()
                for (metric, _), value in parsed(await response.text()).items():
                    totals[metric] += value  # type: ignore[assignment]
                return dict(totals)

        web = await scrape("web")
        assert web["http_requests_total"] > 20
        assert web["http_calls_total"] >= web["http_requests_total"] * 0.9
        assert web["process_cpu_seconds_total"] > 0
        assert {"db_pool_in_use", "db_pool_waiting", "worker_queue_depth"} <= set(web)
        assert (await scrape("cart"))["http_requests_total"] < web["http_requests_total"]

        await shop.provider_down(True)
        async with client.post(f"{shop.address('paygate')}/v1/charges", json={"cents": 1}) as response:
            assert response.status == 503

        before = asyncio.get_running_loop().time()
        shop.slow_down("inventory", 0.2)
        async with client.get(f"{shop.address('inventory')}/healthz") as response:
            assert (await response.json())["service"] == "inventory"
        assert asyncio.get_running_loop().time() - before > 0.2

        with pytest.raises(UnknownFault, match="pool, guard"):
            await shop.break_("earthquake")
