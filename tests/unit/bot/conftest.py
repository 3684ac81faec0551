"""One invented incident in every state that people can meet it in."""

from dataclasses import dataclass

import pytest

from bot.card import Card
from bot.card_private import catchup, help_card, notice, status
from bot.cards import card
from bot.slack.forms import ask_form, new_form, reject_form
from bot.slack.home import home
from bot.slack.ids import Target
from bot.slack.scopes import SCOPES
from bot.slack.shapes import Home, Modal
from bot.slack.windows import copy_window, evidence_window, fix_window, queries_window, voters_window, why_window
from clew.evidence import Asked, Call, Change, Evidence, Lines, Mark, Note, Sample, Series, evidence
from clew.feedback import Ballot, RejectReason, Vote
from clew.hypothesis import (
    Began,
    Cause,
    CauseKind,
    Claim,
    Confidence,
    Effect,
    Gap,
    Hypothesis,
    Label,
    Outcome,
    Report,
    Term,
    Timeline,
    Trial,
    Verdict,
)
from clew.incident import Incident, Thread, Window
from clew.ports import Health
from clew.progress import (
    Answer,
    HypothesisView,
    Numbered,
    Progress,
    RuledOutView,
    RunState,
    Step,
    StepState,
    TimelineView,
    View,
)

START = 1_795_372_200.0  # 2026-11-22 18:30:00 UTC
WINDOW = Window(start=START - 1800, end=START + 1800, reason="around the alert")


def _asked(source: str, method: str, query: str) -> Asked:
    return Asked(
        source=source, call=Call(method=method, arguments=(("service", "checkout"),)), query=query, window=WINDOW
    )


def latency() -> Series:
    times = tuple(WINDOW.start + 10 * i for i in range(361))
    onset = START + 400
    values = tuple(
        None if 60 < i < 70 else (0.118 + 0.004 * ((i * 7) % 5) if t < onset else 0.51 + 0.02 * ((i * 3) % 7))
        for i, t in enumerate(times)
    )
    return Series(
        name="latency p99",
        service="checkout",
        unit="s",
        times=times,
        values=values,
        normal=0.12,
        before=0.118,
        after=0.51,
        onset=onset,
        marks=(Mark(at=START + 280, label="deploy 4f2c1a"),),
    )


def spread() -> Timeline:
    """The pool of checkout runs dry, and web feels it half a minute later."""
    return Timeline(
        rows=(
            Began(service="web", depth=0, onset=START + 430, amount=0.3, label=Label.SYMPTOM),
            Began(service="checkout", depth=1, onset=START + 400, amount=1.0, label=Label.CAUSE, leading=True),
            Began(service="catalog", depth=1),
        ),
        edges=(("web", "catalog"), ("web", "checkout")),
        marks=(Mark(at=START + 280, label="deploy 4f2c1a checkout"),),
        onset=START + 400,
        alerted_at=START + 480,
    )


@dataclass(frozen=True)
class Samples:
    """Facts and views of the invented incident."""

    incident: Incident
    facts: tuple[Numbered, ...]
    pool: Hypothesis
    replica: Hypothesis
    surge: Hypothesis
    views: dict[str, View]


def _facts() -> tuple[Numbered, ...]:
    found: list[Evidence] = [
        evidence(
            _asked("prometheus", "series", 'histogram_quantile(0.99, rate(latency_bucket{service="checkout"}[1m]))'),
            latency(),
            "checkout p99 118 → 510 ms, starts 18:36:40 UTC",
            taken_at=START + 500,
            link="https://metrics.example/graph?expr=p99&from=18",
        ),
        evidence(
            _asked("opensearch", "search", 'service:checkout AND "pool exhausted"'),
            Lines(
                service="checkout",
                severity="ERROR",
                template="pool exhausted after <*> ms",
                count=1240,
                usual=0,
                first=START + 402,
                last=START + 900,
                samples=(
                    Sample(at=START + 402, text="pool exhausted after 5000 ms <!channel> `rm -rf`", trace="a1b2c3"),
                    Sample(at=START + 410, text="pool exhausted after 5001 ms"),
                ),
            ),
            '"pool exhausted" 0 → 1,240 per min',
            taken_at=START + 500,
        ),
        evidence(
            _asked("git", "changes", "git log --since=18:00"),
            Change(
                ref="4f2c1a",
                what="commit",
                at=START + 280,
                service="checkout",
                author="lee",
                title="Tidy database settings",
                files=("config/db.yaml",),
                diff="--- a/config/db.yaml\n+++ b/config/db.yaml\n@@ -1,3 +1,3 @@\n pool:\n-  max: 50\n+  max: 5\n",
            ),
            "4f2c1a config/db.yaml  max: 50 → 5",
            taken_at=START + 500,
            link="https://git.example/checkout/commit/4f2c1a",
        ),
        evidence(
            _asked("prometheus", "series", "replica_lag_seconds"),
            Note(text="replica lag 2.1 s, starts 18:41 UTC (after)", service="db-3"),
            "replica lag 2.1 s, starts 18:41 UTC (after)",
            taken_at=START + 500,
        ),
    ]
    return tuple(Numbered(number=i, fact=fact) for i, fact in enumerate(found, 1))


