"""Is a fact found twice one fact, and is every value that crosses a floor closed and unchangeable."""

import importlib
import pkgutil

import pytest
from pydantic import BaseModel, ValidationError

import agents
import clew
from clew.evidence import Asked, Call, Change, Evidence, Lines, Mark, Note, Series, Standing, evidence
from clew.feedback import Ballot, RejectReason, Vote
from clew.frozen import Frozen
from clew.hypothesis import Confidence, Gap, Report, Verdict
from clew.incident import Window

WINDOW = Window(start=1000.0, end=2000.0)
ASKED = Asked(
    source="metrics", call=Call(method="series", arguments=(("service", "web"),)), query="p99(web)", window=WINDOW
)
SERIES = Series(
    name="p99", service="web", unit="s", times=(1000.0, 1010.0), values=(0.1, None), marks=(Mark(at=1.0, label="x"),)
)
PAYLOADS = (
    SERIES,
    Lines(service="web", template="no <n>", count=3),
    Change(ref="4f2c1a", at=1000.0),
    Note(text="nothing"),
)


def fact(asked: Asked = ASKED, payload: Series | Lines | Change | Note = SERIES, taken_at: float = 3000.0) -> Evidence:
    return evidence(asked, payload, "p99 rose", taken_at=taken_at)


def test_the_same_fact_taken_later_has_the_same_id() -> None:
    assert fact().id == fact(taken_at=9000.0).id
    assert fact().digest == fact(taken_at=9000.0).digest


@pytest.mark.parametrize(
    "asked",
    [
        ASKED.model_copy(update={"source": "other metrics"}),
        ASKED.model_copy(update={"query": "p99(cart)"}),
        ASKED.model_copy(update={"call": Call(method="series")}),
        ASKED.model_copy(update={"call": Call(method="matrix", arguments=(("service", "web"),))}),
        ASKED.model_copy(update={"window": Window(start=1000.0, end=2000.5)}),
        ASKED.model_copy(update={"window": Window(start=999.0, end=2000.0)}),
    ],
)
def test_another_question_makes_another_fact(asked: Asked) -> None:
    assert fact(asked).id != fact().id


def test_why_a_window_was_chosen_does_not_make_another_fact() -> None:
    again = ASKED.model_copy(update={"window": Window(start=1000.0, end=2000.0, reason="looked again")})
    assert fact(again).id == fact().id


def test_other_content_makes_another_fact() -> None:
    changed = SERIES.model_copy(update={"values": (0.1, 0.2)})
    made = [fact(payload=p) for p in (*PAYLOADS, changed)]
    assert len({f.id for f in made}) == len(made)
    assert len({f.digest for f in made}) == len(made)


@pytest.mark.parametrize(("payload", "label"), list(zip(PAYLOADS, ("metric", "log", "change", "note"), strict=True)))
def test_a_fact_survives_being_written_down(payload: Series | Lines | Change | Note, label: str) -> None:
    made = evidence(ASKED, payload, "it says so", taken_at=1.5, standing=Standing.PARTIAL, link="https://a.example/x")
    again = Evidence.model_validate_json(made.model_dump_json())
    assert again == made
    assert type(again.payload) is type(payload)
    assert again.label == label


def test_a_level_beyond_numbers_survives_being_written_down() -> None:
    wild = SERIES.model_copy(update={"values": (float("inf"), None), "before": float("-inf")})
    assert Evidence.model_validate_json(fact(payload=wild).model_dump_json()).payload == wild


def values() -> list[type[Frozen]]:
    """Every value type of the two inner floors, found by walking them."""
    for package in (clew, agents):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    found: list[type[Frozen]] = []
    waiting = [Frozen]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            found.append(kind)
            waiting.append(kind)
    return sorted(found, key=lambda kind: f"{kind.__module__}.{kind.__name__}")


def test_the_walk_finds_the_values() -> None:
    assert {Evidence, Window, Report, Vote, Gap} <= set(values())
    assert len(values()) > 25


@pytest.mark.parametrize("kind", values(), ids=lambda kind: kind.__name__)
def test_every_value_is_frozen_and_closed(kind: type[Frozen]) -> None:
    assert kind.model_config.get("frozen") is True
    assert kind.model_config.get("extra") == "forbid"
    with pytest.raises(ValidationError, match="extra_forbidden"):
        kind.model_validate({"no such field": 1})
    blank = kind.model_construct()
    for name in kind.model_fields:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(blank, name, None)


@pytest.mark.parametrize("kind", values(), ids=lambda kind: kind.__name__)
def test_no_value_holds_a_list_a_set_or_a_dict(kind: type[BaseModel]) -> None:
    for name, field in kind.model_fields.items():
        assert not {"list", "dict", "set"} & set(str(field.annotation).replace("[", " ").split()), name


def test_a_ballot_tells_agreement_from_objection() -> None:
    def vote(by: str, agree: bool) -> Vote:
        reason = None if agree else RejectReason.WRONG_CAUSE
        return Vote(incident="i", hypothesis="h", by=by, agree=agree, reason=reason, at=1.0)

    ballot = Ballot(votes=(vote("mia", True), vote("lee", False), vote("sam", True)))
    assert [v.by for v in ballot.agrees] == ["mia", "sam"]
    assert [v.by for v in ballot.rejects] == ["lee"]


def test_five_words_of_confidence_and_four_ends() -> None:
    assert [str(c) for c in Confidence] == ["Confirmed", "Likely", "Possible", "Ruled out", "Not found"]
    assert [str(v) for v in Verdict] == ["cause", "several causes", "healthy", "not found"]
