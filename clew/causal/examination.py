"""The five tests that a candidate is put to, each answered `passed`, `failed` or `can't tell`, with its reason in one plain sentence."""

import numpy as np

from clew.causal.blame import depths
from clew.causal.contrast import Contrast, contrast
from clew.causal.court import Court, Witness
from clew.causal.departure import swings
from clew.causal.label import FAILED, PASSED, UNKNOWN
from clew.causal.placebo import ENOUGH, Placebo, of_change, of_errors, of_signal
from clew.causal.ranking import Draft
from clew.causal.response import SAMPLES, Response
from clew.causal.say import clock, within
from clew.hypothesis import CauseKind, Confidence, Outcome, Trial
from clew.incident import Signal as Kind
from clew.tables import CallGraph

_LEEWAY = 2.5
"""Later by more than this many samples is later."""
_LIVE = 60.0
"""A change's own time is known to about this, seconds."""
_FOLLOWS = 180.0
"""The symptom goes within this of the suspect, seconds."""
_STAYS = 300.0
"""What goes on this long without the other goes on without it, seconds."""

_SWINGS = 0.15
"""A dose goes up and down by this part of the whole move, or there is only one dose."""


def order(court: Court, witness: Witness) -> Trial:
    """Did it begin before the symptom? Each is dated by its own series; closer than one sample is a tie."""
    felt, name = court.felt, "onset order"
    if witness.draft.cause.kind is CauseKind.CHANGE:
        return _live(court, witness.draft)
    if felt is None or not witness.moved:
        lacks = "when the symptom began is not known" if felt is None else "nothing dates its own beginning"
        return Trial(name=name, outcome=UNKNOWN, says=lacks)
    signal, course = min(witness.moved, key=lambda pair: pair[1].began)
    step = max(signal.step, court.symptom.step if court.symptom is not None else 60.0)
    gap = felt - course.began
    if gap > 0.9 * step:
        says = f"began first, at {clock(course.began)}; the symptom {_apart(gap)} later"
        return Trial(name=name, outcome=PASSED if court.symptom is not None else UNKNOWN, says=says)
    if -gap > _LEEWAY * step + 5.0:
        says = f"began at {clock(course.began)}, {_apart(-gap)} after the symptom"
        return Trial(name=name, outcome=FAILED, says=says)
    says = f"began together with the symptom, at {clock(course.began)}: samples are {step:.0f} s apart"
    return Trial(name=name, outcome=UNKNOWN, says=says)


def _live(court: Court, draft: Draft) -> Trial:
    at = next(
        (c.onset for c in (*draft.support, *draft.against) if c.channel == "change" and c.onset is not None), None
    )
    if at is None or court.felt is None:
        return Trial(name="onset order", outcome=UNKNOWN, says="its time or the symptom's is not known")
    gap = court.felt - at
    if gap < -_LIVE:
        return Trial(
            name="onset order", outcome=FAILED, says=f"went live at {clock(at)}, {_apart(-gap)} after the symptom"
        )
    when = f"{_apart(gap)} before the symptom" if gap > 0 else "as the symptom began"
    return Trial(name="onset order", outcome=PASSED, says=f"went live at {clock(at)}, {when}")


