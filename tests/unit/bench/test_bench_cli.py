"""What does `clew bench` print, write and refuse?"""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bench.cli import app
from tests.unit.bench.conftest import Incident

RIGHT = {"services": ["cart"], "change": "c1", "healthy": False}


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def cells(output: str, first: str, second: str = "") -> list[str]:
    """The cells of the first row that begins with `first` (and goes on with `second`)."""
    rows = [[cell.strip() for cell in line.strip("│┃").split("│")] for line in output.splitlines() if "│" in line]
    return next(row for row in rows if row[0].startswith(first) and (not second or second in row[1]))


def test_a_run_prints_every_ranker_and_writes_one_line_a_case(incident: Incident, tmp_path: Path) -> None:
    incident("one", truth=RIGHT)
    incident("two", truth={"services": ["email"], "change": "none", "healthy": False})
    out = tmp_path / "predictions.jsonl"
    result = run("--cases", tmp_path / "cases", "--out", out)
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["case"] for line in lines] == ["one", "two"]
    assert list(lines[0]) == ["family", "case", "ranking", "changes", "healthy", "confidence", "seconds"]
    assert set(lines[0]["confidence"]) == {"word", "number"}
    assert lines[0]["ranking"][0] == "cart"
    assert cells(result.output, "shop (2)", "Clew")[2] == "0.50"
    for ranker in ("max robust z", "3-sigma count", "random (expected)"):
        assert cells(result.output, "", ranker)
    named, third, newest, both, abstained = cells(result.output, "shop", " of 1")[1:]
    assert (named, third, newest) == ("1.00 of 1", "1.00", "0.00 / 1.00")
    right = [lines[0]["changes"][0] == "c1", lines[1]["changes"][0] == "none"]
    assert both.startswith(f"{sum(right) / 2:.2f} / ")
    assert abstained == f"{int(right[1])} of 1"


def test_a_shift_is_said_and_reaches_everybody(incident: Incident, tmp_path: Path) -> None:
    incident("one", truth=RIGHT)
    result = run("--cases", tmp_path / "cases", "--shift", "-120")
    assert "Every alert moved by -120 s." in result.output
    assert cells(result.output, "shop (1)", "Clew")


def test_a_family_alone(incident: Incident, tmp_path: Path) -> None:
    incident("one", truth=RIGHT)
    incident("two", family="bank", truth=RIGHT)
    result = run("--cases", tmp_path / "cases", "--family", "bank")
    assert cells(result.output, "bank (1)")
    assert "shop" not in result.output
    wrong = run("--cases", tmp_path / "cases", "--family", "banks")
    assert wrong.exit_code == 2
    assert "There are: bank, shop." in wrong.output


def test_a_case_without_an_answer_is_run_and_not_scored(incident: Incident, tmp_path: Path) -> None:
    out = tmp_path / "p.jsonl"
    result = run("--cases", incident(), "--out", out)
    assert result.exit_code == 0
    assert len(out.read_text().splitlines()) == 1
    assert "AC@1" not in result.output
    assert cells(result.output, "shop", "1")[:3] == ["shop", "1", "1"]


def test_a_case_that_cannot_be_read_counts_as_wrong_and_says_why(incident: Incident, tmp_path: Path) -> None:
    incident("one", truth=RIGHT)
    (incident("two", truth=RIGHT) / "incident.json").write_text("{")
    (incident("three", truth=RIGHT) / "truth.json").write_text('{"services": 7}')
    result = run("--cases", tmp_path / "cases")
    assert result.exit_code == 0
    assert cells(result.output, "shop (3)", "Clew")[2] == "0.33"
    assert "incident.json:1: not JSON" in result.output
    assert "truth.json: cannot be read as a truth" in result.output
    assert cells(result.output, "shop", "3")[:3] == ["shop", "3", "1"]


def test_health_that_was_wrong_is_counted(incident: Incident, tmp_path: Path) -> None:
    incident("one", truth={"services": [], "change": None, "healthy": True})
    result = run("--cases", tmp_path / "cases")
    assert cells(result.output, "shop", "1")[3] == "1"
    assert "AC@1" not in result.output, "where nothing is broken there is nothing to find"


