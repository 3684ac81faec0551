"""What does a card say of the alerts beside the one that opened it?"""

import pytest

from bot.card import Strong, When
from bot.card_alerts import alert_lines
from bot.cards import card
from clew.alert import Roll
from clew.progress import Progress, RunState, View


def words(roll: Roll | None, *, running: bool = False) -> list[str]:
    """The lines as a person reads them."""

    def said(span: object) -> str:
        match span:
            case Strong():
                return span.text
            case When():
                return f"<{span.at:.0f}>"
            case _:
                return str(span)

    return ["".join(said(span) for span in line) for line in alert_lines(roll, running=running)]


@pytest.mark.parametrize(
    ("roll", "lines"),
    [
        (None, []),
        (Roll(), []),
        (Roll(also=("a", "b"), more=37), ["Also firing  a · b, and 37 more"]),
        (Roll(also=("a",), ended=2), ["Also firing  a (2 ended)"]),
        (Roll(ended=3, resolved_at=100.0), ["Resolved at <100>, alerts cleared"]),
        (Roll(also=("a",), again_at=200.0), ["Firing again since <200>", "Also firing  a"]),
        (Roll(note="no channel of its own"), ["! no channel of its own"]),
    ],
)
def test_one_line_each(roll: Roll | None, lines: list[str]) -> None:
    assert words(roll) == lines


def test_an_end_in_the_middle_says_that_the_work_goes_on() -> None:
    assert words(Roll(resolved_at=100.0), running=True) == [
        "Resolved at <100>, alerts cleared; the investigation goes on"
    ]


@pytest.mark.parametrize("name", ["progress_first", "progress_cause", "progress_stopped"])
def test_the_line_is_on_the_card_in_every_state(views: dict[str, View], name: str) -> None:
    view = views.get(name) or next(v for v in views.values() if isinstance(v, Progress))
    assert isinstance(view, Progress)
    roll = Roll(also=("cart is slow",), more=2)
    made = card(view.model_copy(update={"alerts": roll}), now=view.updated_at)
    assert alert_lines(roll, running=False)[0] in made.notes


def test_a_stopped_run_whose_alerts_ended_is_resolved_without_a_cause(views: dict[str, View]) -> None:
    view = next(v for v in views.values() if isinstance(v, Progress) and v.report is None)
    over = {"state": RunState.RESOLVED, "stopped_by": "U1", "alerts": Roll(resolved_at=100.0)}
    made = card(view.model_copy(update=over), now=view.updated_at)
    assert made.state == "RESOLVED · CAUSE NOT FOUND"
    assert "stopped by" in str(made.lines)
