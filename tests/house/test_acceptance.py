"""Does every promise to people have its test, and does the page of promises name tests that exist?"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
POINTS = {*range(1, 25), 28, 29}


def rows() -> dict[int, list[tuple[str, str]]]:
    page = (ROOT / "docs" / "acceptance.md").read_text(encoding="utf-8")
    return {int(number): NAMED.findall(tests) for number, _, tests in ROW.findall(page)}


@cache
def functions_of(path: str) -> dict[str, str]:
    """Each test function of a file, with its docstring."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {node.name: ast.get_docstring(node) or "" for node in functions}


def test_every_point_has_a_row() -> None:
    assert set(rows()) == POINTS


@pytest.mark.parametrize("point", sorted(POINTS))
def test_the_tests_of_a_point_exist_and_one_says_its_number(point: int) -> None:
    named = rows()[point]
    assert named
    for path, name in named:
        assert (ROOT / path).is_file(), path
        assert name in functions_of(path), f"{path} has no {name}"
    says = re.compile(rf"point[_ ]0*{point}(?!\d)|_and_0*{point}_")
    assert any(says.search(f"{name} {functions_of(path)[name]}") for path, name in named)


def test_no_point_is_tested_without_a_row() -> None:
    """A test that carries a point's number stands on the page, or another of that point does."""
    known = set(rows())
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in functions_of(str(file.relative_to(ROOT))):
            numbers = {int(number) for number in re.findall(r"point_0*(\d+)_", name)}
            assert numbers <= known | {27}, f"{file.name}::{name}"
