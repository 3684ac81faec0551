"""Is a broken service named by the clue that says most about its trouble?"""

import pytest

from clew.causal.remedy import relieve
from clew.causal.say import change, spoken
from clew.causal.title import LIMIT, lead, levels, titled
from clew.hypothesis import Clue


def measured(
    channel: str, metric: str, amount: float, moved: tuple[float, float] = (2.0, 85.0), unit: str = "%"
) -> Clue:
    says = f"cart {spoken(metric)} {change(*moved, unit)} from 22:11:00 UTC"
    return Clue(channel=channel, service="cart", amount=amount, says=says, detail=metric)


CPU = measured("resource", "cpu", 0.54)
HELD = measured("resource", "pool-in-use", 0.56, (0.0, 8.3), "")
SLOW = measured("latency", "latency-p90", 1.0, (0.04, 0.72), "s")
LAG = measured("latency", "event-loop-lag", 1.0, (0.004, 0.72), "s")
EDGE = Clue(
    channel="edge",
    service="cart",
    amount=0.5,
    says="calls to and from cart spend 2 → 722 ms on the way (2 routes)",
    detail="network to cart is slow: +720 ms on every call",
)
ERROR = Clue(
    channel="new errors", service="cart", amount=0.9, says="new error in cart", detail="<time> ERROR no sku <num>"
)
ASKS_LESS = Clue(
    channel="stopped calls",
    service="cart",
    amount=0.9,
    says="cart is still asked but hardly asks stock any more: stock requests 30 → 2/s",
    detail="stock",
)


@pytest.mark.parametrize(
    ("clues", "title"),
    [
        ((HELD, CPU, SLOW), "cart burns CPU: 2 → 85 %"),
        ((EDGE, CPU), "cart burns CPU: 2 → 85 %"),
        ((LAG, CPU, EDGE), "cart burns CPU: 2 → 85 %"),
        ((LAG, SLOW), "cart is held up: event loop lag 4 → 720 ms"),
        ((EDGE, SLOW), "network to cart is slow: +720 ms on every call"),
        ((HELD, SLOW), "cart holds on to more than usual: pool in use 0 → 8.3"),
        ((ERROR, CPU, EDGE), "cart fails with a new error: “no sku …”"),
        (
            (EDGE.model_copy(update={"detail": "calls to cart take longer on the way: +2 ms"}), SLOW),
            "cart misbehaves: p90 latency 40 → 720 ms",
        ),
        ((ASKS_LESS, SLOW), "cart hardly asks stock any more: stock requests 30 → 2/s"),
        ((ASKS_LESS, CPU, SLOW), "cart burns CPU: 2 → 85 %"),
        ((ASKS_LESS, ERROR), "cart fails with a new error: “no sku …”"),
        ((ASKS_LESS, LAG), "cart is held up: event loop lag 4 → 720 ms"),
        ((SLOW,), "cart misbehaves: p90 latency 40 → 720 ms"),
        ((), "cart misbehaves"),
    ],
)
def test_the_title_is_made_of_the_clue_that_names_the_trouble(clues: tuple[Clue, ...], title: str) -> None:
    assert titled("cart", lead(clues), clues) == title


def test_a_faint_clue_names_nothing() -> None:
    assert lead((measured("resource", "cpu", 0.1), SLOW)) is None


def test_a_title_is_never_too_long() -> None:
    endless = ERROR.model_copy(update={"detail": "no basket " * 60})
    said = titled("cart", lead((endless,)), ())
    assert len(said) <= LIMIT
    assert said.endswith("…”")


def test_levels_come_from_the_sentence_or_not_at_all() -> None:
    assert levels(CPU) == "2 → 85 %"
    assert levels(ERROR) == ""


def test_the_next_step_fits_the_trouble_and_only_proposes() -> None:
    steps = [relieve("cart", told, "web p99 latency") for told in (CPU, EDGE, ERROR, LAG, HELD, ASKS_LESS, None)]
    assert len({step for step, _ in steps}) == len(steps)
    assert all("cart" in step and step.endswith("watch web p99 latency for 3 minutes.") for step, _ in steps)
    assert "CPU of cart" in steps[0][0]
    assert "DNS" in steps[1][0]


def test_what_asks_no_more_is_looked_into_where_it_waits() -> None:
    step, settles = relieve("cart", ASKS_LESS, "web p99 latency")
    assert step == (
        "See why cart no longer asks on: its connections, a flag, the queue that it reads; or restart one instance; "
        "then watch web p99 latency for 3 minutes."
    )
    assert settles == "Once cart asks on as before, watch web p99 latency: usual again means it was this."
