"""Do the tables say what the contests came to?"""

from rich.console import Console
from rich.table import Table

from bench.accuracy import ABSENT, Share
from bench.baseline import BARO
from bench.contest import CLEW, ChangePlaces, Contest
from bench.prediction import Prediction, Sureness
from bench.replay import Answer
from bench.scoreboard import MACRO, by_family, changes_table, cost_table, services_table, shifts_table


def contest(family: str, ours: int, theirs: int = ABSENT, changes: ChangePlaces | None = None) -> Contest:
    said = Prediction(
        family=family, case="c", ranking=(), changes=(), healthy=False, confidence=Sureness(word="Likely"), seconds=3.0
    )
    return Contest(
        family, f"{ours}-{theirs}", Answer(said, 0.0, 1.0), {CLEW: ours, BARO: theirs}, {CLEW: 3.0, BARO: 0.5},
        Share(0.1, 0.3, 0.3), changes, health_right=ours == 0,
    )  # fmt: skip


def rows(table: Table | None) -> list[list[str]]:
    assert table is not None
    console = Console(width=140)
    with console.capture() as capture:
        console.print(table)
    lines = [line for line in capture.get().splitlines() if "│" in line]
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]


def test_services_stand_beside_their_baselines_and_chance() -> None:
    shown = rows(services_table(by_family([contest("a", 0, 1), contest("a", 2, 0), contest("a", ABSENT)])))
    assert shown == [
        ["a (3)", "Clew", "0.33", "0.67", "0.53", "", "3.00"],
        ["", "BARO", "0.33", "0.67", "0.60", "1 - 1", "0.50"],
        ["", "random (expected)", "0.10", "0.30", "0.30", "", ""],
    ]


def test_the_macro_mean_weighs_families_and_not_cases() -> None:
    contests = [contest(MACRO[0], 0), contest(MACRO[0], 0), contest(MACRO[1], 0), contest(MACRO[2], 1)]
    macro = next(row for row in rows(services_table(by_family(contests))) if row[0] == "macro")
    assert macro[1:4] == ["Clew", "0.67", "1.00"]
    less = rows(services_table(by_family(contests[:3])))
    assert not [row for row in less if row[0] == "macro"], "a mean over what was not run is no mean"


def test_changes_are_counted_with_and_without_abstaining() -> None:
    places = [
        ChangePlaces(0, 1, 2, None),  # first among commits, behind "none"
        ChangePlaces(2, 2, 0, None),
        ChangePlaces(None, 0, None, True),
        ChangePlaces(None, 3, None, False),
    ]
    shown = rows(changes_table(by_family([contest("a", 0, changes=found) for found in places])))
    assert shown == [["a", "0.50 of 2", "1.00", "0.50 / 1.00", "0.25 / 0.75 of 4", "1 of 2"]]
    assert changes_table(by_family([contest("a", 0)])) is None


def test_wrong_verdicts_about_health_and_both_kinds_of_seconds() -> None:
    assert rows(cost_table(by_family([contest("a", 0), contest("a", 1)]))) == [["a", "2", "2", "1", "1.00", "2.00"]]


def test_the_loss_is_the_mean_of_both_directions_in_points() -> None:
    runs = {-60.0: [contest("a", 1)], 0.0: [contest("a", 0)], 60.0: [contest("a", 0)]}
    assert rows(shifts_table(runs)) == [
        ["a", "0.00 / 1.00", "1.00 / 1.00", "1.00 / 1.00"],
        ["a, mean loss", "", "", "50.0"],
    ]