def _claim(text: str, *facts: Numbered) -> Claim:
    return Claim(text=text, evidence=tuple(f.fact.id for f in facts))


def _hypotheses(e: tuple[Numbered, ...]) -> tuple[Hypothesis, Hypothesis, Hypothesis]:
    pool = Hypothesis(
        id="h-pool",
        cause=Cause(kind=CauseKind.CHANGE, service="checkout", change="4f2c1a"),
        title="deploy 4f2c1a shrank the DB pool",
        story="Checkout waits for a connection: pool size went 50 → 5.",
        confidence=Confidence.LIKELY,
        weight=6.5,
        why=(
            Term(name="change", value=3.0, says="its text names the pool, 2 minutes before the onset"),
            Term(name="self time", value=2.5, says="checkout itself became slower, not what it calls"),
            Term(name="traffic", value=-0.5, says="traffic did not move"),
        ),
        support=(
            _claim("p99 118 → 510 ms, starts 18:36:40 UTC", e[0]),
            _claim('"pool exhausted" 0 → 1,240 per min', e[1]),
            _claim("4f2c1a config/db.yaml  max: 50 → 5", e[2]),
        ),
        challenge="traffic was flat.",
        settle="roll back and watch E1 for 3 minutes.",
        next_step="roll back 4f2c1a, or raise the pool to 50",
        label=Label.CAUSE,
        trials=(
            Trial(
                name="onset order", outcome=Outcome.PASSED, says="went live at 18:34:40 UTC, 2 min before the symptom"
            ),
            Trial(name="path", outcome=Outcome.PASSED, says="it is the service that the alert names"),
            Trial(
                name="dose-response",
                outcome=Outcome.PASSED,
                says="tracks checkout p99 latency (rank correlation 0.82)",
            ),
            Trial(name="disappearance", outcome=Outcome.UNKNOWN, says="it has not gone away yet"),
            Trial(
                name="placebo",
                outcome=Outcome.PASSED,
                says="the same test fires in 1 of 40 quiet windows (something goes live as close)",
            ),
        ),
        effect=Effect(
            metric="latency p99",
            unit="s",
            observed=0.57,
            without=0.12,
            low=0.118,
            high=0.124,
            claimed=True,
            basis="past",
            says="Without commit 4f2c1a the p99 latency of checkout would have been about 120 ms (118 to 124); it was 570 ms.",
        ),
    )
    replica = Hypothesis(
        id="h-replica",
        cause=Cause(kind=CauseKind.SERVICE, service="db-3"),
        title="slow replica db-3",
        confidence=Confidence.POSSIBLE,
        weight=1.5,
        support=(_claim("replica lag 2.1 s, starts 18:41 UTC (after)", e[3]),),
        against=(_claim("p99 rose 4 minutes before the lag did", e[0], e[3]),),
        settle="take db-3 out of rotation for 5 minutes.",
        label=Label.SYMPTOM,
        trials=(
            Trial(
                name="onset order",
                outcome=Outcome.FAILED,
                says="began at 18:41:00 UTC, 4 min after the symptom",
            ),
            Trial(name="path", outcome=Outcome.PASSED, says="on the path checkout → db-3"),
            Trial(
                name="dose-response",
                outcome=Outcome.UNKNOWN,
                says="fewer than 18 common samples with checkout p99 latency",
            ),
        ),
        effect=Effect(
            metric="latency p99", unit="s", says="can't tell what it would have been without db-3: too few samples"
        ),
    )
    surge = Hypothesis(
        id="h-surge",
        cause=Cause(kind=CauseKind.TRAFFIC),
        title="traffic surge",
        confidence=Confidence.RULED_OUT,
        weight=0.0,
        against=(_claim("requests per second did not move", e[0]),),
        ruled_out="requests per second stayed within 3% of last week",
        label=Label.COINCIDENCE,
    )
    return pool, replica, surge


