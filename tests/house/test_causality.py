"""Does the page on causality still quote the constants that the code computes with, and speak of every channel?"""

import importlib
import re
from pathlib import Path

import pytest

from clew.causal.confidence import KINDS
from clew.causal.explanation import FIT
from clew.causal.weigh import CHANNELS
from clew.causal.weights import Weights

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "causality.md").read_text(encoding="utf-8")
QUOTED = re.compile(r"`(\w+)\.(\w+) = (-?[\d.]+)`")


@pytest.mark.parametrize(("module", "name", "said"), QUOTED.findall(PAGE))
def test_every_constant_on_the_page_is_the_codes(module: str, name: str, said: str) -> None:
    found = Weights() if module == "weights" else importlib.import_module(f"clew.causal.{module}")
    named = next((n for n in (name, f"_{name}", name.removeprefix("_")) if hasattr(found, n)), name)
    assert float(getattr(found, named)) == float(said), f"{module}.{name}"


def test_every_weight_is_on_the_page() -> None:
    quoted = {name for module, name, _ in QUOTED.findall(PAGE) if module == "weights"}
    assert quoted == set(Weights.model_fields)
    assert len(QUOTED.findall(PAGE)) > 30


@pytest.mark.parametrize("channel", sorted({*KINDS, *CHANNELS, "none"}))
def test_every_channel_is_on_the_page(channel: str) -> None:
    assert channel in PAGE.lower()


def test_the_formula_of_change_fit_is_the_one_that_is_printed() -> None:
    assert FIT in PAGE


def test_every_estimator_says_what_it_assumes_where_it_is_from_and_when_it_lies() -> None:
    sections = re.split(r"^###? ", PAGE, flags=re.MULTILINE)
    estimators = [s for s in sections if "**In words.**" in s]
    assert len(estimators) >= 15
    for section in estimators:
        for word in ("assumes", "from", "lies"):
            assert re.search(rf"\*\*[^*]*{word}", section, re.IGNORECASE), section.splitlines()[0]
