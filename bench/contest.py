"""How did Clew and the baselines do on one case?"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import accuracy
from bench.accuracy import NOTHING, Share
from bench.baseline import Baselines, newest_deploy, phases
from bench.case import Case, case, changes, family, measured
from bench.replay import Answer, Replay
from bench.truth import NO_CHANGE, Truth
from clew.errors import BadCase
from clew.limits import Limits

CLEW = "Clew"
AFTER = Limits().lookahead_seconds
"""How far behind the alert the baselines see: as far as an investigation."""


@dataclass(frozen=True)
class ChangePlaces:
    """Where the right change stands, from 0. `named`: with `none` taken out, None where no change is to blame."""

    named: int | None
    abstaining: int
    newest: int | None
    """The same as `named` for whoever blames the newest deploy."""
    none_first: bool | None
    """Whether Clew abstained, where that is right; None elsewhere."""


@dataclass(frozen=True)
class Contest:
    """One case. `places` and `seconds` by ranker; empty where the case has no answer sheet or nothing is to be found."""

    family: str
    name: str
    answer: Answer | None
    places: Mapping[str, int] = field(default_factory=dict[str, int])
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    chance: Share = NOTHING
    changes: ChangePlaces | None = None
    health_right: bool | None = None
    problem: str = ""


def contest(folder: Path, replay: Replay, against: Baselines, shift: float) -> Contest:
    """Runs everything on the case in `folder`, its alert moved by `shift` seconds. One that cannot be run says why and counts as wrong."""
    with TemporaryDirectory(prefix="clew-bench-") as scratch:
        try:
            opened = case(folder, Path(scratch))
        except BadCase as error:
            return Contest(family(folder), folder.name, None, places={CLEW: accuracy.ABSENT}, problem=str(error))
        return asyncio.run(_held(opened, replay, against, shift))


async def _held(opened: Case, replay: Replay, against: Baselines, shift: float) -> Contest:
    answer, problem = None, ""
    try:
        answer = await replay.answer(opened, shift)
    except TimeoutError:
        problem = "the investigation did not end in time"
    if answer and answer.gaps:
        problem = f"no answer from {', '.join(answer.gaps)}"
    told = Contest(opened.family, opened.name, answer, problem=problem)
    return told if opened.truth is None else await _scored(told, opened, opened.truth, against, shift)


async def _scored(told: Contest, opened: Case, truth: Truth, against: Baselines, shift: float) -> Contest:
    prediction = told.answer.prediction if told.answer else None
    alerted_at = opened.alerted_at + shift
    right_health = prediction is not None and prediction.healthy == bool(truth.healthy)
    if truth.healthy:
        return Contest(told.family, told.name, told.answer, health_right=right_health, problem=told.problem)
    matrix, reference, candidates = await measured(opened.facts, alerted_at + AFTER)
    given = phases(matrix, reference, alerted_at)
    places = {CLEW: accuracy.place(prediction.ranking if prediction else (), truth.services)}
    seconds = {CLEW: prediction.seconds if prediction else 0.0}
    for name, ranker in against.rankers.items():
        began = time.perf_counter()
        places[name] = accuracy.place(ranker(given), truth.services)
        seconds[name] = time.perf_counter() - began
    return Contest(
        family=told.family,
        name=told.name,
        answer=told.answer,
        places=places,
        seconds=seconds,
        chance=accuracy.chance(len(candidates), len(set(truth.services) & set(candidates))),
        changes=_changes(
            prediction.changes if prediction else (),
            newest_deploy(await changes(opened.facts, alerted_at), alerted_at),
            truth.change,
        ),
        health_right=right_health,
        problem=told.problem,
    )


def _changes(said: tuple[str, ...], newest: tuple[str, ...], right: str | None) -> ChangePlaces | None:
    if right is None:
        return None
    abstaining = accuracy.place(said, (right,))
    if right == NO_CHANGE:
        return ChangePlaces(None, abstaining, None, abstaining == 0)
    named = tuple(change for change in said if change != NO_CHANGE)
    return ChangePlaces(accuracy.place(named, (right,)), abstaining, accuracy.place(newest, (right,)), None)
