"""Are several call graphs one, with the names of those who know each call?"""

from hypothesis import given
from hypothesis import strategies as st

from clew.tables import CallGraph
from clew.topology import EDGES, knowing, merged

NAMES = st.sampled_from(("web", "Web", "cart", "db", "mail"))
GRAPHS = st.lists(
    st.tuples(
        st.sampled_from(("spans", "file", "cluster")),
        st.builds(lambda edges: CallGraph(tuple(edges)), st.lists(st.tuples(NAMES, NAMES), max_size=6)),
    ),
    max_size=4,
)


def test_each_call_says_who_knows_it() -> None:
    spans = CallGraph((("web", "cart"),), "3 traces", "GET /traces", ("web", "cart", "lonely"))
    written = CallGraph((("web", "cart"), ("cart", "db")), "calls.csv", "calls.csv caller, callee", partial="1 row")
    found = merged((("spans", spans), ("file", written)))
    assert found.edges == (("cart", "db"), ("web", "cart"))
    assert found.learned == (("file",), ("file", "spans"))
    assert knowing(found, ("web", "cart")) == ("file", "spans")
    assert knowing(found, ("db", "web")) == ()
    assert found.services == ("cart", "db", "lonely", "web")
    assert found.provenance == "3 traces; calls.csv"
    assert found.partial == "file: 1 row"


def test_names_are_the_same_only_if_they_are_written_the_same() -> None:
    found = merged((("a", CallGraph((("web", "web"), ("Web", "web")))),))
    assert found.edges == (("Web", "web"),), "a service that calls itself is no edge; no name is guessed"


def test_what_was_merged_already_keeps_its_sources() -> None:
    inner = CallGraph((("web", "db"),), learned=(("spans", "file"),))
    assert merged((("both", inner),)).learned == (("file", "spans"),)


def test_too_many_calls_are_cut_and_said() -> None:
    many = CallGraph(tuple((f"a{i}", f"b{i}") for i in range(EDGES + 5)))
    both = merged((("one", many), ("two", CallGraph((("z", "y"),))), ("three", CallGraph((("z", "y"),)))))
    assert len(both.edges) == EDGES
    assert ("z", "y") in both.edges, "what two sources know stays"
    assert "6 of 50,006" in both.partial


@given(GRAPHS)
def test_the_order_of_the_sources_does_not_matter(graphs: list[tuple[str, CallGraph]]) -> None:
    one, other = merged(graphs), merged(graphs[::-1])
    assert (one.edges, one.learned, one.services) == (other.edges, other.learned, other.services)
    assert all(a != b for a, b in one.edges)
    assert len(one.learned) == len(one.edges)
