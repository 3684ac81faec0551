"""How did Clew and the baselines do on one case?"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import accuracy
from bench.accuracy import NOTHING, Share
from bench.baseline import Baselines, newest_deploy, phases
from bench.case import Case, candidates, case, everything, family
from bench.replay import Answer, Replay
from bench.truth import NO_CHANGE, Truth
from clew.errors import BadCase
from clew.incident import Window
from clew.limits import Limits
from clew.tables import Tables

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


def contests(folder: Path, replay: Replay, against: Baselines, shifts: Sequence[float] = (0.0,)) -> tuple[Contest, ...]:
    """Runs everything on the case in `folder`, once for each shift of its alert (seconds), and reads its files once.

    One that cannot be run says why and counts as wrong.
    """
    with TemporaryDirectory(prefix="clew-bench-") as scratch:
        try:
            opened = case(folder, Path(scratch))
        except BadCase as error:
            lost = Contest(family(folder), folder.name, None, places={CLEW: accuracy.ABSENT}, problem=str(error))
            return (lost,) * len(shifts)
        return tuple(asyncio.run(_held(opened, replay, against, shift)) for shift in shifts)


async def _held(opened: Case, replay: Replay, against: Baselines, shift: float) -> Contest:
    answer, problem = None, ""
    try:
        answer = await replay.answer(opened, shift)
    except TimeoutError:
        problem = "the investigation did not end in time"
    if answer and answer.gaps:
        problem = f"no answer from {', '.join(answer.gaps)}"
    told = Contest(opened.family, opened.name, answer, problem=problem)
    if opened.truth is None:
        return told
    at = opened.alerted_at + shift
    held = await everything(opened.facts.sources, Window(start=min(0.0, at), end=at + AFTER))
    return _scored(told, opened.truth, held, against, at)


def _scored(told: Contest, truth: Truth, held: Tables, against: Baselines, alerted_at: float) -> Contest:
    prediction = told.answer.prediction if told.answer else None
    right_health = prediction is not None and prediction.healthy == bool(truth.healthy)
    if truth.healthy:
        return replace(told, health_right=right_health)
    given = phases(held.matrix, held.normal_matrix, alerted_at)
    places = {CLEW: accuracy.place(prediction.ranking if prediction else (), truth.services)}
    seconds = {CLEW: prediction.seconds if prediction else 0.0}
    for name, ranker in against.rankers.items():
        began = time.perf_counter()
        places[name] = accuracy.place(ranker(given), truth.services)
        seconds[name] = time.perf_counter() - began
    named = candidates(held)
    newest = newest_deploy(held.changes.changes, alerted_at)
    return replace(
        told,
        places=places,
        seconds=seconds,
        chance=accuracy.chance(len(named), len(set(truth.services) & set(named))),
        changes=_changes(prediction.changes if prediction else (), newest, truth.change),
        health_right=right_health,
    )


def _changes(said: tuple[str, ...], newest: tuple[str, ...], right: str | None) -> ChangePlaces | None:
    if right is None:
        return None
    abstaining = accuracy.place(said, (right,))
    if right == NO_CHANGE:
        return ChangePlaces(None, abstaining, None, abstaining == 0)
    named = tuple(change for change in said if change != NO_CHANGE)
    return ChangePlaces(accuracy.place(named, (right,)), abstaining, accuracy.place(newest, (right,)), None)