def _steps(*states: StepState) -> tuple[Step, ...]:
    titles = (
        ("read", "Alert and channel", "1 alert, 2 human hints"),
        ("services", "Affected services", "checkout; cart and search normal"),
        ("changes", "Changes", "1 deploy, 0 flags"),
        ("metrics", "Metrics against last week", ""),
        ("logs", "New log patterns", ""),
        ("past", "Past incidents", "source down, going on without"),
    )
    told = (StepState.DONE, StepState.FAILED)
    return tuple(
        Step(key=key, title=title, state=state, note=note if state in told else "")
        for (key, title, note), state in zip(titles, states, strict=True)
    )


@pytest.fixture
def samples() -> Samples:
    incident = Incident(
        id="7f3a90c1d2e4",
        title="Checkout latency",
        thread=Thread(platform="slack", team="T1", channel="C0INC", root="1795372690.000100"),
        alerted_at=START + 480,
        window=WINDOW,
        opened_by="channel name matches inc-*",
        opened_at=START + 490,
        why_joined="the channel's name matches inc-*; turn off with channel_patterns",
    )
    e = _facts()
    pool, replica, surge = _hypotheses(e)
    done, now, todo, failed = StepState.DONE, StepState.RUNNING, StepState.PENDING, StepState.FAILED
    gap = Gap(source="past incidents", reason="no answer within 8 s", effect="source down, going on without")
    report = Report(
        incident=incident.id,
        verdict=Verdict.CAUSE,
        headline="checkout p99 4x normal since 18:36 UTC; cart and search normal",
        onset=START + 400,
        hypotheses=(pool, replica, surge),
        ranking=("checkout", "db-3"),
        changes=("4f2c1a",),
        gaps=(gap,),
        seconds=161,
        queries=14,
    )

    def progress(state: RunState, at: float, **more: object) -> Progress:
        told = {"incident": incident, "revision": 1, "state": state, "steps": (), "updated_at": incident.opened_at + at}
        return Progress.model_validate({**told, "run": "7f3a90c1", **more})

    so_far = "p99 118 → 510 ms since 18:36 UTC; only checkout."
    settled = _steps(done, done, done, done, done, failed)
    not_found = report.model_copy(update={"verdict": Verdict.NOT_FOUND, "headline": "checkout p99 rose at 18:36 UTC"})
    healthy = Report(
        incident=incident.id, verdict=Verdict.HEALTHY, headline="p99 118 ms, errors 0.1%: as last week", seconds=42
    )
    confirmed = pool.model_copy(update={"confidence": Confidence.CONFIRMED})
    votes = (
        Vote(incident=incident.id, hypothesis=pool.id, by="U0MIA", agree=True, at=START + 700),
        Vote(incident=incident.id, hypothesis=pool.id, by="U0SAM", agree=True, at=START + 710),
    )
    reject = Vote(
        incident=incident.id,
        hypothesis=pool.id,
        by="U0LEE",
        agree=False,
        reason=RejectReason.WRONG_EVIDENCE,
        text="pool was 5 before too",
        at=START + 720,
    )

    def shown(told: Hypothesis, number: int, **more: object) -> HypothesisView:
        base = {"incident": incident, "number": number, "hypothesis": told, "evidence": e, "ballot": Ballot()}
        return HypothesisView.model_validate({**base, **more})

    views: dict[str, View] = {
        "progress_first": progress(RunState.INVESTIGATING, 3, steps=_steps(now, todo, todo, todo, todo, todo)),
        "progress_minute": progress(
            RunState.INVESTIGATING,
            62,
            steps=_steps(done, done, done, now, todo, failed),
            so_far=so_far,
            leading=pool.model_copy(update={"confidence": Confidence.POSSIBLE}),
            gaps=(gap,),
            evidence=e[:3],
        ),
        "progress_cause": progress(RunState.DONE, 161, steps=settled, report=report, leading=pool, evidence=e),
        "progress_confirmed": progress(
            RunState.DONE,
            400,
            steps=settled,
            report=report.model_copy(update={"hypotheses": (confirmed,), "gaps": ()}),
            evidence=e[:3],
        ),
        "progress_rechecking": progress(
            RunState.RECHECKING,
            200,
            steps=settled,
            so_far="U0LEE rejected H1; looking at the pool again.",
            leading=pool,
            evidence=e,
        ),
        "progress_healthy": progress(RunState.DONE, 42, steps=settled, report=healthy),
        "progress_not_found": progress(RunState.DONE, 90, steps=settled, report=not_found, evidence=e[:1]),
        "progress_no_report": progress(RunState.DONE, 90, steps=settled, gaps=(gap,)),
        "progress_stopped": progress(
            RunState.STOPPED, 75, steps=settled, so_far=so_far, leading=pool, stopped_by="U0MIA", evidence=e[:1]
        ),
        "progress_resolved": progress(RunState.RESOLVED, 1260, report=report, evidence=e),
        "hypothesis_likely": shown(pool, 1, chart=e[0]),
        "hypothesis_voted": shown(pool, 1, chart=e[0], ballot=Ballot(votes=votes)),
        "hypothesis_challenged": shown(
            pool.model_copy(update={"confidence": Confidence.POSSIBLE}),
            1,
            ballot=Ballot(votes=(*votes, reject)),
            rechecking=True,
        ),
        "hypothesis_possible": shown(replica, 2),
        "hypothesis_ruled_out": shown(surge, 3),
        "ruled_out": RuledOutView(
            incident=incident,
            hypotheses=(
                surge,
                replica.model_copy(update={"confidence": Confidence.RULED_OUT, "ruled_out": "starts 4 min after"}),
            ),
            evidence=e,
        ),
        "timeline": TimelineView(incident=incident, timeline=spread()),
        "answer": Answer(
            incident=incident,
            key="m1",
            asker="U0MIA",
            question="what changed before it?",
            claims=(
                _claim("One change before 18:36 UTC: commit 4f2c1a by lee in config/db.yaml.", e[2]),
                _claim("It sets max: 50 → 5.", e[2], e[1]),
                Claim(text="I could not see feature flags.", evidence=()),
            ),
            evidence=e,
        ),
    }
    return Samples(incident=incident, facts=e, pool=pool, replica=replica, surge=surge, views=views)


