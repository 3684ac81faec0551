"""Which rule at the front door fires, when, and what does its alert say?"""

from collections.abc import Sequence
from dataclasses import dataclass

from playground.shop.samples import Sample


@dataclass(frozen=True)
class Rule:
    """Fires when `metric` of `service` lies above `threshold` in `samples` consecutive samples."""

    name: str
    service: str
    signal: str
    metric: str
    threshold: float
    samples: int
    unit: str
    severity: str


@dataclass(frozen=True)
class Alert:
    """A rule that fired at `time` (Unix seconds) with the mean `observed` over its samples."""

    rule: Rule
    time: float
    observed: float

    @property
    def title(self) -> str:
        """What the pager shows."""
        rule = self.rule
        words = f"{rule.service}: {rule.metric.split('(')[0]} {self.observed:.2f} {rule.unit}"
        return f"{words} (above {rule.threshold:.2f} {rule.unit})"


RULES = (
    Rule("front-door-latency", "web", "latency", "latency-p99(s)", 0.9, 4, "s", "critical"),
    Rule("front-door-errors", "web", "errors", "error-ratio(%)", 1.5, 4, "%", "critical"),
)


def tight_rule(quiet: Sequence[Sample]) -> Rule:
    """A rule that somebody set too close to what is normal: the 85th percentile of the quiet front-door p99."""
    seen = sorted(s.values["latency-p99(s)"] for s in quiet if s.service == "web" and "latency-p99(s)" in s.values)
    threshold = round(seen[int(0.85 * (len(seen) - 1))], 3)
    return Rule("front-door-latency-tight", "web", "latency", "latency-p99(s)", threshold, 1, "s", "warning")


def fired(rules: Sequence[Rule], samples: Sequence[Sample], since: float) -> Alert | None:
    """The first alert of any rule after `since`; None while all is within bounds."""
    for end in range(1, len(samples) + 1):
        if samples[end - 1].time <= since:
            continue
        for rule in rules:
            alert = _last(rule, samples[:end])
            if alert is not None:
                return alert
    return None


def _last(rule: Rule, samples: Sequence[Sample]) -> Alert | None:
    if samples[-1].service != rule.service:
        return None
    own = [sample for sample in samples if sample.service == rule.service][-rule.samples :]
    values = [sample.values.get(rule.metric, 0.0) for sample in own]
    if len(values) < rule.samples or min(values) <= rule.threshold:
        return None
    return Alert(rule, own[-1].time, sum(values) / len(values))
