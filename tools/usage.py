"""How much did each source have to be asked: requests, bytes and samples, counted where they are spent."""

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter


@dataclass(frozen=True)
class Spent:
    """What one source has been asked so far."""

    requests: int = 0
    received: int = 0
    """Bytes of answers."""
    samples: int = 0
    """Samples that the source says it touched, where it says so."""


@dataclass
class Usage:
    """Counts by the source's name, for the drill's table and for `/metrics`."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    _spent: dict[str, Spent] = field(default_factory=dict[str, Spent])

    def __post_init__(self) -> None:
        self._requests = Counter("clew_source_requests", "Requests sent", ["source"], registry=self.registry)
        self._received = Counter("clew_source_received_bytes", "Bytes of answers", ["source"], registry=self.registry)
        self._samples = Counter("clew_source_samples", "Samples touched upstream", ["source"], registry=self.registry)

    def add(self, source: str, *, requests: int = 0, received: int = 0, samples: int = 0) -> None:
        """Counts what was just spent on one source."""
        held = self._spent.get(source, Spent())
        self._spent[source] = Spent(held.requests + requests, held.received + received, held.samples + samples)
        self._requests.labels(source).inc(requests)
        self._received.labels(source).inc(received)
        self._samples.labels(source).inc(samples)

    def of(self, source: str) -> Spent:
        """What one source was asked so far."""
        return self._spent.get(source, Spent())

    @property
    def total(self) -> Spent:
        """What all sources together were asked so far."""
        every = tuple(self._spent.values())
        return Spent(sum(s.requests for s in every), sum(s.received for s in every), sum(s.samples for s in every))
