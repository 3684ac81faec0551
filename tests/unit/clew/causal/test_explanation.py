"""Can a person check the sum: does what is laid open add up to what was ranked?"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.causal.change import Fit
from clew.causal.explanation import FIT, Explanation, Made, explained
from clew.causal.priors import Prior, Priors
from clew.causal.rank import case_of, rank
from clew.evidence import Change
from clew.hypothesis import Clue, Confidence, Gap, Outcome, Trial
from clew.incident import Signal, Symptom
from clew.tables import CallGraph

SYMPTOM = Symptom(service="web", signal=Signal.LATENCY, metric="latency-p99")
GRAPH = CallGraph((("web", "cart"), ("web", "pay"), ("cart", "stock"), ("pay", "api-proxy")))
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
POOL = "@@ stock/settings.yaml @@\n-  pool: 50\n+  pool: 5"
CHANGE = Change(ref="abc", at=990.0, diff=POOL, files=("stock/settings.yaml",), service="stock", title="lower the pool")


def clue(channel: str, service: str, amount: float, onset: float | None = 1000.0, detail: str = "") -> Clue:
    return Clue(
        channel=channel, service=service, amount=amount, onset=onset, says=f"{channel} of {service}", detail=detail
    )


def laid_open(
    *clues: Clue,
    changes: tuple[Change, ...] = (),
    priors: Priors | None = None,
    graph: CallGraph = GRAPH,
    top: int = 20,
) -> Explanation:
    priors = priors or Priors()
    ranking = rank(clues, graph, priors, symptom=SYMPTOM, onset=1000.0, changes=changes)
    case = case_of(clues, graph, priors, symptom=SYMPTOM, onset=1000.0, changes=changes)
    return explained(Made(ranking, case, 1060.0), priors, top)


found = st.lists(
    st.builds(
        clue,
        st.sampled_from(CHANNELS),
        st.sampled_from(("web", "cart", "pay", "stock", "api-proxy")),
        st.floats(0, 1),
        st.floats(900, 1500),
        st.sampled_from(("", "pool exhausted", "call to api.bank.example.io failed")),
    ),
    min_size=1,
    max_size=14,
)


@given(clues=found, right=st.integers(0, 5), wrong=st.integers(0, 5), blame=st.booleans())
@settings(max_examples=80, deadline=None)
def test_the_terms_of_every_candidate_add_up_to_its_weight(
    clues: list[Clue], right: int, wrong: int, blame: bool
) -> None:
    memory = Priors(counts=(Prior(kind="service", service="cart", right=right, wrong=wrong),))
    seen = Clue(channel="seen", amount=0.0, says="2 services send logs", detail="web\npay\ncart\nstock")
    feed = Clue(channel="status feed", amount=0.6, onset=1000.0, says="the status feed of api.bank.example.io says so")
    told = laid_open(*clues, seen, feed, changes=(CHANGE,) if blame else (), priors=memory)
    for candidate in (*told.candidates, *told.ruled_out):
        if candidate.terms:
            assert candidate.total == pytest.approx(candidate.weight, abs=1e-5)
        for term in candidate.terms:
            if term.amount is not None and term.worth is not None:
                assert term.amount * term.worth == pytest.approx(term.value)


def test_what_the_calls_leave_is_what_the_call_graph_term_says() -> None:
    told = laid_open(clue("latency", "web", 0.9), clue("latency", "cart", 0.9), clue("latency", "stock", 0.7))
    by_key = {c.key: c for c in (*told.candidates, *told.ruled_out) if c.moved}
    cart = by_key["service:cart"]
    assert [(m.signal, m.own, m.callee, m.below) for m in cart.moved] == [("latency", 0.9, "stock", 0.7)]
    assert cart.moved[0].shifted == pytest.approx(0.9 - Priors().weights.shifted * 0.7)
    for candidate in by_key.values():
        value = sum(t.value for t in candidate.terms if t.name == "call graph")
        assert value == pytest.approx(Priors().weights.call_graph * candidate.moved[0].left)


def test_a_service_off_the_symptoms_path_and_one_that_only_forwards_are_said() -> None:
    told = laid_open(clue("latency", "stock", 0.9), clue("latency", "api-proxy", 0.8))
    by_key = {c.key: c for c in (*told.candidates, *told.ruled_out)}
    assert not by_key["service:stock"].moved[0].reached
    assert by_key["service:api-proxy"].moved[0].passes


def test_changes_are_laid_open_with_the_amounts_that_ranked_them() -> None:
    told = laid_open(clue("new errors", "stock", 0.9, detail="pool exhausted"), changes=(CHANGE,))
    [change] = told.changes
    assert change.ref == "abc"
    assert dict(change.parts).keys() >= {"near", "content", "place", "risk", "benign"}
    assert all(0 <= value <= 1 for _, value in change.parts)
    blamed = next(c for c in told.candidates if c.cause.change == "abc")
    assert next(t.value for t in blamed.terms if t.name == "change") == pytest.approx(change.amount)
    assert change.amount > told.none


@given(parts=st.tuples(*(st.floats(0, 1) for _ in range(6))), late=st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_printed_formula_is_the_one_that_ranks_changes(parts: tuple[float, ...], late: bool) -> None:
    names = [name for name in Fit._fields if name not in {"late", "at", "service", "does", "says"}]
    values = dict(zip(names, parts, strict=True))
    fit = Fit(**values, late=late, at=0.0, service=None, does="", says="")
    worth = eval(FIT, {"min": min, "__builtins__": {}}, values)
    assert fit.amount == pytest.approx(0.0 if late else max(0.0, worth))


def test_what_a_natural_experiment_did_to_a_change_is_told_apart() -> None:
    ruling = Clue(
        channel="experiment", service="stock", change="abc", amount=0.8, says="the canary errs, the others do not"
    )
    plain = laid_open(clue("resource", "stock", 0.9), changes=(CHANGE,)).changes[0]
    told = laid_open(clue("resource", "stock", 0.9), ruling, changes=(CHANGE,)).changes[0]
    assert plain.tested == 0.0
    assert told.tested > 0.0
    assert told.amount == pytest.approx(plain.amount + told.tested, abs=1e-4)


def test_what_is_missing_is_said() -> None:
    told = explained(
        Made(
            rank((), CallGraph(), Priors(), symptom=Symptom(), onset=None, changes=()),
            case_of((), CallGraph(), Priors(), symptom=Symptom(), onset=None, changes=()),
            1060.0,
            (Gap(source="recorded logs", reason="no answer", effect="new errors unknown"),),
        )
    )
    said = "\n".join(told.unjudged)
    for words in (
        "recorded logs: no answer; new errors unknown",
        "no metrics",
        "no spans",
        "no call graph",
        "no changes",
        "no onset",
    ):
        assert words in said
    assert told.candidates == ()


def test_a_test_that_lacked_its_data_is_among_what_could_not_be_judged() -> None:
    clues = (clue("resource", "stock", 0.9),)
    ranking = rank(clues, GRAPH, Priors(), symptom=SYMPTOM, onset=1000.0, changes=())
    trials = (Trial(name="dose-response", outcome=Outcome.UNKNOWN, says="too few samples"),)
    tried = ranking.model_copy(update={"drafts": (ranking.drafts[0].model_copy(update={"trials": trials}),)})
    case = case_of(clues, GRAPH, Priors(), symptom=SYMPTOM, onset=1000.0, changes=())
    told = explained(Made(tried, case, 1060.0))
    assert any(line.endswith(": dose-response") for line in told.unjudged)
    assert told.candidates[0].trials == trials


def test_top_cuts_the_open_candidates_alone() -> None:
    clues = tuple(clue("resource", name, 0.9) for name in ("web", "cart", "pay", "stock"))
    whole, cut = laid_open(*clues), laid_open(*clues, top=1)
    assert cut.candidates == whole.candidates[:1]
    assert cut.ruled_out == whole.ruled_out
    assert all(c.confidence is Confidence.RULED_OUT and c.reason for c in whole.ruled_out)
