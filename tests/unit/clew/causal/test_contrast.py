"""Do the requests that a suspect touched tell it from one that only stood by?"""

import numpy as np

from clew.causal.contrast import contrast
from clew.tables import Bools, Spans

BEFORE, DURING = 200, 200


def traces(slow: str | None, failing: str | None = None, seed: int = 1) -> Spans:
    """Requests web -> (cart, pay), one a second; in the second half of them `slow` takes ten times as long in every other request."""
    rng = np.random.default_rng(seed)
    count = BEFORE + DURING
    names = ("web", "cart", "pay")
    hit = (np.arange(count) >= BEFORE) & (np.arange(count) % 2 == 0)
    own = {name: rng.gamma(20, 0.001, count) * (1 + 9 * (hit & (name == slow))) for name in names}
    whole = own["web"] + own["cart"] + own["pay"]
    error = {name: hit & (name == failing) for name in names}
    error["web"] |= error["cart"] | error["pay"]
    start = np.repeat(np.arange(count, dtype=np.float64), 3)
    root = 3 * np.arange(count, dtype=np.int32)
    return Spans(
        trace=np.repeat(np.arange(count, dtype=np.int32), 3),
        parent=np.stack((np.full(count, -1, dtype=np.int32), root, root), axis=1).ravel().astype(np.int32),
        service=np.tile(np.array([0, 1, 2], dtype=np.int32), count),
        operation=np.tile(np.array([0, 1, 2], dtype=np.int32), count),
        start=start,
        duration=np.stack((whole, own["cart"], own["pay"]), axis=1).ravel(),
        error=np.stack((error["web"], error["cart"], error["pay"]), axis=1).ravel(),
        traces=tuple(str(i) for i in range(count)),
        services=names,
        operations=("GET /", "cart", "pay"),
    )


def during(spans: Spans) -> Bools:
    return spans.start >= BEFORE


def test_slow_requests_are_those_in_which_the_culprit_was_slow() -> None:
    spans = traces("cart")
    guilty = contrast(spans, Spans.empty(), "cart", during(spans), failed=False)
    assert guilty is not None
    assert guilty.firm
    assert guilty.exposed > 0.9
    assert guilty.others < 0.2


def test_a_bystander_is_slow_in_any_request() -> None:
    spans = traces("cart", seed=2)
    other = contrast(spans, Spans.empty(), "pay", during(spans), failed=False)
    assert other is None or not other.firm


def test_failures_are_laid_to_where_they_begin() -> None:
    spans = traces(None, failing="pay")
    guilty = contrast(spans, Spans.empty(), "pay", during(spans), failed=True)
    assert guilty is not None
    assert guilty.firm
    assert contrast(spans, Spans.empty(), "web", during(spans), failed=True) is None


def test_what_is_usual_may_come_from_another_day() -> None:
    spans, normal = traces("cart"), traces(None, seed=3)
    guilty = contrast(spans, normal, "cart", during(spans), failed=False)
    assert guilty is not None
    assert guilty.firm


def test_without_spans_of_it_nothing_is_compared() -> None:
    spans = traces("cart")
    assert contrast(Spans.empty(), Spans.empty(), "cart", during(Spans.empty()), failed=False) is None
    assert contrast(spans, Spans.empty(), "mail", during(spans), failed=False) is None
    assert contrast(spans, Spans.empty(), "cart", np.zeros(len(spans), dtype=np.bool_), failed=False) is None
