"""Prometheus takes the configuration and the rules that the live Shop gives it."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from playground.live.rules import SCRAPE_SECONDS, Scraped, alarms, configuration
from playground.shop.alert import RULES

SCRAPED = Scraped({"web": "127.0.0.1:1", "cart": "127.0.0.1:2"}, ("web", "paygate"), "127.0.0.1:3", "127.0.0.1:4")


def checked(promtool: str | None, *what: str) -> str:
    assert promtool
    done = subprocess.run([promtool, "check", *what], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.needs("promtool")
@pytest.mark.parametrize("tight", [None, 0.41])
def test_prometheus_takes_them(tmp_path: Path, program: Callable[[str], str | None], tight: float | None) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text(alarms(tight))
    config = tmp_path / "prometheus.yml"
    config.write_text(configuration(SCRAPED, rules))
    found = f"{len(RULES) + (tight is not None)} rules found"
    assert found in checked(program("promtool"), "config", str(config))


def test_series_are_called_by_their_service() -> None:
    told = yaml.safe_load(configuration(SCRAPED, Path("rules.yml")))
    shop, probe = told["scrape_configs"]
    assert told["global"]["scrape_interval"] == f"{SCRAPE_SECONDS}s"
    assert {one["labels"]["service"]: one["targets"] for one in shop["static_configs"]} == {
        "web": ["127.0.0.1:1"],
        "cart": ["127.0.0.1:2"],
    }
    assert [one["labels"]["service"] for one in probe["static_configs"]] == ["web", "paygate"]
    assert all(one["targets"] == ["127.0.0.1:3"] for one in probe["static_configs"])


def test_the_thresholds_are_those_of_the_recordings() -> None:
    (group,) = yaml.safe_load(alarms())["groups"]
    assert [(rule["alert"], rule["labels"]["severity"]) for rule in group["rules"]] == [
        (rule.name, rule.severity) for rule in RULES
    ]
    assert all(rule["expr"].endswith(f"> {told.threshold:g}") for rule, told in zip(group["rules"], RULES, strict=True))


def test_a_tight_rule_fires_at_once_and_is_not_critical() -> None:
    (group,) = yaml.safe_load(alarms(0.41))["groups"]
    tight = group["rules"][-1]
    assert (tight["for"], tight["labels"]["severity"]) == ("0s", "warning")
    assert tight["expr"].endswith("> 0.41")
