"""In which ways can the Shop be broken, and what would be the right answer for each?"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playground.shop import history

if TYPE_CHECKING:
    from playground.shop.shop import Shop

NONE = "none"
BYSTANDER_LEAD = 40.0
"""Seconds between the harmless deploy and the fault it has nothing to do with."""


@dataclass(frozen=True)
class Truth:
    """What is really wrong. `change` is a commit id, "none" (no change is to blame) or None (nothing is wrong)."""

    services: tuple[str, ...]
    change: str | None
    fault: str
    healthy: bool = False


@dataclass(frozen=True)
class Fault:
    """A way to break the Shop. `apply` does it and returns the truth; `noisy_alert`: the alert rule is too tight."""

    name: str
    title: str
    apply: Callable[["Shop"], Awaitable[Truth]]
    noisy_alert: bool = False


class UnknownFault(Exception):
    """There is no fault of that name."""


async def _pool(shop: "Shop") -> Truth:
    return Truth(("checkout",), await shop.ship(history.SMALLER_POOL), "pool shrunk by a deploy")


async def _guard(shop: "Shop") -> Truth:
    return Truth(("cart",), await shop.ship(history.LOST_GUARD), "guard removed by a deploy")


async def _cpu(shop: "Shop") -> Truth:
    await shop.burn("catalog", 0.75)
    return Truth(("catalog",), NONE, "processor kept busy")


async def _network(shop: "Shop") -> Truth:
    shop.slow_down("inventory", 0.32)
    return Truth(("inventory",), NONE, "slow network")


async def _leak(shop: "Shop") -> Truth:
    return Truth(("inventory",), await shop.ship(history.KEPT_ANSWERS), "memory leak brought by a deploy")


async def _provider(shop: "Shop") -> Truth:
    await shop.provider_down(True)
    return Truth(("paygate",), NONE, "outside provider down")


async def _surge(shop: "Shop") -> Truth:
    shop.load.rate = shop.quiet_rate * 8
    # Orders hold a connection of checkout for about 0.3 s; its pool of 12 carries 40 a second and 48 arrive.
    return Truth(("checkout",), NONE, "traffic surge: more orders than checkout's connection pool carries")


async def _bystander(shop: "Shop") -> Truth:
    await shop.ship(history.REWORDED_RECEIPT)
    await asyncio.sleep(BYSTANDER_LEAD)
    await shop.burn("cart", 0.75)
    return Truth(("cart",), NONE, "processor kept busy, just after a harmless deploy elsewhere")


async def _nothing(shop: "Shop") -> Truth:
    return Truth((), None, "none: the alert's threshold is too tight", healthy=True)


_ALL = (
    Fault("pool", "a deploy shrinks a connection pool", _pool),
    Fault("guard", "a deploy removes a guard and throws", _guard),
    Fault("cpu", "something keeps one service's processor busy", _cpu),
    Fault("network", "the network to one service is slow", _network),
    Fault("leak", "a deploy leaks memory", _leak),
    Fault("provider", "an outside provider is down", _provider),
    Fault("surge", "eight times the visitors", _surge),
    Fault("bystander", "a harmless deploy, then a fault elsewhere", _bystander),
    Fault("nothing", "a false alarm: nothing is wrong", _nothing, noisy_alert=True),
)

FAULTS: Mapping[str, Fault] = {fault.name: fault for fault in _ALL}


def fault_named(name: str) -> Fault:
    """The fault of that name; raises UnknownFault, which lists them all."""
    if name not in FAULTS:
        raise UnknownFault(f"There is no fault {name!r}. Choose one of: {', '.join(FAULTS)}.")
    return FAULTS[name]
