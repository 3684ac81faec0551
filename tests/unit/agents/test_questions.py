"""Is a question recognised however people phrase it?"""

import pytest

from agents.questions import Intent, asks, examples, named, wanted

SERVICES = ("checkout", "payments", "web", "ts-order-service", "ts-food-service", "inventory")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("what changed?", Intent.CHANGED),
        ("What was deployed in checkout before this", Intent.CHANGED),
        ("any recent deploys to payments?", Intent.CHANGED),
        ("who merged something today", Intent.CHANGED),
        ("show me the latency of checkout", Intent.METRIC),
        ("plot cpu for payments", Intent.METRIC),
        ("what is the error rate of web?", Intent.METRIC),
        ("how high is memory on inventory", Intent.METRIC),
        ("show the logs of payments", Intent.LOGS),
        ("any exceptions in checkout?", Intent.LOGS),
        ("why not payments?", Intent.WHY_NOT),
        ("could it be the inventory?", Intent.WHY_NOT),
        ("why was traffic ruled out", Intent.WHY_NOT),
        ("why do you think it's checkout", Intent.WHY),
        ("how do you know that?", Intent.WHY),
        ("is it over?", Intent.OVER),
        ("is it still happening", Intent.OVER),
        ("has it stopped? are we back to normal?", Intent.OVER),
        ("who else is affected?", Intent.AFFECTED),
        ("which other services are hit", Intent.AFFECTED),
        ("when did it start?", Intent.WHEN),
        ("since when is this going on", Intent.WHEN),
        ("what did you check?", Intent.CHECKED),
        ("what could you not see?", Intent.CHECKED),
        ("status", Intent.STATUS),
        ("catch me up please", Intent.STATUS),
        ("what should we do?", Intent.FIX),
        ("can we roll back?", Intent.FIX),
        ("help", Intent.HELP),
        ("how sure are you?", Intent.SURE),
        ("are you certain about that", Intent.SURE),
        ("tell me a joke", Intent.UNKNOWN),
        ("", Intent.UNKNOWN),
        ("🤷", Intent.UNKNOWN),
    ],
)
def test_the_intent_of_common_phrasings(text: str, intent: Intent) -> None:
    assert wanted(text, SERVICES).intent is intent


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("show the logs of checkout", "checkout"),
        ("why not PAYMENTS?", "payments"),
        ("what about chekout", "checkout"),
        ("is the payment service to blame", "payments"),
        ("cpu of order", "ts-order-service"),
        ("logs of ts-food-service", "ts-food-service"),
        ("what changed?", None),
        ("show the logs of the cart", None),
    ],
)
def test_a_service_is_found_by_name_part_or_misspelling(text: str, service: str | None) -> None:
    assert named(text, SERVICES) == service


def test_the_subject_is_what_is_left_and_quotes_win() -> None:
    assert wanted("show me the p99 latency of checkout", SERVICES).subject == "p99 latency"
    assert wanted('logs of checkout with "pool exhausted"', SERVICES).subject == "pool exhausted"


def test_a_mention_in_the_text_is_not_read_as_words() -> None:
    assert wanted("<@U123> is it over?", SERVICES).intent is Intent.OVER


def test_a_huge_question_is_read_in_part() -> None:
    assert wanted("what changed? " + "x" * 1_000_000, SERVICES).intent is Intent.CHANGED


def test_examples_carry_real_names() -> None:
    assert all("payments" in e or "over" in e for e in examples(("payments",)))


@pytest.mark.parametrize(
    ("text", "answered"),
    [
        ("what changed?", True),
        ("why not payments", True),
        ("show the logs of checkout", True),
        ("Is it over", True),
        ("payments?", True),
        ("latency of web", True),
        ("lol same here", False),
        ("thanks!", False),
        ("I rolled back checkout", False),
        ("ok, looking at the deploy", False),
        ("on it", False),
        ("", False),
        ("🤷", False),
    ],
)
def test_talk_among_people_is_not_a_question(text: str, answered: bool) -> None:
    assert asks(text) is answered
