"""What is an alert, whoever sent it, and what does it say is wrong?"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit

from clew.frozen import Frozen
from clew.incident import Signal, Symptom, incident_id

TITLE = 120
"""Characters of a title."""
LABELS = 40
"""Labels that are kept of one alert, in order of their names."""
LABEL = 200
"""Characters of a label's value."""


class Severity(StrEnum):
    """How bad it is, the worst first."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return tuple(Severity).index(self)


_WORDS: Mapping[Severity, frozenset[str]] = {
    Severity.CRITICAL: frozenset(
        [
            "critical",
            "crit",
            "page",
            "paging",
            "p0",
            "p1",
            "sev0",
            "sev1",
            "s0",
            "s1",
            "emergency",
            "fatal",
            "disaster",
            "blocker",
            "outage",
        ]
    ),
    Severity.ERROR: frozenset(["error", "err", "high", "major", "urgent", "p2", "sev2", "s2", "alert", "average"]),
    Severity.WARNING: frozenset(["warning", "warn", "medium", "moderate", "minor", "p3", "sev3", "s3"]),
    Severity.INFO: frozenset(
        [
            "info",
            "information",
            "informational",
            "low",
            "notice",
            "none",
            "debug",
            "ok",
            "p4",
            "p5",
            "sev4",
            "sev5",
            "s4",
            "s5",
        ]
    ),
}


def severity_of(word: str) -> Severity:
    """A sender's own word for it (`page`, `P1`, `SEV-2`); an unknown or missing one is a warning, so that nothing is lost by it."""
    plain = re.sub(r"[\s_-]", "", word).lower()
    return next((severity for severity, words in _WORDS.items() if plain in words), Severity.WARNING)


def worst(severities: Sequence[Severity]) -> Severity:
    """The worst of them; info if there is none."""
    return min(severities, key=lambda severity: severity.rank, default=Severity.INFO)


class Alert(Frozen):
    """One alert as its sender last told it. The sender's fingerprint says which alerts are the same."""

    origin: str
    """Which sender: fingerprints of two of them have nothing to do with each other."""
    fingerprint: str
    title: str
    service: str | None = None
    signal: Signal | None = None
    metric: str | None = None
    severity: Severity = Severity.WARNING
    started_at: float
    ended_at: float | None = None
    """None while it fires."""
    told_at: float
    """When the sender says that this was so: of two tellings the later one counts."""
    scope: str = ""
    """Which team it belongs to; alerts of different scopes never share an incident."""
    group: str = ""
    """The sender's own key for what belongs together; empty if it has none."""
    place: str = ""
    """Where it fires, from labels such as cluster and namespace; empty if they say nothing."""
    labels: tuple[tuple[str, str], ...] = ()
    link: str = ""
    channel: str = ""
    """Where people speak about it already, if the sender says so."""

    @property
    def id(self) -> str:
        return incident_id(self.origin, self.fingerprint)

    @property
    def firing(self) -> bool:
        return self.ended_at is None

    @property
    def symptom(self) -> Symptom:
        return Symptom(service=self.service, signal=self.signal, metric=self.metric)


_SIGNALS: tuple[tuple[Signal, re.Pattern[str]], ...] = (
    (
        Signal.AVAILABILITY,
        re.compile(
            r"\b(?:down|unavailable|unreachable|absent|outage|offline|dead|not ready|crash ?loop\w*|crash\w*|"
            r"probe|health ?check|heartbeat|missing|up == 0|blackbox|availability)\b"
        ),
    ),
    (
        Signal.LATENCY,
        re.compile(r"\b(?:latency|latencies|slow\w*|duration|response time|p\d{2,3}|quantile|apdex|time ?outs?)\b"),
    ),
    (
        Signal.ERRORS,
        re.compile(r"\b(?:errors?|error (?:rate|ratio|budget)|fail\w*|5xx|http 5\d\d|exceptions?|burn rate|burn)\b"),
    ),
    (
        Signal.SATURATION,
        re.compile(
            r"\b(?:cpu|memory|mem|oom\w*|disk|filesystem|saturat\w*|throttl\w*|full|exhaust\w*|queue|backlog|lag|"
            r"pool|connections?|threads?|file descriptors?|capacity|quota|heap|gc|load)\b"
        ),
    ),
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def spoken(text: str) -> str:
    """A name as words, in lower case: `HighErrorRate` and `http_5xx-errors` can be searched for words."""
    words = _CAMEL.sub(" ", text)
    return " ".join(re.sub(r"[_\-./:]+", " ", words).lower().split())


def signal_of(*texts: str) -> Signal | None:
    """What kind of trouble the texts speak of; the first text that says so decides, so give the surest one first."""
    for text in texts:
        words = spoken(text[:2000])
        found = [(match.start(), signal) for signal, said in _SIGNALS if (match := said.search(words))]
        if found:
            # an error of a pool is an error: the kinds stand in the order of what they say about requests
            order = [signal for signal, _ in _SIGNALS]
            return min((signal for _, signal in found), key=order.index)
    return None


_METRIC = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?=[{\[])")
_BARE = re.compile(r"\b[a-zA-Z_:][a-zA-Z0-9_:]*\b(?!\s*\()")
_QUERY_WORDS = frozenset(
    [
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
        "and",
        "or",
        "unless",
        "bool",
        "offset",
        "inf",
        "nan",
    ]
)


def expression_of(link: str) -> str:
    """The rule's expression in the address of the graph that a sender links to; empty if there is none."""
    try:
        asked = parse_qs(urlsplit(link[:8000]).query, max_num_fields=50)
    except ValueError:
        return ""
    return next((values[0] for name, values in asked.items() if name in ("g0.expr", "expr")), "")


def metric_of(expression: str) -> str | None:
    """The first metric that an expression reads, None if none can be told."""
    plain = re.sub(r'"(?:[^"\\]|\\.)*"', '""', expression[:4000])
    found = _METRIC.search(plain)
    if found is not None and found.group(1) not in _QUERY_WORDS:
        return found.group(1)
    outside = re.sub(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", plain)
    names = (name for name in _BARE.findall(outside) if name.lower() not in _QUERY_WORDS)
    return next((name for name in names if "_" in name or name == "up"), None)


def first_of(labels: Mapping[str, str], names: Sequence[str]) -> str | None:
    """The value of the first of `names` that the labels have."""
    return next((labels[name] for name in names if labels.get(name)), None)


def place_of(labels: Mapping[str, str], names: Sequence[str]) -> str:
    """Where it fires, in one line: `cluster=eu1 namespace=shop`; empty if no label of `names` is there."""
    return " ".join(f"{name}={labels[name]}" for name in names if labels.get(name))


def kept_labels(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Labels within bounds, by name."""
    return tuple((name[:LABEL], str(labels[name])[:LABEL]) for name in sorted(labels)[:LABELS])


def titled(text: str) -> str:
    """A title in one line, within bounds."""
    flat = " ".join(text.split())
    return flat if len(flat) <= TITLE else flat[: TITLE - 1].rstrip() + "…"


class Roll(Frozen):
    """What a card says of its incident's alerts."""

    also: tuple[str, ...] = ()
    """Titles of the first few alerts that fire beside the one that opened the incident."""
    more: int = 0
    """How many fire beside these."""
    ended: int = 0
    """How many ended already."""
    resolved_at: float | None = None
    """When the last of them ended; None while one fires."""
    again_at: float | None = None
    """When it began to fire again after all had ended; None if it never did."""
    severity: Severity = Severity.WARNING
    """The worst that was said."""
    note: str = ""
    """What people should know about where this is told."""
