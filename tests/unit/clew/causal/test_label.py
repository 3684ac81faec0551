"""Do the short rules say what the page about them says?"""

from dataclasses import replace

import pytest

from clew.causal.label import Facts, Role, labelled
from clew.hypothesis import CauseKind, Label, Outcome

PASSED, FAILED, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN
BLANK = Facts(
    kind=CauseKind.SERVICE,
    order=UNKNOWN,
    path=UNKNOWN,
    dose=UNKNOWN,
    gone=UNKNOWN,
    placebo=UNKNOWN,
    content=UNKNOWN,
    experiment=UNKNOWN,
    own=False,
    out=False,
    leads=True,
)
GOOD = replace(BLANK, order=PASSED, path=PASSED, dose=PASSED, own=True)
LATER = replace(GOOD, leads=False)


@pytest.mark.parametrize(
    ("facts", "label"),
    [
        (BLANK, None),
        (GOOD, Label.CAUSE),
        (replace(BLANK, own=True), Label.CAUSE),
        (replace(BLANK, path=PASSED), None),
        (replace(LATER, joined=True), Label.CONTRIBUTOR),
        (LATER, Label.CAUSE),
        (replace(LATER, order=UNKNOWN), Label.CONTRIBUTOR),
        (replace(LATER, dose=UNKNOWN, path=UNKNOWN), None),
        (replace(GOOD, third=Role.SHARED, dose=FAILED), Label.CONFOUNDER),
        (replace(LATER, third=Role.APART, dose=FAILED), Label.CONFOUNDER),
        (replace(LATER, third=Role.APART, dose=FAILED, path=FAILED), Label.COINCIDENCE),
        (replace(LATER, third=Role.CALLED, dose=FAILED), Label.SYMPTOM),
        (replace(GOOD, third=Role.SHARED, dose=FAILED, experiment=PASSED, kind=CauseKind.CHANGE), Label.CAUSE),
        (replace(LATER, below=True, joined=True, order=UNKNOWN), Label.SYMPTOM),
        (replace(LATER, below=True, joined=True), Label.CONTRIBUTOR),
        (replace(GOOD, order=FAILED), Label.SYMPTOM),
        (replace(GOOD, order=FAILED, dose=FAILED), Label.SYMPTOM),
        (replace(GOOD, order=FAILED, dose=FAILED, path=UNKNOWN), Label.COINCIDENCE),
        (replace(GOOD, order=FAILED, dose=UNKNOWN, path=FAILED), Label.COINCIDENCE),
        (replace(GOOD, order=FAILED, kind=CauseKind.CHANGE), Label.COINCIDENCE),
        (replace(GOOD, content=FAILED, kind=CauseKind.CHANGE), Label.COINCIDENCE),
        (replace(GOOD, experiment=FAILED, kind=CauseKind.CHANGE), Label.COINCIDENCE),
        (replace(GOOD, path=FAILED, dose=UNKNOWN), Label.COINCIDENCE),
        (replace(GOOD, path=FAILED), Label.CAUSE),
        (replace(GOOD, path=FAILED, placebo=FAILED), Label.COINCIDENCE),
        (replace(GOOD, gone=FAILED, dose=UNKNOWN), Label.COINCIDENCE),
        (replace(BLANK, placebo=FAILED), Label.COINCIDENCE),
        (replace(GOOD, placebo=FAILED, dose=UNKNOWN), Label.CAUSE),
        (replace(GOOD, out=True), None),
    ],
)
def test_each_rule_gives_its_label(facts: Facts, label: Label | None) -> None:
    assert labelled(facts) is label


def test_what_was_ruled_out_is_never_a_cause() -> None:
    outcomes = (PASSED, FAILED, UNKNOWN)
    for order in outcomes:
        for dose in outcomes:
            for path in outcomes:
                facts = replace(GOOD, out=True, order=order, dose=dose, path=path)
                assert labelled(facts) not in (Label.CAUSE, Label.CONTRIBUTOR)
