"""Which errors did the services write before the trouble began, and which of now are news?"""

from collections import Counter

import numpy as np

from clew.causal.loudness import loud
from clew.causal.moment import Moment
from clew.causal.newerrors import LogClue
from clew.causal.template import templates
from clew.habit import HOUR, Habit, habit_id
from clew.tables import Bools, Floats, LogTable

_BEFORE = 600.0
"""Lines this near before the onset may belong to the trouble already."""
_LEAST = 900.0
"""Of less calm than this nothing is learned, seconds."""
_EACH = 50
"""Templates that one look may teach about one service, the most frequent first."""
_IN_ALL = 400


def calm_errors(lines: LogTable, normal: LogTable, moment: Moment, source: str) -> tuple[Habit, ...]:
    """Habits from the error lines of the calm before the onset and of the fault-free reference; none where no onset is known."""
    if moment.onset is None:
        return ()
    codes, names = templates(lines.messages + normal.messages)
    counts: Counter[tuple[str, int]] = Counter()
    seconds = 0.0
    for table, mine, calm in (
        (lines, codes[: len(lines)], lines.times < moment.onset - _BEFORE),
        (normal, codes[len(lines) :], np.ones(len(normal), dtype=np.bool_)),
    ):
        length = _length(table.times, calm)
        if length >= _LEAST:
            seconds += length
            chosen = calm & loud(table, mine, names)
            told = zip(table.service[chosen], mine[chosen], table.weights[chosen], strict=True)
            for service, code, weight in told:
                counts[table.services[service], int(code)] += int(weight)
    taught: Counter[str] = Counter()
    out: list[Habit] = []
    for (service, code), count in sorted(counts.items(), key=lambda item: (-item[1], item[0][0], names[item[0][1]])):
        taught[service] += 1
        if service and taught[service] <= _EACH and len(out) < _IN_ALL:
            out.append(_habit(source, service, names[code], moment.onset, count * HOUR / seconds))
    return tuple(out)


def news(found: tuple[LogClue, ...], moment: Moment, source: str) -> tuple[Habit, ...]:
    """The new errors of this incident, so that they are not taken for habits when they last."""
    if moment.onset is None:
        return ()
    fresh = (item for item in found if item.clue.channel == "new errors")
    return tuple(_habit(source, item.service, item.template, moment.onset) for item in fresh)


def _habit(source: str, service: str, template: str, onset: float, per_hour: float | None = None) -> Habit:
    told = Habit(id=habit_id(source, service, template), scope=habit_id(source, service), latest=onset)
    if per_hour is None:
        return told.model_copy(update={"trouble": onset})
    return told.model_copy(update={"calm": onset, "per_hour": per_hour, "looks": 1})


def _length(times: Floats, chosen: Bools) -> float:
    inside = times[chosen]
    return float(inside[-1] - inside[0]) if len(inside) else 0.0
