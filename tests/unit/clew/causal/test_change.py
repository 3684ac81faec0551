"""Is a change blamed for the words that it altered, and less the longer it ran without trouble?"""

import math

import pytest

from clew.causal.change import change_clues, fitted
from clew.evidence import Change

ONSET = 1_000_000.0
ERRORS = ("ledger row vanished while booking",)
NONE = frozenset[str]()


def made(diff: str, ref: str = "c1", before: float = 600.0, title: str = "", files: tuple[str, ...] = ()) -> Change:
    return Change(ref=ref, at=ONSET - before, diff=diff, title=title, files=files)


def content(*changes: Change, errors: tuple[str, ...] = ERRORS, usual: frozenset[str] = NONE) -> dict[str, float]:
    return {ref: fit.content for ref, fit in fitted(changes, errors, usual, ONSET, {}).items()}


MOVED = "@@ a.py @@\n-    book(ledger, row)\n+    book(ledger, row, later)"
ALTERED = "@@ a.py @@\n-    book(ledger, row)\n+    book(stock, row)"
BROUGHT_IN = "@@ a.py @@\n-    book(stock, row)\n+    book(ledger, row)"


def test_words_on_both_sides_were_only_moved() -> None:
    assert content(made(MOVED)) == {"c1": 0.0}


@pytest.mark.parametrize("diff", [ALTERED, BROUGHT_IN], ids=["taken away", "brought in"])
def test_words_that_went_or_came_fit_the_new_errors(diff: str) -> None:
    assert content(made(diff))["c1"] == pytest.approx(1 / 2.5)


def test_unaltered_lines_around_do_not_fit_anything() -> None:
    assert content(made("@@ a.py @@\n     book(ledger, row)\n-    x = 1\n+    x = 2")) == {"c1": 0.0}


def test_a_word_of_the_title_or_the_path_tells_the_place_and_counts_less() -> None:
    diff = "@@ a.py @@\n-    x = 1\n+    x = 2"
    named = content(made(diff, title="Touch the ledger"))["c1"]
    assert named == content(made(diff, files=("src/ledger.py",)))["c1"] == pytest.approx(0.3 / 1.8)
    assert named < content(made(ALTERED))["c1"]


def test_a_moved_word_still_tells_the_place_where_the_title_says_it() -> None:
    assert content(made(MOVED, title="Touch the ledger"))["c1"] == pytest.approx(0.3 / 1.8)


def test_a_word_that_every_change_alters_tells_less_of_each_and_an_ordinary_one_nothing() -> None:
    both = content(made(ALTERED, "c1"), made(BROUGHT_IN, "c2"))
    assert both["c1"] == both["c2"] == pytest.approx(0.5 / 2.0)
    assert content(made(ALTERED), usual=frozenset({"ledger"})) == {"c1": 0.0}


def test_a_day_without_trouble_leaves_a_third_of_a_suspicion() -> None:
    fits = fitted((made(ALTERED, "new", 60.0), made(ALTERED, "old", 86_400.0)), ERRORS, NONE, ONSET, {})
    assert fits["new"].fresh == pytest.approx(1.0, abs=0.001)
    assert fits["old"].fresh == pytest.approx(math.exp(-1))
    # nothing of nearness is left: content and danger decide, and they fade too
    latent = fits["old"].content + 1.2 * fits["old"].risk
    assert fits["old"].near < 1e-6
    assert fits["old"].amount == pytest.approx(math.exp(-1) * latent)


def test_a_change_that_sleeps_for_hours_outweighs_a_harmless_one_minutes_before() -> None:
    asleep = made("@@ a.py @@\n-    ledger.lock()\n", "asleep", 6 * 3600.0)
    harmless = made("@@ docs/a.md @@\n+words", "near", 120.0, title="Update docs", files=("docs/a.md",))
    clues = change_clues((asleep, harmless), ERRORS, NONE, ONSET, {})
    assert [clue.change for clue in clues] == ["asleep", "near"]


def test_without_an_onset_no_change_is_stale_and_none_is_near() -> None:
    (fit,) = fitted((made(ALTERED, before=86_400.0),), ERRORS, NONE, None, {}).values()
    assert (fit.fresh, fit.near, fit.late) == (1.0, 0.0, False)
