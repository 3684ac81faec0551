"""Whose incident is it, by an alert's labels or by a channel?"""

import pytest

from bot.scoping import scope_of_channel, scope_of_labels
from bot.settings import ScopeSettings
from bot.slack.channels import Channel
from bot.slack.opening import Opening
from clew.limits import Limits
from clew.testing import FrozenClock

SCOPES = (
    ScopeSettings(name="blue", channels=("#blue-*", "C0BLUE0001"), labels={"team": "blue"}),
    ScopeSettings(name="shop", channels=("inc-shop-*",), labels={"namespace": "shop-*", "cluster": "eu1"}),
    ScopeSettings(name="bare"),
)


@pytest.mark.parametrize(
    ("labels", "scope"),
    [
        ({"team": "blue", "namespace": "shop-a", "cluster": "eu1"}, "blue"),
        ({"namespace": "shop-a", "cluster": "eu1"}, "shop"),
        ({"namespace": "shop-a"}, ""),
        ({"namespace": "shop-a", "cluster": "us1"}, ""),
        ({}, ""),
    ],
)
def test_all_labels_of_a_scope_must_be_there(labels: dict[str, str], scope: str) -> None:
    assert scope_of_labels(SCOPES, labels) == scope


@pytest.mark.parametrize(
    ("channel", "name", "scope"),
    [
        ("C1", "Blue-ops", "blue"),
        ("C0BLUE0001", "", "blue"),
        ("C1", "inc-shop-checkout", "shop"),
        ("C1", "inc-other", ""),
        ("C1", "", ""),
    ],
)
def test_a_channel_belongs_by_its_name_or_id(channel: str, name: str, scope: str) -> None:
    assert scope_of_channel(SCOPES, channel, name) == scope


def test_what_people_open_in_a_teams_channel_is_the_teams() -> None:
    def scoped(channel: str, name: str) -> str:
        return scope_of_channel(SCOPES, channel, name)

    opening = Opening("T1", FrozenClock(), Limits(), scoped=scoped)
    theirs = Channel(id="C1", name="inc-shop-checkout")
    assert opening.for_channel(theirs, opened_by="U1").scope == "shop"
    assert opening.for_message(theirs, "1.0", "slow", opened_by="U1").scope == "shop"
    assert opening.for_channel(Channel(id="C2", name="inc-other"), opened_by="U1").scope == ""