@pytest.mark.parametrize("arguments", [(), ("--cases", "no/such/folder")])
def test_without_a_folder_it_says_what_to_name(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "clew bench --cases DIR" in result.output


def test_an_empty_folder_and_a_file_that_cannot_be_written(incident: Incident, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds no case" in run("--cases", empty).output
    result = run("--cases", incident(), "--out", tmp_path)
    assert result.exit_code == 2
    assert "Name a file that can be written." in result.output


def test_misses_are_shown_one_by_one_and_nobody_else_is_run(incident: Incident, tmp_path: Path) -> None:
    incident("hit", truth=RIGHT | {"change": None})
    incident("second", truth={"services": ["checkout"], "change": None, "healthy": False})
    incident("other", truth={"services": ["nobody"], "change": None, "healthy": False})
    result = run("--cases", tmp_path / "cases", "--misses")
    assert result.exit_code == 0, result.output
    shown = result.output[: result.output.index("Services")]
    assert cells(shown, "second")[1:3] == ["2", cells(shown, "second")[2]]
    assert cells(shown, "second")[2].startswith("cart, checkout")
    assert cells(shown, "other")[1] == "absent"
    assert "hit" not in shown
    assert "BARO" not in result.output
    assert "max robust z" not in result.output


def test_moving_the_alert_costs_what_the_table_says(incident: Incident, tmp_path: Path) -> None:
    incident("one", truth=RIGHT)
    incident("two", truth={"services": ["email"], "change": None, "healthy": False})
    result = run("shifts", "--cases", tmp_path / "cases")
    assert result.exit_code == 0, result.output
    header = next(line for line in result.output.splitlines() if "family" in line)
    assert [cell.strip() for cell in header.strip("┃").split("┃")] == [
        "family", "-120 s", "-60 s", "0", "+60 s", "+120 s",
    ]  # fmt: skip
    first = [float(cell.split(" / ")[0]) for cell in cells(result.output, "shop")[1:]]
    assert first[2] == 0.5
    losses = cells(result.output, "shop, mean loss")[1:]
    assert losses[:3] == ["", "", ""]
    assert [float(loss) for loss in losses[3:]] == [
        pytest.approx(50 - 50 * (first[1] + first[3])),
        pytest.approx(50 - 50 * (first[0] + first[4])),
    ]


@pytest.mark.parametrize(
    ("command", "tables"),
    [
        ("fit", ("Leaving one family out", "Fitted weights", "One weight at a time")),
        ("calibration", ("Said and come true", "Brier score")),
        ("quiet", ("Quiet windows", "Left out: 0 ", "False causes")),
    ],
)
def test_the_honest_measurements_print_their_tables(
    incident: Incident, tmp_path: Path, command: str, tables: tuple[str, ...]
) -> None:
    incident("one", truth=RIGHT)
    incident("two", family="bank", truth=RIGHT)
    result = run(command, "--cases", tmp_path / "cases")
    assert result.exit_code == 0, result.output
    assert [table for table in tables if table not in result.output] == []
    assert cells(result.output, "bank")
    assert cells(result.output, "shop")


@pytest.mark.parametrize("command", ["fit", "calibration"])
def test_one_family_alone_cannot_be_left_out(incident: Incident, command: str) -> None:
    result = run(command, "--cases", incident(truth=RIGHT))
    assert result.exit_code == 2
    assert "two families" in result.output


def test_a_case_that_cannot_be_read_ends_an_honest_measurement(incident: Incident) -> None:
    folder = incident(truth=RIGHT)
    (folder / "incident.json").write_text("{")
    result = run("fit", "--cases", folder)
    assert result.exit_code == 2
    assert "incident.json:1: not JSON" in result.output


def test_recorded_incidents_are_scored(cases: Path) -> None:
    result = run("--cases", cases, "--family", "rootcausebench")
    assert result.exit_code == 0, result.output
    ours = cells(result.output, "rootcausebench (13)", "Clew")
    chance = cells(result.output, "", "random")
    assert float(ours[2]) > float(chance[2]) > 0.0
    assert cells(result.output, "rootcausebench", "of 9")[3] == "0.11 / 0.89", "whoever blames the newest deploy"
