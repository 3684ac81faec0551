"""Has every channel that counts a worth of its own, and is asking for another one a plain error?"""

import pytest
from pydantic import ValidationError

from clew.causal.priors import Priors
from clew.causal.rank import rank
from clew.causal.weigh import CHANNELS
from clew.causal.weights import Weights
from clew.hypothesis import Clue
from clew.incident import Symptom
from clew.tables import CallGraph


@pytest.mark.parametrize("channel", [*CHANNELS, "call graph"])
def test_every_channel_is_worth_what_its_field_says(channel: str) -> None:
    field = channel.replace(" ", "_")
    assert Weights.model_validate({field: 7.5}).worth(channel) == 7.5
    assert Weights().worth(channel) > 0


def test_a_channel_without_a_worth_is_an_error() -> None:
    with pytest.raises(AttributeError):
        Weights().worth("moon phase")


def test_parts_stay_parts() -> None:
    weights = Weights()
    for part in (weights.shifted, weights.explained, weights.unreached, weights.other_signal):
        assert 0 < part < 1


def test_weights_are_not_altered_in_place_and_unknown_ones_are_refused() -> None:
    with pytest.raises(ValidationError):
        Weights().__setattr__("edge", 1.0)
    with pytest.raises(ValidationError):
        Weights.model_validate({"moon_phase": 1.0})


def test_the_priors_weights_are_the_ones_that_count() -> None:
    clues = (
        Clue(channel="edge", service="cart", amount=0.5, says="slow way"),
        Clue(channel="resource", service="pay", amount=0.5, says="busy"),
    )
    for heavy, first in (("edge", "cart"), ("resource", "pay")):
        priors = Priors(weights=Weights.model_validate({"edge": 1.0, "resource": 1.0, heavy: 3.0}))
        ranking = rank(clues, CallGraph(), priors, symptom=Symptom(), onset=None, changes=())
        assert ranking.services[0] == first
        assert ranking.drafts[0].weight == pytest.approx(1.5)
