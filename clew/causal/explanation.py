"""How does each candidate come to its weight: the whole sum, laid open so that a person can check it by hand."""

from collections.abc import Sequence
from typing import NamedTuple

from clew.causal.blame import blamed, callees, passes_through, reached, shifted
from clew.causal.change import Fit, fitted
from clew.causal.confidence import BAR, UNFELT
from clew.causal.draft import Case
from clew.causal.priors import Priors
from clew.causal.ranking import Draft, Ranking
from clew.causal.weigh import CHANNELS, QUIET, strongest
from clew.frozen import Frozen
from clew.hypothesis import Cause, Confidence, Effect, Gap, Label, Outcome, Trial

SIGNALS = ("latency", "errors", "requests")
CHANGES = 5
FIT = "0.5 * min(1, 0.5 + risk + content) * (near + place) + fresh * (content + 1.2 * risk) - 0.4 * benign"
"""How the parts of a change make its amount, at least 0; a change after the onset has none. A test holds it to `Fit.amount`."""


class Summand(Frozen):
    """One term of a sum: `value` is `amount` times `worth` where the term is a clue, and stands by itself where `worth` is None."""

    name: str
    value: float
    amount: float | None = None
    worth: float | None = None
    says: str


class Moved(Frozen):
    """What the calls make of one signal of one service: its own amount less what its worst callee explains, then damped."""

    signal: str
    own: float
    callee: str = ""
    below: float = 0.0
    """The amount of the same signal at `callee`."""
    shifted: float
    """What is left after the callee's part is taken off."""
    reached: bool
    """Whether a chain of calls with trouble joins it with the symptom's service."""
    passes: bool
    """Whether it only forwards (a balancer, a client's side)."""
    left: float
    """What counts in the end, damped where it is not reached or only forwards."""


class Matched(Frozen):
    """One change and the parts of its amount, by the names that `FIT` uses."""

    ref: str
    service: str | None = None
    parts: tuple[tuple[str, float], ...]
    late: bool
    tested: float
    """What a natural experiment added to or took from what the parts come to."""
    amount: float
    says: str


class Candidate(Frozen):
    """One explanation with everything that made its weight and its word."""

    key: str
    cause: Cause
    title: str
    confidence: Confidence
    weight: float
    terms: tuple[Summand, ...]
    moved: tuple[Moved, ...] = ()
    label: Label | None = None
    trials: tuple[Trial, ...] = ()
    effect: Effect | None = None
    forecast: Effect | None = None
    odds: float | None = None
    reason: str = ""
    """Why it is ruled out, if it is."""

    @property
    def total(self) -> float:
        """The sum of the terms: equal to `weight`."""
        return sum(term.value for term in self.terms)


class Explanation(Frozen):
    """The whole reckoning of one incident. Times in Unix seconds; amounts and weights without a unit."""

    verdict: str
    headline: str
    onset: float | None
    alerted_at: float
    bar: float
    """What a candidate must weigh to be named at all."""
    unfelt: float
    """The same where metrics alone speak, and nothing that the alert speaks of was seen to move."""
    candidates: tuple[Candidate, ...]
    ruled_out: tuple[Candidate, ...] = ()
    changes: tuple[Matched, ...] = ()
    none: float = 0.0
    """What a change must beat: the standing candidate that no change is to blame."""
    none_says: str = ""
    unjudged: tuple[str, ...] = ()


class Made(NamedTuple):
    """A ranking, what it was made from, and what could not be looked at."""

    ranking: Ranking
    case: Case
    alerted_at: float
    gaps: tuple[Gap, ...] = ()


def explained(made: Made, priors: Priors | None = None, top: int = 3) -> Explanation:
    """The reckoning of the first `top` candidates. Pure; computes nothing new: every number is one that the ranking was made from."""
    ranking, case = made.ranking, made.case
    priors = priors or Priors()
    told = [_candidate(draft, case, priors) for draft in ranking.drafts]
    open_ = [c for c in told if c.confidence is not Confidence.RULED_OUT]
    return Explanation(
        verdict=ranking.verdict.value,
        headline=ranking.headline,
        onset=ranking.onset,
        alerted_at=made.alerted_at,
        bar=BAR,
        unfelt=UNFELT,
        candidates=tuple(open_[:top]),
        ruled_out=tuple(c for c in told if c.confidence is Confidence.RULED_OUT),
        changes=_matched(case),
        none=case.none.amount,
        none_says=case.none.says,
        unjudged=_unjudged(made, open_[:top]),
    )


