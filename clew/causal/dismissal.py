"""Why is everything else no cause: what was ruled out, explained by the best, or too weak to name."""

from collections.abc import Sequence

from clew.causal.blame import callees
from clew.causal.change import named
from clew.causal.draft import SUFFERS, Case
from clew.causal.ranking import Draft
from clew.causal.say import clock, within
from clew.causal.title import LIMIT
from clew.causal.traffic import surge
from clew.hypothesis import Cause, CauseKind, Clue, Confidence

_MOST = 6


def dismissed(
    case: Case, left: Sequence[Draft], explained: Sequence[tuple[Draft, str]], below: Sequence[Draft]
) -> tuple[Draft, ...]:
    """What was looked at and is no cause, each with its reason; at most six.

    `explained` are drafts with the service that explains them. `below` are drafts that do not clear the bar: told where nothing does.
    """
    best, keys = next(iter(left), None), {draft.key for draft in left}
    out = [*_flat_traffic(case), *_other_changes(case, keys)]
    weak = [] if best else sorted(below, key=lambda d: (-d.weight, d.key))
    at = best.cause.service if best is not None else None
    followers = [draft.cause.service or "" for draft, _ in explained]
    if at is not None and best is not None and best.confidence is Confidence.LIKELY:
        followers += [n for n in case.callers(at) if case.weighed.raw.get(n, 0.0) > SUFFERS]
    taken = {key.removeprefix("service:") for key in keys}
    for name in list(dict.fromkeys(name for name in followers if name and name not in taken))[:3]:
        out.append(_follower(case, name, at or ""))
    return (*out, *(_too_weak(draft) for draft in weak[:2]))[:_MOST]


def _flat_traffic(case: Case) -> list[Draft]:
    clue = surge(case.clues)
    if clue is None or clue.amount > 0:
        return []
    return [
        _ruled_out(
            "traffic",
            Cause(kind=CauseKind.TRAFFIC),
            "A surge of traffic",
            clue.says.replace("traffic was flat: ", "it stayed flat: "),
            (clue,),
        )
    ]


def _other_changes(case: Case, open_keys: set[str]) -> list[Draft]:
    """Changes close to the onset that are not to blame: too late, or their diff fits nothing."""
    if case.onset is None:
        return []
    out: list[Draft] = []
    for fit in sorted(case.fits, key=lambda f: (abs((f.onset or 0.0) - (case.onset or 0.0)), f.change or "")):
        at = fit.onset or 0.0
        if f"change:{fit.change}" in open_keys or abs(at - case.onset) > 1800 or len(out) == 3:
            continue
        late = at > case.onset + 60.0
        if late and case.symptom.service and fit.service not in (None, case.symptom.service) and out:
            continue
        if not late and fit.amount > case.none.amount:
            continue
        reason = (
            f"it went live at {clock(at)}, after the onset at {clock(case.onset)}"
            if late
            else f"it {fit.detail.split(': “')[0]}, which fits nothing that broke"
        )
        cause = Cause(kind=CauseKind.CHANGE, service=fit.service, change=fit.change)
        change = case.change(fit.change)
        title = named(change.what if change else "change", fit.change or "")
        out.append(_ruled_out(f"change:{fit.change}", cause, title, reason, (fit,)))
    return out


def _follower(case: Case, name: str, culprit: str) -> Draft:
    """A service that looks bad because something that it depends on is bad."""
    direct = culprit in callees(case.graph).get(name, ())
    clue = next((c for c in case.of(name) if c.channel in ("latency", "errors")), None)
    return _ruled_out(
        f"service:{name}",
        Cause(kind=CauseKind.SERVICE, service=name),
        name,
        f"explained by {culprit}, which it {'calls' if direct else 'depends on through others'}",
        (clue,) if clue else (),
    )


def _ruled_out(key: str, cause: Cause, title: str, reason: str, against: tuple[Clue, ...]) -> Draft:
    return Draft(
        key=key,
        cause=cause,
        title=within(title, LIMIT),
        confidence=Confidence.RULED_OUT,
        weight=0.0,
        against=against,
        ruled_out=within(reason, 200),
    )


def _too_weak(draft: Draft) -> Draft:
    says = draft.support[0].says if draft.support else "little"
    title = draft.cause.service or draft.title
    update = {
        "title": within(title, LIMIT),
        "confidence": Confidence.RULED_OUT,
        "ruled_out": within(f"too little speaks for it: only {says}", 200),
    }
    return draft.model_copy(update={**update, "support": (), "against": draft.support[:1]})
