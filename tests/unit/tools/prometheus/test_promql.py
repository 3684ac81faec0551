"""Is an expression written anew the same expression, within the limits and with the scope in every selector?"""

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.prometheus.promql import RefusedError, rebuilt
from tools.prometheus.selector import Matcher, exactly, quoted, seconds

SCOPE = (Matcher("namespace", "=", 'sh"op\\'),)
GOOD = (
    "up",
    "rate(x[5m])",
    'sum by (a) (rate(x{b=~"c.*"}[5m] offset 1h)) / on(a) group_left(z) -y{q!="r"}',
    'max_over_time(rate(x[1m])[1h:1m]) and ({a="b",__name__="y z"} > bool 3)',
    "topk(3, x)",
    "a - (b - c)",
    "a - b - c",
    "2 ^ 3 ^ x",
    "-x ^ 2",
    'label_replace(x, "a", "$1", "b", "(.*)")',
    "quantile without (a) (0.9, x)",
    "a unless on() b",
    'x{a="b\\"c\\n"}',
    "time() - x offset -5m",
)
BAD = {
    "": "no expression",
    "sum(": "no PromQL",
    "x[5m]": "raw samples",
    "1 + 1": "selects no metric",
    '{__name__=~".+"}': "name the metric",
    '{a="b"}': "name the metric",
    '{__name__!="a"}': "non-empty matcher",
    "x @ 12": "window",
    'x{a="b" or c="d"}': "'or'",
    "rate(x[30d])": "24 hours",
    "x offset 5y": "offset",
    "max_over_time(x[1d:1ms])": "subquery",
    "max_over_time(max_over_time(x[1h:1m])[1h:1m])": "subquery",
    "absent(x)": "absent",
    "(" * 50 + "x" + ")" * 50: "nested",
    " + ".join("x" for _ in range(30)): "more than 10 times",
    "x" * 3_000: "longer",
}


@pytest.mark.parametrize("text", GOOD)
def test_it_means_the_same(text: str) -> None:
    """Parsed again and without what was added, it is the tree that came."""
    once = rebuilt(text).text
    assert rebuilt(once).text.replace("(", "").replace(")", "") == once.replace("(", "").replace(")", "")
    assert _tree(once) == _tree(text)


def _tree(text: str) -> list[str]:
    """What kinds of nodes there are, in order, but for brackets."""
    kinds: list[str] = []

    def seen(node: promql_parser.Expr) -> None:
        if not isinstance(node, promql_parser.ParenExpr):
            kinds.append(type(node).__name__)

    promql_parser.walk(promql_parser.parse(text), seen)
    return kinds


@pytest.mark.parametrize("text", GOOD)
def test_the_scope_is_in_every_selector(text: str) -> None:
    found = rebuilt(text, SCOPE)
    held: list[bool] = []

    def seen(node: promql_parser.Expr) -> None:
        inner = node.vector_selector if isinstance(node, promql_parser.MatrixSelector) else node
        if isinstance(inner, promql_parser.VectorSelector):
            held.append(any((m.name, m.value) == ("namespace", 'sh"op\\') for m in inner.matchers.matchers))

    promql_parser.walk(promql_parser.parse(found.text), seen)
    assert held
    assert all(held)


@pytest.mark.parametrize("text", list(BAD))
def test_what_is_refused_says_why(text: str) -> None:
    with pytest.raises(RefusedError, match=BAD[text]):
        rebuilt(text, SCOPE)


@given(st.text(max_size=60))
def test_no_value_breaks_out_of_its_quotes(value: str) -> None:
    clean = value.encode("utf-8", "replace").decode("utf-8")
    text = f"x{{a={quoted(value)},b={quoted('safe')}}}"
    tree = promql_parser.parse(text)
    assert isinstance(tree, promql_parser.VectorSelector)
    assert [(m.name, m.value) for m in tree.matchers.matchers] == [("a", clean), ("b", "safe")]


@given(st.text(max_size=300))
def test_any_text_is_rebuilt_or_refused(text: str) -> None:
    try:
        found = rebuilt(text, SCOPE).text
    except RefusedError:
        found = "refused"
    assert promql_parser.parse(found)


def test_a_pattern_of_values_is_of_those_values_alone() -> None:
    assert exactly(["a.b", "c|d"]) == r"a\.b|c\|d"
    assert (seconds(90), seconds(7.5)) == ("90s", "7500ms")
