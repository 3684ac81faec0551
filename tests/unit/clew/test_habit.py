"""When is an error no news, and what may an incident teach."""

from hypothesis import given
from hypothesis import strategies as st

from clew.habit import APART, HOUR, SHADOW, Habit, habit_id

NOW = 1_700_000_000.0


def calm(at: float = NOW, per_hour: float = 10.0) -> Habit:
    return Habit(id="t", scope="s", latest=at, calm=at, per_hour=per_hour, looks=1)


def trouble(at: float = NOW) -> Habit:
    return Habit(id="t", scope="s", latest=at, trouble=at)


def test_an_earlier_calm_explains_as_many_lines_as_it_would_have_written_and_not_a_stream() -> None:
    later = NOW + 2 * HOUR
    assert calm(per_hour=10.0).explains(40, 900.0, later)
    assert not calm(per_hour=10.0).explains(50, 900.0, later), "20 times the usual is news"
    assert not calm(per_hour=10.0).explains(1, 0.0, later)


def test_the_incident_itself_and_those_just_before_are_no_experience() -> None:
    assert not calm(NOW).explains(1, HOUR, NOW)
    assert not calm(NOW).explains(1, HOUR, NOW + APART - 1)
    assert calm(NOW).explains(1, HOUR, NOW + APART)
    assert not calm(NOW).explains(1, HOUR, NOW - 5 * HOUR), "what was learned later explains nothing earlier"


def test_what_was_only_news_explains_nothing_and_its_aftermath_is_not_learned() -> None:
    assert not trouble().explains(1, HOUR, NOW + 5 * HOUR)
    assert trouble().after(calm(NOW + SHADOW - 1)).calm is None
    assert trouble().after(calm(NOW + SHADOW + 1)).calm == NOW + SHADOW + 1


def test_a_habit_that_flares_stays_known_at_its_usual_rate() -> None:
    stands = calm(NOW, 10.0).after(trouble(NOW + 48 * HOUR)).after(calm(NOW + 49 * HOUR, 1e6))
    assert (stands.calm, stands.per_hour, stands.looks) == (NOW, 10.0, 1)
    assert stands.trouble == NOW + 48 * HOUR


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=20))
def test_the_rate_is_the_mean_over_incidents(rates: list[float]) -> None:
    stands = calm(NOW, rates[0])
    for day, rate in enumerate(rates[1:], 1):
        stands = stands.after(calm(NOW + day * 2 * HOUR, rate))
    assert stands.looks == len(rates)
    assert abs(stands.per_hour - sum(rates) / len(rates)) <= 1e-6 * max(rates) + 1e-9


@given(st.lists(st.booleans(), max_size=6))
def test_telling_the_same_incident_again_changes_nothing(kinds: list[bool]) -> None:
    stands = calm()
    for kind in kinds:
        seen = calm(NOW + 60.0, 1e9) if kind else calm(NOW, 5.0)
        stands = stands.after(seen)
    assert (stands.per_hour, stands.looks, stands.calm) == (10.0, 1, NOW)


def test_ids_tell_sources_services_and_templates_apart_and_show_none_of_them() -> None:
    ids = {
        habit_id("a", "b", "c"),
        habit_id("a", "bc"),
        habit_id("ab", "c"),
        habit_id("a", "b"),
        habit_id("a", "c", "b"),
    }
    assert len(ids) == 5
    assert all(len(one) == 32 and set(one) <= set("0123456789abcdef") for one in ids)
    assert habit_id("logs", "pay", "half a pair \ud800")
