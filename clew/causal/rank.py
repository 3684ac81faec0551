"""Which cause comes first: clues in, a ranking out."""

from collections.abc import Sequence

from clew.causal.priors import Priors
from clew.causal.ranking import Ranking
from clew.evidence import Change
from clew.hypothesis import Clue, Verdict
from clew.incident import Symptom
from clew.tables import CallGraph


def rank(
    clues: Sequence[Clue],
    graph: CallGraph,
    priors: Priors,
    *,
    symptom: Symptom,
    onset: float | None,
    changes: Sequence[Change],
) -> Ranking:
    """The whole incident-level arithmetic; see the module."""
    return Ranking(verdict=Verdict.NOT_FOUND, headline="", onset=onset)
