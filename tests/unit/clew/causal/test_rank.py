"""Does the sum of clues keep its promises: order-free, monotone, honest about nothing."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from clew.causal.priors import Prior, Priors
from clew.causal.rank import rank
from clew.causal.ranking import Ranking
from clew.evidence import Change
from clew.hypothesis import CauseKind, Clue, Confidence, Verdict
from clew.incident import Signal, Symptom
from clew.tables import CallGraph

SYMPTOM = Symptom(service="web", signal=Signal.LATENCY, metric="latency-p99")
GRAPH = CallGraph((("web", "cart"), ("web", "pay"), ("cart", "stock")))
CHANNELS = (
    "resource",
    "latency",
    "errors",
    "self time",
    "edge",
    "new errors",
    "failed spans",
    "lost calls",
    "gone",
    "requests",
)
POOL = "@@ pay/settings.yaml @@\n-  pool: 50\n+  pool: 5"


def clue(channel: str, service: str, amount: float, onset: float | None = 1000.0, detail: str = "") -> Clue:
    return Clue(
        channel=channel, service=service, amount=amount, onset=onset, says=f"{channel} of {service}", detail=detail
    )


def ranked(
    *clues: Clue, changes: tuple[Change, ...] = (), symptom: Symptom = SYMPTOM, priors: Priors | None = None
) -> Ranking:
    return rank(clues, GRAPH, priors or Priors(), symptom=symptom, onset=1000.0, changes=changes)


clues = st.lists(
    st.builds(
        clue,
        st.sampled_from(CHANNELS),
        st.sampled_from(("web", "cart", "pay", "stock")),
        st.floats(0, 1),
        st.floats(900, 1300),
    ),
    max_size=12,
)


@given(found=clues, seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_the_order_of_clues_never_matters(found: list[Clue], seed: int) -> None:
    shuffled = list(found)
    random.Random(seed).shuffle(shuffled)
    assert ranked(*found) == ranked(*shuffled)


@given(found=clues, channel=st.sampled_from(CHANNELS), amount=st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_more_support_never_lowers_a_weight(found: list[Clue], channel: str, amount: float) -> None:
    def weight(ranking: Ranking) -> float:
        return max(
            (d.weight for d in ranking.drafts if d.cause.service == "stock" and d.cause.kind is CauseKind.SERVICE),
            default=0.0,
        )

    more = ranked(*found, clue(channel, "stock", amount, onset=1000.0))
    if not more.healthy:
        assert weight(more) >= weight(ranked(*found)) - 1e-6


def test_nothing_seen_is_not_found_and_never_healthy() -> None:
    ranking = ranked()
    assert ranking.verdict is Verdict.NOT_FOUND
    assert not ranking.healthy


def test_blame_goes_to_the_deepest_slow_callee() -> None:
    ranking = ranked(clue("latency", "web", 0.9), clue("latency", "cart", 0.85), clue("latency", "stock", 0.8))
    assert ranking.services[0] == "stock"


def test_two_kinds_of_evidence_are_likely_and_one_is_possible() -> None:
    both = ranked(clue("resource", "pay", 0.9), clue("new errors", "pay", 0.9, detail="pool exhausted"))
    one = ranked(clue("resource", "pay", 0.9), clue("latency", "pay", 0.5))
    assert both.drafts[0].confidence is Confidence.LIKELY
    assert one.drafts[0].confidence is Confidence.POSSIBLE


def test_a_change_that_shrinks_a_pool_is_named_with_its_numbers() -> None:
    guilty = Change(
        ref="4f2c1a0", at=940.0, service="pay", title="Trim settings", files=("pay/settings.yaml",), diff=POOL
    )
    docs = Change(
        ref="9c07de1",
        at=980.0,
        service="web",
        title="Update docs",
        files=("docs/a.md",),
        diff="@@ docs/a.md @@\n+words",
    )
    ranking = ranked(
        clue("resource", "pay", 0.9), clue("new errors", "pay", 0.9, detail="pool exhausted"), changes=(guilty, docs)
    )
    assert ranking.changes[0] == "4f2c1a0"
    assert ranking.drafts[0].cause.change == "4f2c1a0"
    assert "50 → 5" in ranking.drafts[0].title
    assert ranking.drafts[0].confidence is Confidence.LIKELY


def test_a_change_after_the_onset_is_ruled_out_with_its_reason() -> None:
    late = Change(ref="4f2c1a0", at=1200.0, service="pay", title="Trim", files=("pay/settings.yaml",), diff=POOL)
    ranking = ranked(clue("resource", "pay", 0.9), changes=(late,))
    assert ranking.changes[0] == "none"
    out = next(d for d in ranking.drafts if d.cause.change == "4f2c1a0")
    assert out.confidence is Confidence.RULED_OUT
    assert "after the onset" in out.ruled_out


def test_a_change_whose_diff_could_not_be_read_is_never_named() -> None:
    blind = Change(
        ref="4f2c1a0", at=990.0, service="pay", title="Shrink the pool", files=("pay/settings.yaml",), diff=None
    )
    assert ranked(clue("resource", "pay", 0.9), changes=(blind,)).changes == ("none",)


def test_errors_that_name_a_provider_point_outside_and_away_from_changes() -> None:
    seen = Clue(channel="seen", amount=0.0, says="", detail="web\npay\ncart\nstock")
    error = clue("new errors", "pay", 0.9, detail="POST https://api.paygate.com/charge returned <num>")
    near = Change(
        ref="4f2c1a0", at=990.0, service="pay", title="Tidy", files=("pay/a.py",), diff="@@ pay/a.py @@\n+x = 1"
    )
    ranking = ranked(seen, error, changes=(near,))
    assert ranking.changes[0] == "none"
    assert any(d.cause.kind is CauseKind.EXTERNAL and d.cause.service == "api.paygate.com" for d in ranking.drafts)


def test_quiet_signal_is_healthy_and_one_new_error_is_not() -> None:
    quiet = Clue(channel="quiet", service="web", amount=0.0, says="latency stayed usual", detail="latency")
    assert ranked(quiet).verdict is Verdict.HEALTHY
    assert not ranked(quiet, clue("new errors", "pay", 0.8)).healthy
    assert not ranked(quiet, symptom=Symptom()).healthy
    assert not ranked(quiet, Clue(channel="unseen", amount=0.0, says="logs: down")).healthy


def test_memory_nudges_and_never_decides() -> None:
    strong, weak = clue("resource", "pay", 0.9), clue("resource", "cart", 0.2)
    taught = Priors(
        counts=(Prior(kind="service", service="cart", right=99), Prior(kind="service", service="pay", wrong=99))
    )
    assert ranked(strong, weak, priors=taught).services[0] == "pay"


def test_where_nothing_tells_services_apart_the_one_with_more_calls_comes_first() -> None:
    assert ranked().services == ("cart", "web", "pay", "stock")
    busy = CallGraph((("a", "z"), ("b", "z"), ("a", "b"), ("z", "c")))
    assert rank((), busy, Priors(), symptom=Symptom(), onset=None, changes=()).services == ("z", "a", "b", "c")
    assert ranked(clue("resource", "stock", 0.1)).services[0] == "stock"
