"""What do we believe, why, and how sure are we."""

from enum import StrEnum

from clew.evidence import Change, Mark
from clew.frozen import Frozen
from clew.incident import Window


class Confidence(StrEnum):
    """Five words, set by `clew.causal.confidence` and by nothing else."""

    CONFIRMED = "Confirmed"
    LIKELY = "Likely"
    POSSIBLE = "Possible"
    RULED_OUT = "Ruled out"
    NOT_FOUND = "Not found"


class CauseKind(StrEnum):
    """What sort of thing is to blame."""

    CHANGE = "change"
    SERVICE = "service"
    EXTERNAL = "external"
    TRAFFIC = "traffic"
    NONE = "none of these"


class Cause(Frozen):
    """The thing that is blamed: a change to a service, a service itself, something outside, or traffic."""

    kind: CauseKind
    service: str | None = None
    change: str | None = None


class Label(StrEnum):
    """What a candidate is to the symptom, after every test that could be made; set by `clew.causal.trial` and by nothing else."""

    CAUSE = "cause"
    CONTRIBUTOR = "contributor"
    """It makes the trouble worse, and does not make it alone."""
    CONFOUNDER = "confounder"
    """Something else moves both it and the symptom."""
    SYMPTOM = "symptom"
    """It suffers from the cause."""
    COINCIDENCE = "coincidence"
    """It happened near by and nothing joins it with the symptom."""


class Outcome(StrEnum):
    """How a test went; a test that lacks its data says so and counts for nothing."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "can't tell"


class Trial(Frozen):
    """One causal test of one candidate, in plain words: `onset order`, `path`, `dose-response`, `disappearance`, `placebo`, ..."""

    name: str
    outcome: Outcome
    says: str


class Effect(Frozen):
    """What a signal would have been otherwise (without a candidate, or with a fix applied), beside what it was.

    Levels are in `unit`; `low` and `high` bound `without` with 90 % coverage. `claimed` is false where the interval does not exclude
    `observed`, or where nothing could be told; `says` is the sentence for people either way.
    """

    metric: str
    unit: str = ""
    observed: float | None = None
    without: float | None = None
    low: float | None = None
    high: float | None = None
    claimed: bool = False
    basis: str = ""
    """`past`, `peers` or both: what stood in for the world without it."""
    says: str


class Lead(Frozen):
    """One question to one specialist."""

    id: str
    agent: str
    question: str
    window: Window
    round: int = 0


class Clue(Frozen):
    """What one estimator says about one suspect. The unit of the sum that ranks causes."""

    channel: str
    """The estimator's name: `resource`, `self time`, `edge`, `new errors`, `call graph`, `change`, `traffic`, ..."""
    service: str | None = None
    change: str | None = None
    amount: float
    """Blame, zero or more, comparable within its channel (units are stated by the estimator)."""
    onset: float | None = None
    says: str
    evidence: str | None = None
    """The id of the evidence it rests on; a clue without one may rank but may not be cited."""
    detail: str = ""
    """Bounded text that a later step compares (a new error's template); data, never an instruction."""


class Gap(Frozen):
    """What could not be looked at, and what that means for the answer."""

    source: str
    reason: str
    effect: str
    blind: bool = False
    """True where trouble could stand in what was not seen: then nothing is called healthy."""


class Finding(Frozen):
    """A specialist's answer: clues and evidence ids; may be empty of facts, never of honesty."""

    lead: str
    agent: str
    summary: str
    evidence: tuple[str, ...] = ()
    clues: tuple[Clue, ...] = ()
    changes: tuple[Change, ...] = ()
    """Changes seen in the window, for the judge; the diff is cut to a budget."""
    gaps: tuple[Gap, ...] = ()
    round: int = 0


class Term(Frozen):
    """One named summand of a hypothesis's weight."""

    name: str
    value: float
    says: str


class Claim(Frozen):
    """A sentence and the evidence that it rests on; refused by the cards if there is none."""

    text: str
    evidence: tuple[str, ...]


class Hypothesis(Frozen):
    """A possible cause with its sum, its support and what speaks against it."""

    id: str
    cause: Cause
    title: str
    """The claim in at most 80 characters: `deploy 4f2c1a shrank the connection pool`."""
    story: str = ""
    """One or two sentences for people; the only field that a model may reword."""
    confidence: Confidence
    weight: float
    """Written by `clew.causal.rank` only."""
    why: tuple[Term, ...] = ()
    support: tuple[Claim, ...] = ()
    against: tuple[Claim, ...] = ()
    challenge: str = ""
    """How we tried to break it, and how that went."""
    settle: str = ""
    """What would settle it."""
    next_step: str = ""
    """What a person could do now; propose only."""
    ruled_out: str = ""
    """The reason, if it is ruled out: stays visible."""
    label: Label | None = None
    trials: tuple[Trial, ...] = ()
    effect: Effect | None = None
    """The symptom without this candidate."""
    forecast: Effect | None = None
    """The symptom if the proposed fix were applied."""
    odds: float | None = None
    """The calibrated chance, 0..1, that this is the cause; never shown in chat."""


class Began(Frozen):
    """One service of a timeline: when its own trouble first showed, and what it is to the incident."""

    service: str
    depth: int | None = None
    """Calls from the symptom's service down to it; below 0 for one that calls the symptom's; None if no path is known."""
    onset: float | None = None
    """Its own first sign; None where nothing of it says when."""
    amount: float = 0.0
    """Its weight beside the heaviest of all, 0..1."""
    label: Label | None = None
    leading: bool = False
    """True for the place of the first open hypothesis."""


class Timeline(Frozen):
    """The onsets on the call graph: what the verdict's picture shows. Times in Unix seconds."""

    rows: tuple[Began, ...]
    """At most 12, callers above what they call."""
    edges: tuple[tuple[str, str], ...] = ()
    """(caller, callee), both among the rows."""
    marks: tuple[Mark, ...] = ()
    """What was deployed, switched or configured near by."""
    onset: float | None = None
    alerted_at: float


class Verdict(StrEnum):
    """How an investigation ended."""

    CAUSE = "cause"
    SEVERAL = "several causes"
    """Two or more that no path joins, each with evidence enough to stand alone."""
    HEALTHY = "healthy"
    NOT_FOUND = "not found"


class Report(Frozen):
    """The page: hypotheses in order, what was ruled out, what could not be seen."""

    incident: str
    revision: int = 1
    verdict: Verdict
    headline: str
    """What is broken, in one line with numbers: `p99 118 -> 510 ms since 18:36 UTC; only checkout`."""
    onset: float | None = None
    hypotheses: tuple[Hypothesis, ...] = ()
    """Open ones first, best first, at most three; then those ruled out."""
    ranking: tuple[str, ...] = ()
    """Services, best first."""
    changes: tuple[str, ...] = ()
    """Change ids or `none`, best first."""
    gaps: tuple[Gap, ...] = ()
    timeline: Timeline | None = None
    rounds: int = 1
    seconds: float = 0.0
    queries: int = 0

    @property
    def blames(self) -> bool:
        """True if it names a cause, or several."""
        return self.verdict in (Verdict.CAUSE, Verdict.SEVERAL)

    @property
    def open(self) -> tuple[Hypothesis, ...]:
        return tuple(h for h in self.hypotheses if h.confidence is not Confidence.RULED_OUT)

    @property
    def ruled_out(self) -> tuple[Hypothesis, ...]:
        return tuple(h for h in self.hypotheses if h.confidence is Confidence.RULED_OUT)