def _candidate(draft: Draft, case: Case, priors: Priors) -> Candidate:
    return Candidate(
        key=draft.key,
        cause=draft.cause,
        title=draft.title,
        confidence=draft.confidence,
        weight=draft.weight,
        terms=tuple(_summand(t.name, t.value, t.says, priors) for t in draft.why),
        moved=_moved(draft.cause.service, case, priors) if draft.why else (),
        label=draft.label,
        trials=draft.trials,
        effect=draft.effect,
        forecast=draft.forecast,
        odds=draft.odds,
        reason=draft.ruled_out,
    )


def _summand(name: str, value: float, says: str, priors: Priors) -> Summand:
    worth = priors.weights.worth(name) if name in (*CHANNELS, "call graph") else None
    amount = value / worth if worth else None
    return Summand(name=name, value=value, amount=amount, worth=worth, says=says)


def _moved(service: str | None, case: Case, priors: Priors) -> tuple[Moved, ...]:
    """The service's latency, errors and requests as the calls left them; only those that are off."""
    if not service:
        return ()
    best, weights = strongest(case.clues, case.symptom.service), priors.weights
    below = sorted(callees(case.graph).get(service, ()))
    out: list[Moved] = []
    for signal in SIGNALS:
        amounts = {
            name: clue.amount for (channel, name), clue in best.items() if channel == signal and clue.amount > QUIET
        }
        own = amounts.get(service, 0.0)
        if own <= 0:
            continue
        worst = max(((amounts.get(name, 0.0), name) for name in below), default=(0.0, ""))
        out.append(
            Moved(
                signal=signal,
                own=own,
                callee=worst[1] if worst[0] > 0 else "",
                below=worst[0],
                shifted=shifted(amounts, case.graph, weights.shifted)[service],
                reached=service in reached(amounts, case.graph, case.symptom.service),
                passes=passes_through(service),
                left=blamed(amounts, case.graph, case.symptom.service, weights).get(service, 0.0),
            )
        )
    return tuple(out)


def _matched(case: Case) -> tuple[Matched, ...]:
    """The changes that fit best, with the parts of their amounts."""
    errors = tuple(c.detail for c in case.clues if c.channel == "new errors" and c.amount > 0)
    usual = frozenset(w for c in case.clues if c.channel == "vocabulary" for w in c.detail.split())
    fits = fitted(case.changes, errors, usual, case.onset, case.weighed.sums)
    return tuple(
        Matched(
            ref=clue.change,
            service=clue.service,
            parts=_parts(fits[clue.change]),
            late=fits[clue.change].late,
            tested=round(clue.amount - fits[clue.change].amount, 5) + 0.0,
            amount=clue.amount,
            says=clue.says,
        )
        for clue in case.fits[:CHANGES]
        if clue.change in fits
    )


def _parts(fit: Fit) -> tuple[tuple[str, float], ...]:
    return tuple(
        (name, float(value))
        for name, value in zip(fit._fields, fit, strict=True)
        if isinstance(value, float) and name != "at"
    )


def _unjudged(made: Made, candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """What could not be looked at, and which tests had too little to go by."""
    case = made.case
    out = [
        f"{gap.source}: {gap.reason}; {gap.effect}" if gap.effect else f"{gap.source}: {gap.reason}"
        for gap in made.gaps
    ]
    told = {gap.source for gap in made.gaps}
    seen = {c.says for c in case.clues if c.channel == "seen"}
    out += [
        f"no {kind} in the window: {effect}"
        for kind, effect in (
            ("metrics", "levels and their change are not known"),
            ("logs", "new errors could not be looked for"),
            ("spans", "time inside a service and on the way between two is not known"),
        )
        if kind not in told and not any(says.endswith(kind) for says in seen)
    ]
    if not case.graph.edges and not told & {"call graph", "services"}:
        out.append("no call graph: blame could not be moved from callers to what they call")
    if not case.changes and "changes" not in told:
        out.append("no changes in the window: none can be named or cleared")
    elif case.changes and not case.fits:
        out.append("no change could be read: none can be named")
    if case.onset is None:
        out.append("no onset: nothing near the alert moved together, so timing could not be judged")
    for candidate in candidates:
        names = ", ".join(t.name for t in candidate.trials if t.outcome is Outcome.UNKNOWN)
        out += [f"{candidate.title}: {names}"] if names else []
    return tuple(dict.fromkeys(out))
