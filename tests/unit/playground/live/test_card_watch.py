"""When did people see a finding, and when the verdict: read from what Slack showed, not from what the bot says of itself."""

from typing import Any

import pytest

from playground.live import card_watch
from playground.slack.record import Record

FIRST = "web slow: investigating. Looking at: what changed, who is affected, since when."
NOTHING = (
    "web slow: investigating. web, as the alert says; its metrics show nothing beyond that, no clear beginning yet"
)
FOUND = "web slow: investigating. 2 services affected, since 03:04 UTC"
VERDICT = "web slow: likely cause: commit 1d1c174 cut the pool of checkout"


def said(record: Record, text: str, kind: str = "edited", **more: Any) -> float:
    so_far = text.partition("investigating. ")[2]
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": f"*So far*  {so_far}"}}] if so_far else []
    message = {"text": text, "ts": "1.0", "bot_id": "B1", "blocks": blocks, **more}
    return record.add(kind, channel="C1", ts="1.0", payload={"message": message}).at


def test_the_first_finding_and_the_verdict_are_found() -> None:
    record = Record()
    said(record, FIRST, "message")
    said(record, NOTHING)
    found = said(record, FOUND)
    said(record, FOUND)
    verdict = said(record, VERDICT)
    assert card_watch.first(record, "C1", card_watch.finds) == found
    assert card_watch.first(record, "C1", card_watch.ends) == verdict


def test_a_verdict_without_an_earlier_finding_is_the_finding() -> None:
    record = Record()
    said(record, FIRST, "message")
    verdict = said(record, VERDICT)
    assert card_watch.first(record, "C1", card_watch.finds) == verdict


@pytest.mark.parametrize("other", [{"bot_id": ""}, {"thread_ts": "0.5"}], ids=["of a person", "in a thread"])
def test_what_is_no_card_does_not_count(other: dict[str, str]) -> None:
    record = Record()
    said(record, VERDICT, **other)
    record.add("reaction", channel="C1", payload={"text": VERDICT, "bot_id": "B1", "ts": "1.0"})
    assert card_watch.first(record, "C1", card_watch.finds) is None
    assert card_watch.first(record, "C2", card_watch.ends) is None
