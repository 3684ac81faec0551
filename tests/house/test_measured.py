"""What the README says was measured stands in the tables."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
TABLES = (ROOT / "docs" / "benchmarks.md").read_text()


def macro(ranker: str) -> tuple[int, int]:
    """AC@1 and AC@3 of the macro row, in per cent."""
    rows = TABLES[TABLES.index("│ macro ") :].splitlines()
    line = next(row for row in rows if f"│ {ranker} " in row)
    first, third = re.findall(r"│ (\d\.\d\d) ", line)[:2]
    return round(100 * float(first)), round(100 * float(third))


def test_the_readme_quotes_the_table() -> None:
    said = re.search(
        r"comes first in (\d+) % and among the first three in (\d+) %.*?reaches (\d+) % and (\d+) %", README, re.DOTALL
    )
    assert said is not None
    ours, best = macro("Clew"), [macro(name) for name in ("max robust z", "3-sigma count", "n-sigma", "BARO")]
    assert tuple(map(int, said.groups())) == (*ours, max(first for first, _ in best), max(third for _, third in best))


def test_the_readme_counts_the_cases_of_the_table() -> None:
    counts = {name: int(count) for name, count in re.findall(r"│ ([\w-]+) \((\d+)\)", TABLES)}
    macro_of = ("nezha-onlineboutique", "nezha-trainticket", "petshop")
    assert f"{sum(counts[name] for name in macro_of)} recorded incidents of three systems" in README
