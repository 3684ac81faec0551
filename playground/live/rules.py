"""What does the Shop's Prometheus scrape, and when does it raise an alarm?"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from playground.shop.alert import RULES
from playground.shop.alert import Rule as Threshold

SCRAPE_SECONDS = 2
RANGE = "10s"
HOLDS_SECONDS = 15
"""How long a rule's condition must hold."""
DOOR = "web"
P99 = f'histogram_quantile(0.99, sum by (service, le) (rate(http_request_seconds_bucket{{service="{DOOR}"}}[{RANGE}])))'
ERRORS = (
    f'100 * sum by (service) (rate(http_requests_total{{service="{DOOR}",code=~"5.."}}[{RANGE}]))'
    f' / sum by (service) (rate(http_requests_total{{service="{DOOR}"}}[{RANGE}]))'
)
EXPRESSIONS: Mapping[str, str] = {"latency": P99, "errors": ERRORS}
WORDS: Mapping[str, str] = {"latency": "p99 latency", "errors": "share of errors"}


@dataclass(frozen=True)
class Scraped:
    """Where Prometheus finds things; addresses are `host:port`, by service."""

    services: Mapping[str, str]
    probed: tuple[str, ...]
    prober: str
    alertmanager: str


def configuration(scraped: Scraped, rules: Path) -> str:
    """The server's configuration: every service by its own name, its health page as seen from outside, and the alarms in `rules`."""
    told = {
        "global": {
            "scrape_interval": f"{SCRAPE_SECONDS}s",
            "scrape_timeout": f"{SCRAPE_SECONDS}s",
            "evaluation_interval": "1s",
        },
        "rule_files": [str(rules)],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [scraped.alertmanager]}]}]},
        "scrape_configs": [
            {
                "job_name": "shop",
                "static_configs": [_target(address, name) for name, address in scraped.services.items()],
            },
            {
                "job_name": "probe",
                "metrics_path": "/probe",
                "static_configs": [
                    {"targets": [scraped.prober], "labels": {"service": name, "instance": name, "__param_target": name}}
                    for name in scraped.probed
                ],
            },
        ],
    }
    return yaml.safe_dump(told, sort_keys=False)


def _target(address: str, service: str) -> Mapping[str, Any]:
    return {"targets": [address], "labels": {"service": service, "instance": f"{service}-0"}}


def alarms(tight: float | None = None) -> str:
    """The rules at the front door; with `tight` (seconds) also one that somebody set too close to what is normal."""
    rules = [_alarm(rule, f"{HOLDS_SECONDS}s") for rule in RULES]
    if tight is not None:
        close = Threshold("front-door-latency-tight", DOOR, "latency", "latency-p99(s)", tight, 1, "s", "warning")
        rules.append(_alarm(close, "0s"))
    return yaml.safe_dump({"groups": [{"name": "front door", "rules": rules}]}, sort_keys=False)


def _alarm(rule: Threshold, holds: str) -> Mapping[str, Any]:
    words = f'{rule.service}: {WORDS[rule.signal]} {{{{ printf "%.2f" $value }}}} {rule.unit}'
    return {
        "alert": rule.name,
        "expr": f"{EXPRESSIONS[rule.signal]} > {rule.threshold:g}",
        "for": holds,
        "keep_firing_for": "30s",
        "labels": {"severity": rule.severity, "signal": rule.signal},
        "annotations": {"summary": f"{words} (above {rule.threshold:g} {rule.unit})"},
    }
