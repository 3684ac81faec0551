"""What is each kind of clue worth: every constant that was fitted to incidents, in one place."""

from clew.frozen import Frozen


class Weights(Frozen):
    """Worth of one unit of each channel, and how blame moves along calls. Fitted by `bench.fit`, which says what it is worth elsewhere."""

    resource: float = 1.5
    self_time: float = 1.0
    edge: float = 2.0
    new_errors: float = 2.0
    failed_spans: float = 1.0
    lost_calls: float = 0.4
    gone: float = 0.4
    stopped_calls: float = 1.0
    external: float = 2.0
    call_graph: float = 1.0
    """Latency, errors and requests, once blame was shifted to callees."""
    other_signal: float = 0.4
    """A latency where the alert speaks of errors, or errors where it speaks of latency."""
    shifted: float = 0.6
    """How much of its strongest callee's anomaly of the same kind a caller is forgiven."""
    explained: float = 0.6
    """How much of its own effects (errors, lost calls) a caller is forgiven for what is wrong below it."""
    unreached: float = 0.2
    """What is left of a node that no chain of anomalous calls joins with the symptom."""

    def worth(self, channel: str) -> float:
        """The weight of a channel by its name."""
        return float(getattr(self, channel.replace(" ", "_")))
