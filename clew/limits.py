"""How much may one investigation use."""

from clew.frozen import Frozen


class Limits(Frozen):
    """Budgets of one investigation; every loop and read is bounded by one of these."""

    source_seconds: float = 8.0
    """A source that has not answered by then is a gap."""
    investigation_seconds: float = 60.0
    rounds: int = 3
    """First look and at most two wider ones."""
    lookback_seconds: float = 3600.0
    lookahead_seconds: float = 900.0
    widen: float = 3.0
    open_hypotheses: int = 3
    evidence_per_finding: int = 12
    diff_characters: int = 20_000
    changes: int = 200
    answer_sentences: int = 5
    answer_characters: int = 700
    model_calls: int = 6
    model_seconds: float = 20.0
    lease_seconds: float = 30.0
