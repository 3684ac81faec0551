"""Do forms ask for what is needed, and do windows show the whole receipt?"""

import json
from typing import Any

import pytest

from bot.slack.forms import Field, Rejection, Start, asked, rejection, started
from bot.slack.ids import Form, target
from bot.slack.shapes import Home, Modal
from clew.feedback import RejectReason


def state(field: Field, **answer: Any) -> dict[str, Any]:
    return {field.value: {field.value: answer}}


def texts(view: Modal | Home) -> str:
    return json.dumps(view["blocks"], ensure_ascii=False)


def test_point_15_a_reject_needs_its_reason(windows: dict[str, Modal | Home]) -> None:
    form = windows["form_reject"]
    assert form["type"] == "modal"
    assert form["callback_id"] == Form.REJECT.value
    inputs = [block for block in form["blocks"] if block["type"] == "input"]
    assert [(block["block_id"], block["optional"]) for block in inputs] == [("reason", False), ("text", True)]
    about = target(form["private_metadata"])
    assert about is not None
    assert about.hypothesis == 1


@pytest.mark.parametrize("reason", RejectReason)
def test_a_rejection_is_read_back(reason: RejectReason) -> None:
    values = state(Field.REASON, selected_option={"value": reason.value}) | state(
        Field.TEXT, value=" pool was\n5  before "
    )
    assert rejection(values) == Rejection(reason, "pool was 5 before")
    assert rejection(state(Field.REASON, selected_option={"value": reason.value})) == Rejection(reason)


@pytest.mark.parametrize(
    "values",
    [
        {},
        state(Field.REASON),
        state(Field.REASON, selected_option=None),
        state(Field.REASON, selected_option={"value": "because"}),
        {"reason": 3},
        {"reason": {"reason": []}},
    ],
)
def test_without_a_reason_the_form_says_what_to_do(values: dict[str, Any]) -> None:
    problem = rejection(values)
    assert isinstance(problem, dict)
    assert "Pick a reason" in problem["reason"]


def test_a_question_is_bounded_and_demanded() -> None:
    assert asked(state(Field.TEXT, value="what changed?")) == "what changed?"
    assert len(str(asked(state(Field.TEXT, value="x" * 1_000_000)))) == 500
    for empty in ({}, state(Field.TEXT, value=None), state(Field.TEXT, value="  \n")):
        assert isinstance(asked(empty), dict)


def test_a_new_run_needs_a_channel() -> None:
    values = state(Field.CHANNEL, selected_channel="C1") | state(Field.TEXT, value="slow")
    assert started(values) == Start("C1", "slow")
    assert isinstance(started(state(Field.TEXT, value="slow")), dict)


def test_evidence_shows_query_window_values_and_link(windows: dict[str, Modal | Home]) -> None:
    metric, log, change = (texts(windows[f"window_evidence_{n}"]) for n in (1, 2, 3))
    for part in (
        "histogram_quantile(0.99",
        "<!date^1795370400",
        "nothing measured",
        "18:37:20 UTC  510",
        "<https://metrics.example/",
    ):
        assert part in metric
    for part in ("pool exhausted", "1,240, usually 0", "trace=a1b2c3", "&lt;!channel&gt;"):
        assert part in log
    for part in ("-  max: 50", "+  max: 5", "config/db.yaml", "lee", "<https://git.example/checkout/commit/4f2c1a|"):
        assert part in change


def test_windows_answer_their_question(windows: dict[str, Modal | Home]) -> None:
    assert "pulled this one up (▲) and down (▼)" in texts(windows["window_why"])
    assert "▼ *traffic* -0.5" in texts(windows["window_why"])
    assert "<@U0MIA> agrees" in texts(windows["window_voters"])
    assert "<@U0LEE> rejects: wrong evidence · pool was 5 before too" in texts(windows["window_voters"])
    assert "git log --since=18:00" in texts(windows["window_queries"])
    assert "proposes only: nothing has been changed" in texts(windows["window_fix"])
    assert "roll back 4f2c1a" in texts(windows["window_fix"])


def test_point_20_home_lists_what_is_missing_and_what_it_costs(windows: dict[str, Modal | Home]) -> None:
    shown = texts(windows["home"])
    assert "*files:write* → charts are shown as text" in shown
    assert "*groups:history* →" in shown
    assert "✓ *metrics*" in shown
    assert "! *tickets* refused us: set a token" in shown
    assert "Live (3)" in shown
    assert "|Checkout latency> · *Likely*" in shown
    assert "No source is configured" in texts(windows["home_empty"])
    assert "Missing" not in texts(windows["home_empty"])
