"""A live incident from fault to verdict: a real Shop, Prometheus, Alertmanager and search server, and the bot in its own process."""

from pathlib import Path

import pytest

from clew.progress import Progress
from playground.live.drill import Plan, drilled
from playground.live.outcome import Outcome

pytestmark = [pytest.mark.timeout(600), pytest.mark.needs("prometheus", "prometheus-alertmanager", "git")]


async def test_a_fault_becomes_an_alert_a_card_and_a_cause(tmp_path: Path) -> None:
    said: list[str] = []
    heard: list[Outcome] = []
    keep = tmp_path / "kept"
    plan = Plan(("guard",), runs=1, quiet=60.0, small_search=True, keep=keep)
    (made,) = await drilled(plan, said.append, heard.append)
    assert made.failed == "", said
    assert heard == [made]
    assert any("osmem-server" in line for line in said)
    assert made.control is False
    assert made.right_service_first, made.said
    assert made.right_change_first, made.said
    assert made.false_cause is False
    # the rule needs its condition to hold for 15 s; a card edit never comes before the alert
    assert made.seconds_to_alert is not None
    assert made.seconds_to_alert > 10.0
    assert made.seconds_to_first_finding is not None
    assert made.seconds_to_verdict is not None
    assert 0.0 < made.seconds_to_first_finding <= made.seconds_to_verdict
    assert made.queries
    assert made.samples
    (folder,) = keep.iterdir()
    kept = Progress.model_validate_json((folder / "progress.json").read_text(encoding="utf-8"))
    assert kept.report is not None
    assert kept.incident.symptom.service == "web"
