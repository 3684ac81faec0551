"""What do the tables of one incident say, in one pure call: the same steps that the specialists and the judge make apart."""

from clew.causal.experiment import experiment_clues, experiments
from clew.causal.moment import Moment
from clew.causal.newerrors import log_clues
from clew.causal.onset import moment
from clew.causal.priors import Priors
from clew.causal.rank import rank
from clew.causal.ranking import Ranking
from clew.causal.selftime import span_clues
from clew.causal.shift import resource_clues
from clew.causal.sound import sounded
from clew.causal.trial import tried
from clew.hypothesis import Clue
from clew.incident import Symptom
from clew.tables import Tables


def analyse(tables: Tables, alerted_at: float, symptom: Symptom, priors: Priors | None = None) -> Ranking:
    """Ranks one incident. Deterministic; no I/O; empty tables give `Not found`, never `healthy`."""
    tables = sounded(tables)
    when = moment(tables.matrix, tables.normal_matrix, alerted_at, symptom)
    changes = tables.changes.changes
    tried_out = experiment_clues(experiments(tables.matrix, changes, when.onset, symptom))
    clues = (*clues_of(tables, when, symptom), *tried_out)
    ranking = rank(clues, tables.graph, priors or Priors(), symptom=symptom, onset=when.onset, changes=changes)
    return tried(ranking, tables, when, symptom)


def clues_of(tables: Tables, when: Moment, symptom: Symptom) -> tuple[Clue, ...]:
    """What every estimator says about these tables: series, then spans, then log lines."""
    return (
        *(found.clue for found in resource_clues(tables.matrix, tables.normal_matrix, when, symptom)),
        *span_clues(tables.spans, tables.normal_spans, when),
        *(found.clue for found in log_clues(tables.lines, tables.normal_lines, when)),
    )
