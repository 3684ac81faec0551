"""Wrong use of the live commands is said before anything is started."""

import pytest
from typer.testing import CliRunner

from playground.cli import app


@pytest.mark.parametrize("command", [["drill", "--faults", "flood"], ["live", "--first", "flood"]])
def test_an_unknown_fault_is_wrong_use(command: list[str]) -> None:
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 2
    assert "'flood'" in done.output
    assert "bystander" in done.output


@pytest.mark.parametrize("command", [["drill", "--runs", "0"], ["drill", "--seconds-quiet", "1"]])
def test_a_number_out_of_bounds_is_wrong_use(command: list[str]) -> None:
    assert CliRunner().invoke(app, command).exit_code == 2
