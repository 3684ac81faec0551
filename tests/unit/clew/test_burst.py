"""Which alerts are one incident, and which are not?"""

import random

import pytest

from clew.alert import Alert, Severity
from clew.burst import AGAIN, LONGEST, Book, Burst, Grouping, Kept, Sorted, sorted_in
from clew.tables import CallGraph

NOW = 1_700_000_000.0
GRAPH = CallGraph(
    edges=(("web", "checkout"), ("checkout", "db"), ("cart", "db"), ("billing", "ledger")),
    services=("web", "checkout", "db", "cart", "billing", "ledger"),
)


def alert(name: str, **changes: object) -> Alert:
    fields: dict[str, object] = {
        "origin": "o",
        "fingerprint": name,
        "title": name,
        "service": name,
        "severity": Severity.ERROR,
        "started_at": NOW,
        "told_at": NOW,
        "place": "namespace=shop",
    }
    return Alert.model_validate(fields | changes)


def ended(alert_: Alert, at: float) -> Alert:
    return alert_.model_copy(update={"ended_at": at, "told_at": at})


class Desk:
    """Hears alerts one request after another, as a store would keep them."""

    def __init__(self, grouping: Grouping | None = None) -> None:
        self.grouping = grouping or Grouping()
        self.kept: dict[str, Kept] = {}
        self.bursts: dict[str, Burst] = {}

    def hear(self, *alerts: Alert, at: float = NOW) -> Sorted:
        book = Book(known=tuple(self.kept.values()), bursts=tuple(self.bursts.values()))
        told = sorted_in(book, alerts, at, self.grouping)
        self.kept |= {kept.alert.id: kept for kept in told.kept}
        self.bursts |= {burst.id: burst for burst in told.bursts}
        return told

    def together(self, *names: str) -> bool:
        return len({kept.incident for kept in self.kept.values() if kept.alert.fingerprint in names}) == 1


def test_the_worst_opens_and_the_others_join() -> None:
    desk = Desk()
    desk.hear(alert("a", severity=Severity.WARNING), alert("b", severity=Severity.CRITICAL), alert("c"))
    (burst,) = desk.bursts.values()
    assert burst.first.fingerprint == "b"
    assert (burst.total, burst.firing, burst.severity) == (3, 3, Severity.CRITICAL)


def test_the_same_again_is_no_news() -> None:
    desk = Desk()
    desk.hear(alert("a"))
    assert desk.hear(alert("a", told_at=NOW + 60), at=NOW + 60) == Sorted()


def test_an_older_word_does_not_undo_a_newer_one() -> None:
    desk = Desk()
    desk.hear(alert("a"))
    desk.hear(ended(alert("a"), NOW + 60), at=NOW + 60)
    assert desk.hear(alert("a", told_at=NOW + 30), at=NOW + 61) == Sorted()


@pytest.mark.parametrize(("later", "one"), [(299.0, True), (301.0, False)])
def test_time_parts_incidents(later: float, one: bool) -> None:
    desk = Desk()
    desk.hear(alert("a"))
    desk.hear(alert("b"), at=NOW + later)
    assert desk.together("a", "b") is one


