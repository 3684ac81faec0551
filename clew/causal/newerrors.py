"""Which errors are new, and who erred first."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from clew.causal.loudness import loud
from clew.causal.moment import Moment
from clew.causal.say import clock, gist, seen, within
from clew.causal.template import templates
from clew.hypothesis import Clue
from clew.tables import Bools, Floats, Ints, LogTable

_EARLY = 150.0
"""An error may precede the estimated onset by this much where a fault-free reference exists, seconds."""
_PRIOR = 4.0
"""n errors count n / (n + this): one stray line is little, a stream is one."""
_STRAY = 0.05
"""A template is new if at most this share of its lines was usual: one early stray does not make it old."""
_SWITCH = 15.0
"""A message that goes and one that comes within so many seconds are one, worded anew."""
_WORDS_KEPT = 400
_CLUES_KEPT = 40


@dataclass(frozen=True, slots=True)
class LogClue:
    """A clue and the lines it was read from. `rows` are sample rows of the table; times in Unix seconds."""

    clue: Clue
    service: str
    severity: str
    template: str
    count: int
    usual: int
    first: float | None
    last: float | None
    rows: tuple[int, ...]


class _Marked(NamedTuple):
    codes: Ints
    names: tuple[str, ...]
    loud: Bools
    during: Bools
    reference: Ints
    """Template of each reference line."""
    usual: Floats
    """Lines of each template in the reference, scaled to the length of the incident."""


def log_clues(lines: LogTable, normal: LogTable, moment: Moment) -> tuple[LogClue, ...]:
    """All clues of the logs, strongest first: one per service and new error template, at most 40.

    Channels: `new errors` (amount: the share n / (n + 4) of traces in which this service erred first), `gone` (a usual template that
    vanished, 0..1), and one `vocabulary` whose detail lists the words of ordinary lines, for comparing changes with errors.
    """
    if not len(lines):
        return ()
    marked = _marked(lines, normal, moment)
    found = [*_new(lines, marked), *_gone(lines, normal, marked, moment)]
    found.sort(key=lambda c: (-c.clue.amount, c.clue.channel, c.service, c.template))
    own = LogClue(seen(lines.services, "logs"), "", "", "", 0, 0, None, None, ())
    return (*found[:_CLUES_KEPT], *_vocabulary(lines, normal, marked), own)


def _marked(lines: LogTable, normal: LogTable, moment: Moment) -> _Marked:
    codes, names = templates(lines.messages + normal.messages)
    mine, others = codes[: len(lines)], codes[len(lines) :]
    if len(normal):
        during = lines.times >= moment.start - _EARLY
        usual = np.bincount(others, normal.weights, minlength=len(names)).astype(np.float64)
        usual *= _length(lines.times[during]) / _length(normal.times)
    else:
        during = lines.times >= moment.start - (30.0 if moment.onset is not None else _EARLY)
        usual = np.bincount(mine[~during], lines.weights[~during], minlength=len(names)).astype(np.float64)
        usual *= _length(lines.times[during]) / _length(lines.times[~during])
    return _Marked(mine, names, loud(lines, mine, names), during, others, usual)


def _length(times: Floats) -> float:
    return float(max(1.0, times[-1] - times[0])) if len(times) else 1.0


def _new(lines: LogTable, marked: _Marked) -> list[LogClue]:
    now = np.bincount(marked.codes[marked.during], lines.weights[marked.during], minlength=len(marked.names))
    fresh = marked.during & marked.loud & (marked.usual <= _STRAY * now)[marked.codes]
    rows, weights = np.flatnonzero(fresh), lines.weights
    first_in_trace: dict[int, int] = {}
    for row in rows:
        trace = int(lines.trace[row])
        if trace >= 0:
            first_in_trace.setdefault(trace, int(row))
    groups: dict[tuple[int, int], list[int]] = {}
    for row in rows:
        groups.setdefault((int(lines.service[row]), int(marked.codes[row])), []).append(int(row))
    out: list[LogClue] = []
    for (service, code), members in groups.items():
        led = sum(int(weights[row]) for row in members if first_in_trace.get(int(lines.trace[row]), row) == row)
        out.append(_error_clue(lines, marked, service, code, members, led))
    return out


def _error_clue(lines: LogTable, marked: _Marked, service: int, code: int, rows: list[int], led: int) -> LogClue:  # noqa: PLR0917
    who, template, count = lines.services[service], marked.names[code], int(lines.weights[rows].sum())
    first, last = float(lines.times[rows[0]]), float(lines.times[rows[-1]])
    short = within(gist(template), 70)
    says = f"new error in {who or 'a status feed'}: “{short}” 0 → {count} lines from {clock(first)}"
    clue = Clue(
        channel="new errors" if who else "status feed",
        service=who or None,
        amount=round(led / (led + _PRIOR), 6),
        onset=first,
        says=says,
        detail=template[:400],
    )
    return LogClue(
        clue, who, lines.severities[int(lines.severity[rows[0]])], template, count, 0, first, last, tuple(rows[:5])
    )


def _gone(lines: LogTable, normal: LogTable, marked: _Marked, moment: Moment) -> list[LogClue]:
    """Templates that were usual (8 or more lines expected) and are not written any more, nor in other words."""
    now = np.bincount(marked.codes[marked.during], lines.weights[marked.during], len(marked.names)).astype(np.float64)
    out: list[LogClue] = []
    owners = _owners(lines, normal, marked)
    for code in np.flatnonzero((marked.usual >= 8) & (now == 0)):
        who, severity = owners.get(int(code), ("", ""))
        if _reworded(lines, marked, int(code), now):
            continue
        usual = round(float(marked.usual[code]))
        short = within(gist(marked.names[code]), 60)
        says = f"{who} no longer logs “{short}”: {usual} → 0 lines"
        amount = round(usual / (usual + 20.0), 6)
        clue = Clue(
            channel="gone",
            service=who or None,
            amount=amount,
            onset=moment.onset,
            says=says,
            detail=marked.names[code][:400],
        )
        out.append(LogClue(clue, who, severity, marked.names[code], 0, usual, None, None, ()))
    return [found for found in out if found.service]


def _reworded(lines: LogTable, marked: _Marked, code: int, now: Floats) -> bool:
    """Another message of the service took its place: it came when this one went, and comes at least half as often.

    A release that words a line anew does not stop the work that the line speaks of.
    """
    mine = np.flatnonzero(marked.codes == code)
    if not len(mine):
        return False
    last, service = float(lines.times[mine[-1]]), int(lines.service[mine[-1]])
    pace = 3.0 * (last - float(lines.times[mine[0]])) / len(mine)
    same = np.flatnonzero((lines.service == service) & ~marked.loud)
    others, first = np.unique(marked.codes[same], return_index=True)
    came = np.abs(lines.times[same[first]] - last) <= max(_SWITCH, pace)
    return bool(np.any(came & (now[others] >= 0.5 * marked.usual[code])))


def _owners(lines: LogTable, normal: LogTable, marked: _Marked) -> dict[int, tuple[str, str]]:
    """Service and severity of the first line of each template."""
    owners: dict[int, tuple[str, str]] = {}
    for table, codes in ((lines, marked.codes), (normal, marked.reference)):
        for code, row in zip(*np.unique(codes, return_index=True), strict=True):
            owners.setdefault(int(code), (table.services[table.service[row]], table.severities[table.severity[row]]))
    return owners


def _vocabulary(lines: LogTable, normal: LogTable, marked: _Marked) -> tuple[LogClue, ...]:
    """The words of ordinary lines, most frequent first.

    Lines from before the trouble alone, where there are any: whoever can make the system log could otherwise quote the new
    error in harmless lines, and so make its words look ordinary.
    """
    common: Counter[str] = Counter()
    earlier = ~marked.loud & ~marked.during if len(lines) else np.zeros(0, dtype=np.bool_)
    calm = earlier if earlier.any() else ~marked.loud
    quiet = {int(code) for code in np.unique(marked.codes[calm])} if len(lines) else set[int]()
    for code in quiet:
        common.update(set(re.findall(r"[A-Za-z]{3,}", marked.names[code].lower())))
    if not common:
        return ()
    words = " ".join(sorted(word for word, _ in sorted(common.items(), key=lambda w: (-w[1], w[0]))[:_WORDS_KEPT]))
    clue = Clue(channel="vocabulary", amount=0.0, says="words of ordinary log lines", detail=words)
    return (LogClue(clue, "", "", "", 0, 0, None, None, ()),)
