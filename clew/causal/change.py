"""Which change fits what broke: by content, by time, by place and by what its diff does."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from clew.causal.diff import hunks, risk
from clew.causal.meaning import words
from clew.causal.say import clock, several, short, within
from clew.evidence import Change
from clew.hypothesis import Clue

_DECAY = 5400.0
"""A change loses its nearness over 90 minutes, seconds."""
_TRIED = 86_400.0
"""A change that has run for so long without trouble is a third as suspect, seconds."""
_LATE = 60.0
"""The onset is known to about this, seconds: a change up to this much after it may still be the cause."""
_AROUND = 0.3
"""What a word of the title or of a path is worth, beside one that the diff altered: it tells the place, not the deed."""
_ANY_CODE = frozenset(("none", "null", "nil", "true", "false", "self", "this", "return", "handlers", "type"))
"""Words that any code holds: they count, but tell a person nothing."""
_WORD = re.compile(r"[A-Za-z][A-Za-z]{2,}")
_BENIGN = re.compile(
    r"\b(?:docs?|document\w*|typo|comment\w*|readme|format\w*|lint\w*|style|restyle|css|colou?r|palette|copy|wording|tests?|refactor\w*|"
    r"tidy|cleanup|clean|bump|changelog|ci|logging|log|metrics?|tooltip|icon|rename variable)\b",
    re.IGNORECASE,
)
_HARMLESS_PATH = re.compile(
    r"(?:\.(?:md|rst|txt|css|scss|svg|png)$)|(?:^|/)(?:docs?|documentation|tests?|\.[a-z]+|ci)/|(?:_test\.|\.test\.|/test_)"
)


class Fit(NamedTuple):
    """The parts of one change's amount, each 0..1; `late` is true for a change after the onset."""

    near: float
    fresh: float
    """What a day without trouble leaves of a suspicion."""
    content: float
    place: float
    risk: float
    benign: float
    late: bool
    at: float
    service: str | None
    does: str
    says: str

    @property
    def amount(self) -> float:
        """Blame, 0 or more: about 2 for a dangerous diff that fits the errors and the place."""
        if self.late:
            return 0.0
        # being near and in the right place convicts nobody whose diff is harmless and fits no error
        weight = min(1.0, 0.5 + self.risk + self.content)
        latent = self.fresh * (self.content + 1.2 * self.risk)
        return max(0.0, 0.5 * weight * (self.near + self.place) + latent - 0.4 * self.benign)


def change_clues(
    changes: Sequence[Change],
    errors: Sequence[str],
    usual: frozenset[str],
    onset: float | None,
    suspects: Mapping[str, float],
) -> tuple[Clue, ...]:
    """One clue of channel `change` per commit or config whose diff could be read, strongest first.

    `errors` are the templates of new errors, `usual` the words of ordinary log lines, `suspects` blame per service (any scale). A deploy
    lends its commit its time and its service. A change without a diff is never named.
    """
    fits = fitted(changes, errors, usual, onset, suspects)
    return tuple(
        Clue(
            channel="change",
            change=ref,
            service=fit.service,
            amount=round(fit.amount, 6),
            onset=fit.at,
            says=fit.says,
            detail=fit.does,
        )
        for ref, fit in sorted(fits.items(), key=lambda item: (-item[1].amount, item[0]))
    )


def fitted(
    changes: Sequence[Change],
    errors: Sequence[str],
    usual: frozenset[str],
    onset: float | None,
    suspects: Mapping[str, float],
) -> dict[str, Fit]:
    """How well each readable change fits."""
    deploys = _deploys(changes, onset)
    named = [c for c in changes if c.diff is not None and c.what in ("commit", "config", "deploy", "flag")]
    texts = {c.ref: _altered(c) for c in named}
    around = {c.ref: _terms(" ".join((c.title, " ".join(c.files)))) - texts[c.ref] for c in named}
    frequency = Counter(word for ref in texts for word in texts[ref] | around[ref])
    wanted = {w for text in errors for w in _terms(text)} - usual
    top = max(suspects.values(), default=0.0)
    out: dict[str, Fit] = {}
    for c in named:
        at, service = deploys.get(c.ref, (c.at, c.service))
        shared = texts[c.ref] & wanted
        content = sum(1.0 / frequency[w] for w in shared)
        content += _AROUND * sum(1.0 / frequency[w] for w in around[c.ref] & wanted)
        place = _place(c, service, suspects, top)
        danger = risk(c.diff or "")
        harmless = bool(c.files) and all(_HARMLESS_PATH.search(path) for path in c.files)
        near = 0.0 if onset is None else math.exp(-max(0.0, onset - at) / _DECAY)
        late = onset is not None and at > onset + _LATE
        benign = 1.0 if harmless else (0.5 if _BENIGN.search(c.title) else 0.0)
        does = "touched only texts, styles or tests" if harmless else danger.told(service)
        says = _says(c, at, onset, does, shared)
        out[c.ref] = Fit(
            near,
            1.0 if onset is None else math.exp(-max(0.0, onset - at) / _TRIED),
            content / (content + 1.5),
            place,
            danger.amount * (0.3 if harmless else 1.0),
            benign,
            late,
            at,
            service,
            does,
            says,
        )
    return out


def _deploys(changes: Sequence[Change], onset: float | None) -> dict[str, tuple[float, str | None]]:
    """Per commit: when and where it went live; the last deploy before the onset counts, else the first."""
    out: dict[str, tuple[float, str | None]] = {}
    for c in sorted(changes, key=lambda c: c.at):
        if c.commit is None:
            continue
        before = onset is None or c.at <= onset + _LATE
        if c.commit not in out or before:
            out[c.commit] = (c.at, c.service)
    return out


def _terms(text: str) -> set[str]:
    """Lower-case words of at least 3 letters, identifiers split too."""
    return {part for word in _WORD.findall(text) for part in (*words(word), word.lower()) if len(part) > 2}


def _altered(c: Change) -> set[str]:
    """Words that the diff took away or brought in: what stands on both sides was only moved, and breaks nothing."""
    parts = hunks(c.diff or "")
    gone = _terms(" ".join(line for part in parts for line in part.removed))
    new = _terms(" ".join(line for part in parts for line in part.added))
    return gone ^ new


def _place(c: Change, service: str | None, suspects: Mapping[str, float], top: float) -> float:
    """The blame of the place that the change touches, relative to the most blamed; a shared library touches everybody a little."""
    if top <= 0:
        return 0.0
    if service is not None and service in suspects:
        return suspects[service] / top
    have = {w for path in c.files for w in words(path)}
    best = 0.0
    for name, blame in suspects.items():
        own = {w for w in words(name) if w not in ("service", "svc", "ts", "aws")}
        joined = "".join(sorted(own))
        if own and (own <= have or any(part in joined or joined in part for part in have if len(part) > 4)):
            best = max(best, blame / top)
    return 0.8 * best


def _says(c: Change, at: float, onset: float | None, does: str, shared: set[str]) -> str:
    when = clock(at)
    if onset is not None:
        gap = onset - at
        distance = f"{abs(gap) / 60:.0f} min" if abs(gap) >= 90 else f"{abs(gap):.0f} s"
        when = f"{when}, {distance} {'before' if gap >= 0 else 'after'} the onset"
    telling = sorted(shared - _ANY_CODE)
    words_shared = f"; the new errors speak of {several(telling[:3])} too" if telling else ""
    return f"{named(c.what, c.ref)} {within(does, 90)} ({when}){words_shared}"


def named(what: str, ref: str) -> str:
    """`commit 4f2c1a9`."""
    return f"{what} {short(ref)}"
