"""What does an expression that somebody typed show: checked, held to the scope, and bounded before it is sent?"""

from collections.abc import Sequence

import numpy as np

from clew.errors import QueryRejected
from clew.evidence import Asked, Evidence
from clew.incident import Window
from clew.tables import Matrix, SeriesKey
from tools.answers import SERIES, series_facts
from tools.phrases import nothing, rest, span
from tools.prometheus.api import Answer, Api, Line, number
from tools.prometheus.asks import ROW
from tools.prometheus.catalogue import Naming
from tools.prometheus.grid import Grid, grid
from tools.prometheus.promql import Rebuilt, RefusedError, rebuilt
from tools.prometheus.reading import on_grid
from tools.prometheus.rows import clean
from tools.prometheus.server import Server

READ = 5_000
"""Series that all selectors of one expression may read together."""
NAMED = 60


async def typed(question: Asked, text: str, server: Server) -> tuple[Evidence, ...]:
    """At most 12 series of an expression, those that moved most first. Raises QueryRejected, saying which limit it breaks."""
    api, settings, outside, discovery = server.api, server.settings, server.outside, server.discovery
    if not text.strip():
        return (nothing(question, "No expression was given.", outside.now()),)
    try:
        asked = rebuilt(text, discovery.scope)
    except RefusedError as error:
        raise QueryRejected(api.transport.source, str(error)) from None
    sent = question.model_copy(update={"query": asked.text})
    end = min(question.window.end, outside.now())
    await _within_limits(api, asked, end)
    catalogue = await discovery.catalogue(question.window.start - settings.history_seconds, end)
    on = grid(question.window, settings, catalogue.interval, outside.now())
    answer = Answer() if on is None else await api.range(asked.text, on.start, on.end, on.step)
    found = _table(answer, on, asked.text, discovery.naming) if on is not None else Matrix.empty()
    return _facts(found, answer, sent, outside.now())


async def _within_limits(api: Api, asked: Rebuilt, at: float) -> None:
    """Asks how many series would be read before reading them."""
    parts = [f'label_replace(count({one}), "{ROW}", "{row}", "", "")' for row, one in enumerate(asked.selectors)]
    answer = await api.instant(f"sum({' or '.join(parts)})", at)
    count = number(answer.lines[0].pairs[0][1]) if answer.lines else 0.0
    if count > READ:
        raise QueryRejected(
            api.transport.source,
            f"the expression reads {count:,.0f} series, {READ:,} at most: add labels to its selectors",
        )


def _table(answer: Answer, on: Grid, text: str, naming: Naming) -> Matrix:
    keys: dict[SeriesKey, Line] = {}
    for line in answer.lines:
        keys.setdefault(_key(line, text, naming), line)
    values = np.stack([on_grid(line, on) for line in keys.values()]) if keys else np.empty((0, on.count))
    return Matrix(on.times, tuple(keys), values, text, answer.partial)


def _key(line: Line, text: str, naming: Naming) -> SeriesKey:
    labels = {name: clean(value) for name, value in sorted(line.labels.items())}
    name = labels.pop("__name__", "") or (text if len(text) <= NAMED else f"{text[:NAMED]}…")
    service = next((labels.pop(label) for label in naming.services if label in labels), "")
    instance = next((labels.pop(label) for label in naming.instances if label in labels), "")
    return SeriesKey(service, instance, name, "", tuple(labels.items()), text)


def _facts(found: Matrix, answer: Answer, question: Asked, now: float) -> tuple[Evidence, ...]:
    rows = _livelier(found, question.window)
    if not rows:
        return (nothing(question, f"The expression gives nothing in {span(question.window)}.", now),)
    shown = rows if len(rows) < SERIES + (not answer.partial) else rows[: SERIES - 1]
    facts: list[Evidence] = []
    for row in shown:
        key = found.keys[row]
        one = Matrix(found.times, (key,), found.values[row : row + 1])
        facts += series_facts(one, question, key.service, key.metric, now)
    if len(shown) < len(rows):
        more = f"{len(shown)} of {len(rows)} series shown, those that moved most; aggregate to see all."
        facts.append(rest(question, more, now))
    elif answer.partial:
        facts.append(rest(question, f"Not all of it: {answer.partial}", now))
    return tuple(facts)


def _livelier(found: Matrix, window: Window) -> Sequence[int]:
    """Rows that were measured in the window, those first that moved most of their own level."""
    inside = (found.times >= window.start) & (found.times <= window.end)
    held = [row for row in range(len(found.keys)) if np.isfinite(found.values[row, inside]).any()]

    def moved(row: int) -> float:
        values = found.values[row, inside]
        level = float(np.nanmedian(np.abs(values)))
        return float(np.nanmax(values) - np.nanmin(values)) / (level or 1.0)

    return sorted(held, key=lambda row: (-moved(row), found.keys[row].service, found.keys[row].labels))
