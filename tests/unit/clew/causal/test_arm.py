"""Are the two arms that a change made found by labels, names and pods, and nothing else taken for arms?"""

import numpy as np
import pytest

from clew.causal.arm import Rows, Split, made_by, places
from clew.causal.ruling import Kind
from clew.evidence import Change
from clew.tables import SeriesKey

NEVER = float("inf")
TIMES = 1000.0 + 60.0 * np.arange(40, dtype=np.float64)
MADE = float(TIMES[20])


def rows(
    *series: tuple[str, dict[str, str]], since: dict[str, int] | None = None, until: dict[str, int] | None = None
) -> Rows:
    values = np.ones((len(series), len(TIMES)))
    for row, (instance, _) in enumerate(series):
        values[row, : (since or {}).get(instance, 0)] = np.nan
        values[row, (until or {}).get(instance, len(TIMES)) :] = np.nan
    return Rows(tuple(SeriesKey("pay", i, "errors", "%", tuple(labels.items())) for i, labels in series), values)


def deploy(title: str = "deploy pay v42", commit: str | None = None) -> Change:
    return Change(ref="d1", what="deploy", at=MADE, service="pay", title=title, commit=commit)


def flag(title: str) -> Change:
    return Change(ref="f1", what="flag", at=MADE, service="pay", title=title)


def arms(split: Split | None) -> tuple[tuple[int, ...], tuple[int, ...]]:
    assert split is not None
    return split.treated, split.control


@pytest.mark.parametrize(
    ("first", "second", "change"),
    [
        (("a", {"track": "stable"}), ("b", {"track": "canary"}), deploy()),
        (("pay-1", {}), ("pay-canary-1", {}), deploy()),
        (("a", {"version": "v41"}), ("b", {"version": "v42"}), deploy()),
        (("a", {"version": "41"}), ("b", {"version": "42"}), deploy()),
        (("a", {"version": "2.4.0"}), ("b", {"version": "2.4.1"}), deploy("deploy pay v2.4.1")),
        (("a", {"version": "0c1d2e3"}), ("b", {"version": "9f8e7d6"}), deploy("deploy pay", commit="9f8e7d6c5b4a")),
        (("a", {"zone": "west-1a"}), ("b", {"zone": "west-1b"}), deploy("deploy pay to west-1b")),
        (("a", {"flag": "off"}), ("b", {"flag": "on"}), flag("fast_path: off->on")),
        (("a", {"flag": "fast_path=off"}), ("b", {"flag": "fast_path=on"}), flag("fast_path: off -> on")),
        (("a", {"flag": "on"}), ("b", {"flag": "off"}), flag("fast_path: on->off")),
    ],
)
def test_the_treated_rows_are_those_that_the_change_reached(
    first: tuple[str, dict[str, str]], second: tuple[str, dict[str, str]], change: Change
) -> None:
    assert arms(made_by(change, rows(first, second), TIMES, NEVER)) == ((1,), (0,))
    assert arms(made_by(change, rows(second, first), TIMES, NEVER)) == ((0,), (1,))


@pytest.mark.parametrize(
    ("series", "change"),
    [
        ((("a", {"version": "v42"}), ("b", {"version": "v42"})), deploy()),
        ((("a", {"version": "v40"}), ("b", {"version": "v41"})), deploy()),
        ((("a", {}), ("b", {})), deploy()),
        ((("a", {"zone": "x"}), ("b", {"zone": "y"})), deploy()),
        ((("a", {"flag": "other=off"}), ("b", {"flag": "other=on"})), flag("fast_path: off->on")),
        ((("a", {"track": "stable"}), ("b", {"track": "canary"})), flag("fast_path: off->on")),
    ],
)
def test_rows_that_the_change_does_not_tell_apart_are_no_arms(
    series: tuple[tuple[str, dict[str, str]], ...], change: Change
) -> None:
    assert made_by(change, rows(*series), TIMES, NEVER) is None


def test_a_canary_belongs_to_the_last_deploy_or_to_the_one_that_says_so() -> None:
    both = rows(("a", {"track": "stable"}), ("b", {"track": "canary"}))
    assert made_by(deploy("deploy pay"), both, TIMES, MADE + 600) is None
    assert made_by(deploy("deploy pay canary"), both, TIMES, MADE + 600) is not None


def test_pods_that_came_with_the_deploy_are_held_against_those_that_stayed() -> None:
    found = rows(("a", {}), ("b", {}), ("c", {}), since={"c": 20})
    assert arms(made_by(deploy("deploy pay"), found, TIMES, NEVER)) == ((2,), (0, 1))
    gone = rows(("a", {}), ("b", {}), ("c", {}), since={"c": 20}, until={"a": 20, "b": 20})
    assert made_by(deploy("deploy pay"), gone, TIMES, NEVER) is None
    scaled = rows(("a", {}), ("b", {}), ("c", {}), since={"c": 38})
    assert made_by(deploy("deploy pay"), scaled, TIMES, NEVER) is None, (
        "a pod that came much later was brought by something else"
    )
    later = rows(("a", {}), ("b", {}), ("c", {}), since={"c": 30})
    assert made_by(deploy("deploy pay"), later, TIMES, MADE + 300) is None, "they came with the next deploy"


def test_places_are_few_that_rose_among_many_that_did_not() -> None:
    pods = rows(*((f"p{i}", {}) for i in range(6)))
    (one,) = places(pods, np.array([0.1, 0.0, 9.0, 0.2, 0.1, 0.0]))
    assert (one.kind, one.treated, one.looks) == (Kind.INSTANCE, (2,), 6)
    (two,) = places(pods, np.array([8.0, 0.0, 9.0, 0.2, np.nan, 0.0]))
    assert two.treated == (0, 2)
    assert places(pods, np.array([8.0, 7.0, 9.0, 0.2, 0.1, 0.0])) == (), "half of them is no few"
    assert places(pods, np.full(6, np.nan)) == ()
    assert places(rows(("p0", {}), ("p1", {})), np.array([9.0, 0.0])) == (), "with two pods nobody knows which is odd"


def test_a_zone_is_told_from_the_other() -> None:
    zones = rows(*((f"p{i}", {"zone": "ab"[i % 2]}) for i in range(4)))
    found = [s for s in places(zones, np.array([0.0, 5.0, 0.1, 6.0])) if s.kind is Kind.ZONE]
    assert [(s.treated, s.control) for s in found] == [((1, 3), (0, 2))]