def _apart(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def path(court: Court, draft: Draft) -> Trial:
    """Does a chain of calls lead from the service that the alert names to it? Trouble travels up the calls, from callee to caller."""
    if draft.cause.kind is CauseKind.TRAFFIC:
        return Trial(name="path", outcome=PASSED, says="traffic comes in at the front door")
    graph, start, goal = court.scene.tables.graph, court.scene.symptom.service, draft.cause.service
    if draft.cause.kind is CauseKind.EXTERNAL and goal and not _knows(graph, goal):
        goal = next((c.detail for c in draft.support if c.channel == "external"), goal)
    if not goal:
        return Trial(name="path", outcome=UNKNOWN, says="which service it touches is not known")
    if goal == start:
        return Trial(name="path", outcome=PASSED, says="it is the service that the alert names")
    if not start or not _knows(graph, start):
        why = "the alert names no service" if not start else f"who {start} calls is not known"
        return Trial(name="path", outcome=UNKNOWN, says=why)
    if not _knows(graph, goal):
        return Trial(name="path", outcome=UNKNOWN, says=f"who calls {goal} is not known")
    if goal in depths(graph, start):
        return Trial(name="path", outcome=PASSED, says=f"on the path {_way(graph, start, goal)}")
    if start in depths(graph, goal):
        return Trial(
            name="path", outcome=FAILED, says=f"it calls {start} ({_way(graph, goal, start)}), not the other way round"
        )
    return Trial(name="path", outcome=FAILED, says=f"no calls lead from {start} to {goal}")


def _knows(graph: CallGraph, service: str) -> bool:
    return any(service in edge for edge in graph.edges)


def _way(graph: CallGraph, start: str, goal: str) -> str:
    """`web → cart → db`: one shortest way, the first in order of names."""
    far = depths(graph, start)
    way = [goal]
    while way[0] != start:
        way.insert(0, min(a for a, b in graph.edges if b == way[0] and far.get(a, 1 << 30) == far[way[0]] - 1))
    shown = way if len(way) <= 4 else [way[0], "…", *way[-2:]]
    return within(" → ".join(shown), 80)


def doses(court: Court, witness: Witness, found: Response | None) -> Trial:
    """Does more of it mean more of the symptom: request by request where there are traces, else sample by sample?"""
    name, seen = "dose-response", court.symptom.name if court.symptom is not None else "the symptom"
    between = _requests(court, witness.draft)
    if between is not None and between.firm:
        return Trial(name=name, outcome=PASSED, says=_compared(between, witness.draft, court))
    if found is not None and found.firm:
        return Trial(name=name, outcome=PASSED, says=f"tracks {seen} (rank correlation {found.rho:.2f})")
    if between is not None and between.absent:
        return Trial(name=name, outcome=FAILED, says=_compared(between, witness.draft, court))
    if found is not None and found.absent and _dosed(court, witness):
        return Trial(name=name, outcome=FAILED, says=f"does not track {seen} (rank correlation {found.rho:.2f})")
    if witness.draft.cause.kind is CauseKind.CHANGE and witness.signals and not witness.moved:
        steady = [s for s in witness.signals if np.isfinite(s.values[s.times < court.scene.moment.start]).sum() >= 5]
        if steady:
            says = f"nothing that was measured of {witness.draft.cause.service} moved"
            return Trial(name=name, outcome=FAILED, says=says)
    return Trial(name=name, outcome=UNKNOWN, says=_short(court, witness, found))


def _dosed(court: Court, witness: Witness) -> bool:
    """True if both went up and down enough for a response to be seen: two steps that stay up show none."""
    moment = court.scene.moment
    since = max(at for at in (court.felt, witness.began, moment.start) if at is not None)
    mine = max((swings(signal, moment, since) for signal in witness.signals), default=0.0)
    return court.symptom is not None and min(mine, swings(court.symptom, moment, since)) >= _SWINGS


def _short(court: Court, witness: Witness, found: Response | None) -> str:
    if court.symptom is None:
        return "the symptom itself was not measured"
    if not witness.signals:
        return "it has no series of its own to compare"
    if found is None:
        return f"fewer than {SAMPLES} common samples with {court.symptom.name}"
    if found.absent:
        return "it stayed up as one step: no second dose to compare"
    return f"rank correlation {found.rho:.2f} over {found.samples} samples: may be chance"


def _requests(court: Court, draft: Draft) -> Contrast | None:
    tables, service = court.scene.tables, draft.cause.service
    if not service or service == court.scene.symptom.service:
        return None
    during = tables.spans.start >= court.scene.moment.start - 60.0
    failed = court.scene.symptom.signal in (Kind.ERRORS, Kind.AVAILABILITY)
    found = contrast(tables.spans, tables.normal_spans, service, during, failed=failed)
    return (
        found
        if found is not None or not failed
        else contrast(tables.spans, tables.normal_spans, service, during, failed=False)
    )


def _compared(found: Contrast, draft: Draft, court: Court) -> str:
    failed = court.scene.symptom.signal in (Kind.ERRORS, Kind.AVAILABILITY)
    did, went = ("failed", "failed") if failed else ("was slow", "were slow")
    one, two = f"{100 * found.exposed:.0f} %", f"{100 * found.others:.0f} %"
    return f"where {draft.cause.service} {did} {one} of requests {went}, elsewhere {two}"


def disappearance(court: Court, witness: Witness) -> Trial:
    """When it went away, did the symptom go too? Silence of logs is not taken for recovery."""
    name, until = "disappearance", court.scene.until
    told = [(s, c) for s, c in witness.moved if not s.metric.startswith("lines:")]
    if court.symptom is None or not told:
        return Trial(name=name, outcome=UNKNOWN, says="nothing shows when it went away")
    signal, course = told[0]
    grace = max(_FOLLOWS, 2 * max(signal.step, court.symptom.step))
    stays = max(_STAYS, 3 * max(signal.step, court.symptom.step))
    ended, over = course.ended, court.over
    if ended is None and over is None:
        return Trial(name=name, outcome=UNKNOWN, says="it has not gone away yet")
    if ended is not None and over is not None and abs(over - ended) <= grace:
        return Trial(name=name, outcome=PASSED, says=f"went away at {clock(ended)}, and the symptom with it")
    if ended is not None and (over or until) > ended + stays:
        says = f"was over at {clock(ended)}, and the symptom went on"
        return Trial(name=name, outcome=FAILED, says=says)
    if over is not None and (ended or until) > over + stays:
        return Trial(name=name, outcome=FAILED, says=f"went on when the symptom was over at {clock(over)}")
    return Trial(name=name, outcome=UNKNOWN, says="too little time has passed since it went away")


def content(draft: Draft) -> tuple[Trial, ...]:
    """Of a change: does what it did fit what broke? Read from its diff by `clew.causal.change`; a late one is not asked."""
    fit = next((c for c in (*draft.support, *draft.against) if c.channel == "change"), None)
    if draft.cause.kind is not CauseKind.CHANGE or fit is None:
        return ()
    out = draft.confidence is Confidence.RULED_OUT
    if out and " after the onset" in draft.ruled_out:
        return ()
    does = fit.detail.split(": “")[0]
    says = f"it {does}, which fits nothing that broke" if out else f"it {does}, which fits what broke"
    return (Trial(name="content", outcome=FAILED if out else PASSED, says=within(says, 160)),)


def placebo(court: Court, witness: Witness) -> Trial:
    """How often does the same test fire in windows and on services where nothing happened?"""
    draft, scene = witness.draft, court.scene
    found: Placebo | None = None
    what = "a shift as strong"
    if draft.cause.kind is CauseKind.CHANGE:
        at = next(
            (c.onset for c in (*draft.support, *draft.against) if c.channel == "change" and c.onset is not None), None
        )
        if at is not None and court.felt is not None:
            found = of_change(
                scene.tables.changes.changes, draft.cause.change or "", at, court.felt, scene.moment.window.start
            )
            what = "something goes live as close"
    elif witness.moved:
        signal, course = max(
            witness.moved, key=lambda pair: (not pair[0].metric.startswith("lines:"), pair[1].strength)
        )
        if signal.metric.startswith("lines:"):
            found = of_errors(scene.tables.lines, scene.tables.normal_lines, scene.moment)
            what = "a new error of any kind"
        else:
            found = of_signal(scene, signal, course.began)
    return _rated(found, what)


def _rated(found: Placebo | None, what: str) -> Trial:
    if found is None or found.windows < ENOUGH:
        count = found.windows if found is not None else 0
        says = f"{count or 'no'} quiet window{'' if count == 1 else 's'} to compare with: too few"
        return Trial(name="placebo", outcome=UNKNOWN, says=says)
    rate = f"the same test fires in {found.fired} of {found.windows} quiet windows ({what})"
    outcome: Outcome = PASSED if found.rare else FAILED if found.often else UNKNOWN
    return Trial(name="placebo", outcome=outcome, says=rate)