@pytest.fixture
def views(samples: Samples) -> dict[str, View]:
    """Every view, by name."""
    return samples.views


def _windows(samples: "Samples") -> dict[str, Modal | Home]:
    told = samples.views["hypothesis_challenged"]
    assert isinstance(told, HypothesisView)
    about = Target(incident=samples.incident.id, hypothesis=1)
    runs = [view for view in samples.views.values() if isinstance(view, Progress)]
    health = (
        Health(source="metrics", ok=True, says="reached, 6 services"),
        Health(source="tickets", ok=False, says="refused us: set a token"),
    )
    lost = [scope for scope in SCOPES if scope.name in ("files:write", "groups:history")]
    return {
        "form_reject": reject_form(about, told),
        "form_ask": ask_form(about),
        "form_new": new_form("C0INC"),
        "window_queries": queries_window(told),
        "window_voters": voters_window(told),
        "window_why": why_window(told),
        "window_fix": fix_window(told),
        "window_copy": copy_window(told),
        **{f"window_evidence_{fact.number}": evidence_window(fact) for fact in samples.facts},
        "home": home(
            runs, health, lost, now=START + 1000, threads={samples.incident.id: "https://a.slack.com/archives/C0INC/p1"}
        ),
        "home_empty": home((), (), (), now=START),
    }


@pytest.fixture
def windows(samples: Samples) -> dict[str, Modal | Home]:
    """Every form, window and Home tab, by name."""
    return _windows(samples)


@pytest.fixture
def cards(samples: Samples) -> dict[str, Card]:
    """Every card, public and private, by name."""
    now = samples.incident.opened_at + 540
    done, running = samples.views["progress_cause"], samples.views["progress_minute"]
    assert isinstance(done, Progress)
    assert isinstance(running, Progress)
    private = {
        "private_catchup": catchup(done, now=now, thread="https://a.slack.com/archives/C0INC/p1"),
        "private_status": status(running, now=now),
        "private_nothing": status(None, now=now),
        "private_help": help_card(),
        "private_notice": notice("This channel is shared with another company, so Clew does not join it."),
    }
    return {name: card(view, now=now + 10_000) for name, view in samples.views.items()} | private
