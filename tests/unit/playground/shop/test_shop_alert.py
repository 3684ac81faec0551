"""Does a rule fire when it should, and only then?"""

from playground.shop.alert import RULES, fired, tight_rule
from playground.shop.samples import Sample


def front_door(p99: list[float], errors: float = 0.0) -> list[Sample]:
    door = [Sample(1000.0 + 5 * n, "web", {"latency-p99(s)": v, "error-ratio(%)": errors}) for n, v in enumerate(p99)]
    other = [Sample(sample.time, "cart", {"latency-p99(s)": 30.0}) for sample in door]
    return [sample for pair in zip(door, other, strict=True) for sample in pair]


def test_fires_at_the_last_of_enough_consecutive_samples() -> None:
    alert = fired(RULES, front_door([0.3, 1.0, 1.2, 1.4, 1.6, 9.0]), since=0.0)
    assert alert is not None
    assert alert.time == 1020.0
    assert alert.observed == (1.0 + 1.2 + 1.4 + 1.6) / 4
    assert "1.30 s" in alert.title


def test_a_blip_and_another_service_fire_nothing() -> None:
    assert fired(RULES, front_door([0.3, 5.0, 5.0, 5.0, 0.3, 5.0, 5.0, 5.0]), since=0.0) is None


def test_what_fired_before_is_not_told_again() -> None:
    assert fired(RULES, front_door([2.0, 2.0, 2.0, 2.0, 0.3]), since=1019.0) is None


def test_errors_have_their_own_rule() -> None:
    alert = fired(RULES, front_door([0.3] * 5, errors=4.0), since=0.0)
    assert alert is not None
    assert alert.rule.signal == "errors"


def test_a_tight_rule_lies_within_what_is_normal() -> None:
    quiet = front_door([0.3 + 0.01 * n for n in range(20)])
    rule = tight_rule(quiet)
    assert 0.3 < rule.threshold < 0.49
    assert fired((rule,), quiet, since=0.0) is not None
    assert fired(RULES, quiet, since=0.0) is None
