"""Who calls whom, when several sources each know a part of it?"""

from collections.abc import Sequence

from clew.tables import CallGraph

EDGES = 50_000
"""A graph beyond this is cut, and says so."""


def merged(graphs: Sequence[tuple[str, CallGraph]]) -> CallGraph:
    """One graph of those that the named sources told, with the sources that know each edge.

    Names are the same only if they are written the same. A service that calls itself is no edge. The order of edges and names is
    that of their text, whatever the order of the sources; of more than EDGES those known to the most sources stay.
    """
    known: dict[tuple[str, str], set[str]] = {}
    services: set[str] = set()
    for name, graph in graphs:
        services.update(graph.services)
        for place, (caller, callee) in enumerate(graph.edges):
            services.update((caller, callee))
            if caller and callee and caller != callee:
                told = graph.learned[place] if graph.learned else (name,)
                known.setdefault((caller, callee), set()).update(told)
    kept = sorted(known, key=lambda edge: (-len(known[edge]), edge))[:EDGES]
    cut = f"{len(known) - EDGES:,} of {len(known):,} calls were left out" if len(known) > EDGES else ""
    edges = tuple(sorted(kept))
    partial = [f"{name}: {graph.partial}" for name, graph in graphs if graph.partial]
    return CallGraph(
        edges=edges,
        provenance="; ".join(dict.fromkeys(graph.provenance or name for name, graph in graphs if graph.edges)),
        query="; ".join(dict.fromkeys(graph.query for _, graph in graphs if graph.query)),
        services=tuple(sorted(services - {""})),
        learned=tuple(tuple(sorted(known[edge])) for edge in edges),
        partial="; ".join([*partial, *([cut] if cut else [])]),
    )


def knowing(graph: CallGraph, edge: tuple[str, str]) -> tuple[str, ...]:
    """Names of the sources that know an edge; empty where it is not known who told it."""
    if not graph.learned or edge not in graph.edges:
        return ()
    return graph.learned[graph.edges.index(edge)]