def test_a_day_of_small_alerts_is_no_single_incident() -> None:
    desk = Desk()
    for step in range(30):
        desk.hear(alert(f"a{step}", started_at=NOW + 200 * step), at=NOW + 200 * step)
    assert len(desk.bursts) == 1 + int(30 * 200 // LONGEST)


def test_another_place_is_another_incident_unless_its_sender_groups_them() -> None:
    desk = Desk()
    desk.hear(alert("a", group="g"))
    desk.hear(alert("b", place="namespace=other"))
    desk.hear(alert("c", place="namespace=third", group="g"))
    assert not desk.together("a", "b")
    assert desk.together("a", "c")


def test_a_group_key_means_something_to_its_own_sender_only() -> None:
    desk = Desk()
    desk.hear(alert("a", group="g"))
    desk.hear(alert("b", group="g", origin="p", place="elsewhere"))
    assert not desk.together("a", "b")


def test_two_teams_never_share_an_incident() -> None:
    desk = Desk()
    desk.hear(alert("a", scope="blue", group="g"), alert("b", scope="green", group="g"))
    assert not desk.together("a", "b")


def test_without_labels_of_place_everything_at_once_is_one() -> None:
    desk = Desk()
    desk.hear(*(alert(f"a{i}", place="", service=None) for i in range(5)))
    assert len(desk.bursts) == 1


def test_calls_join_across_places() -> None:
    desk = Desk(Grouping(graphs={"": GRAPH}))
    desk.hear(alert("db", place="namespace=data"))
    desk.hear(alert("web", place="namespace=front"))
    desk.hear(alert("billing", place="namespace=money"))
    assert desk.together("db", "web")
    assert not desk.together("db", "billing")


def test_two_that_need_the_same_third_are_connected() -> None:
    desk = Desk(Grouping(graphs={"": GRAPH}))
    desk.hear(alert("checkout", place="namespace=x"), alert("cart", place="namespace=y"))
    assert desk.together("checkout", "cart")


def test_calls_part_what_no_label_places() -> None:
    desk = Desk(Grouping(graphs={"": GRAPH}))
    desk.hear(alert("web", place=""), alert("billing", place=""), alert("unknown", place=""))
    assert not desk.together("web", "billing")
    assert desk.together("web", "unknown") or desk.together("billing", "unknown")


def test_the_calls_of_one_team_say_nothing_about_another() -> None:
    desk = Desk(Grouping(graphs={"blue": GRAPH}))
    desk.hear(alert("db", place="namespace=data"), alert("web", place="namespace=front"))
    assert not desk.together("db", "web")


def test_of_two_incidents_the_connected_one_is_joined() -> None:
    desk = Desk(Grouping(graphs={"": GRAPH}))
    desk.hear(alert("db", place="namespace=data"))
    desk.hear(alert("billing", place="namespace=shop"), at=NOW + 10)
    desk.hear(alert("web", place="namespace=shop"), at=NOW + 20)
    assert desk.together("db", "web")
    assert not desk.together("billing", "web")


def test_what_may_not_open_only_joins_and_holds_nothing_open() -> None:
    desk = Desk()
    assert desk.hear(alert("quiet", severity=Severity.INFO)).left == 1
    desk.hear(alert("a"))
    desk.hear(alert("quiet", severity=Severity.INFO))
    (burst,) = desk.bursts.values()
    assert (burst.total, burst.firing, burst.holding) == (2, 2, 1)
    desk.hear(ended(alert("a"), NOW + 60), at=NOW + 60)
    assert desk.bursts[burst.id].resolved_at == NOW + 60


def test_an_end_nobody_heard_the_beginning_of_is_nothing() -> None:
    assert Desk().hear(ended(alert("a"), NOW)) == Sorted(left=1)


def test_one_of_two_ends_and_then_the_other() -> None:
    desk = Desk()
    desk.hear(alert("a"), alert("b"))
    (burst,) = desk.hear(ended(alert("a"), NOW + 50), at=NOW + 50).bursts
    assert (burst.firing, burst.resolved_at) == (1, None)
    (burst,) = desk.hear(ended(alert("b"), NOW + 70), at=NOW + 70).bursts
    assert (burst.firing, burst.resolved_at) == (0, NOW + 70)


@pytest.mark.parametrize(("after", "same"), [(AGAIN - 1, True), (AGAIN + 1, False)])
def test_fired_again_after_its_end(after: float, same: bool) -> None:
    desk = Desk()
    desk.hear(alert("a"))
    desk.hear(ended(alert("a"), NOW + 10), at=NOW + 10)
    at = NOW + 10 + after
    (burst,) = desk.hear(alert("a", started_at=at, told_at=at), at=at).bursts
    assert (len(desk.bursts) == 1) is same
    assert burst.resolved_at is None
    assert (burst.again_at == at) is same


def test_the_same_start_is_the_same_incident_whenever_it_comes() -> None:
    """A sender that lost sight of a rule and finds it firing still."""
    desk = Desk()
    desk.hear(alert("a"))
    desk.hear(ended(alert("a"), NOW + 10), at=NOW + 10)
    desk.hear(alert("a", told_at=NOW + 2 * AGAIN), at=NOW + 2 * AGAIN)
    assert len(desk.bursts) == 1


def test_people_who_named_a_channel_get_their_own_incident() -> None:
    desk = Desk()
    desk.hear(alert("a"))
    desk.hear(alert("b", channel="C0THEIRS1"))
    desk.hear(alert("c", channel="C0OTHER11"))
    assert len(desk.bursts) == 3


def test_a_channel_that_is_named_later_is_kept() -> None:
    desk = Desk()
    desk.hear(alert("a"))
    (burst,) = desk.hear(alert("a", channel="C0THEIRS1", told_at=NOW + 5), at=NOW + 5).bursts
    assert burst.channel == "C0THEIRS1"


@pytest.mark.parametrize("seed", range(10))
def test_in_whatever_order_and_pieces_the_counts_are_true(seed: int) -> None:
    dice = random.Random(seed)
    desk = Desk()
    alerts = [alert(f"a{i}", severity=dice.choice(tuple(Severity)[:3])) for i in range(30)]
    for step in range(60):
        some = dice.sample(alerts, dice.randint(1, 6))
        at = NOW + step
        told = [ended(a, at) if dice.random() < 0.4 else a.model_copy(update={"told_at": at}) for a in some]
        desk.hear(*told, at=at)
        for burst in desk.bursts.values():
            mine = [kept.alert for kept in desk.kept.values() if kept.incident == burst.id]
            firing = [a for a in mine if a.firing]
            assert (burst.total, burst.firing, burst.holding) == (len(mine), len(firing), len(firing))
            assert (burst.resolved_at is None) == bool(firing)
    assert len(desk.bursts) == 1
