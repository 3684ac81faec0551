"""Is what is measured the investigation that people get?"""

import gzip
from pathlib import Path

import pytest

from bench.case import case
from bench.replay import Replay, sureness
from bot.commands import investigated
from bot.settings import LlmSettings, Settings
from clew.hypothesis import Cause, CauseKind, Confidence, Hypothesis, Report, Verdict
from clew.limits import Limits
from tests.unit.bench.conftest import ALERT, Incident

REPLAY = Replay()


async def test_the_answer_is_the_report_of_the_bot(incident: Incident, tmp_path: Path) -> None:
    folder = incident()
    found = (await REPLAY.answer(case(folder, tmp_path))).prediction
    progress, _ = await investigated(Settings(llm=LlmSettings()), folder, None)
    assert progress.report is not None
    assert found.ranking == progress.report.ranking
    assert found.changes == progress.report.changes
    assert found.confidence.word == progress.report.open[0].confidence.value
    assert found.ranking[0] == "cart"
    assert "c1" in found.changes
    assert (found.family, found.case, found.healthy) == ("shop", "one", False)


async def test_the_alert_moves_and_the_case_does_not(incident: Incident, tmp_path: Path) -> None:
    opened = case(incident(), tmp_path)
    early, late = await REPLAY.answer(opened, -1800.0), await REPLAY.answer(opened)
    assert (early.at, late.at) == (ALERT - 1800.0, ALERT)
    assert late.prediction.ranking[0] == "cart"
    assert "c1" not in early.prediction.changes[:1], "half an hour before the alert it had not been deployed yet"


async def test_seconds_hold_the_reading(incident: Incident, tmp_path: Path) -> None:
    answer = await REPLAY.answer(case(incident(), tmp_path))
    assert 0.0 < answer.reading < answer.prediction.seconds


async def test_a_file_that_cannot_be_read_is_told(incident: Incident, tmp_path: Path) -> None:
    folder = incident()
    (folder / "metrics.csv.gz").write_bytes(gzip.compress(b"time,service\n" * 9)[:25])
    answer = await REPLAY.answer(case(folder, tmp_path))
    assert answer.gaps == ("recorded metrics",)


async def test_the_budget_of_time_is_kept(incident: Incident, tmp_path: Path) -> None:
    hurried = Replay(Limits(investigation_seconds=0.0001))
    with pytest.raises(TimeoutError):
        await hurried.answer(case(incident(), tmp_path))


def report(*words: Confidence, odds: float | None = None) -> Report:
    made = (
        Hypothesis(id=word.name, cause=Cause(kind=CauseKind.SERVICE), title="t", confidence=word, weight=1.0, odds=odds)
        for word in words
    )
    return Report(incident="i", verdict=Verdict.CAUSE, headline="h", hypotheses=tuple(made))


def test_the_word_and_the_number_are_those_of_the_first_open_hypothesis() -> None:
    told = sureness(report(Confidence.RULED_OUT, Confidence.LIKELY, odds=0.7))
    assert (told.word, told.number) == ("Likely", 0.7)
    nothing = sureness(report(Confidence.RULED_OUT, odds=0.7))
    assert (nothing.word, nothing.number) == ("Not found", None)
