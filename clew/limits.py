"""How much may one investigation use."""

from pydantic import Field

from clew.frozen import Frozen


class Limits(Frozen):
    """Budgets of one investigation; every loop and read is bounded by one of these."""

    source_seconds: float = Field(default=8.0, gt=0, description="A source that has not answered by then is a gap.")
    investigation_seconds: float = Field(
        default=60.0, gt=0, description="An investigation ends by then with what it has."
    )
    rounds: int = Field(
        default=3, ge=1, le=5, description="Looks at the facts: the first, and wider ones if it was not enough."
    )
    series_at_once: int = Field(
        default=20_000,
        ge=1,
        description="Series read and judged at once; a larger fleet is read in parts, by any worker.",
    )
    parts_seconds: float = Field(
        default=30.0, gt=0, description="How long one step over all parts of a large fleet may take."
    )
    settle_seconds: float = Field(
        default=4.0, ge=0, description="While the incident goes on, how long a further look waits for newer facts."
    )
    lookback_seconds: float = Field(
        default=3600.0, gt=0, description="How far before the alert the first look reaches."
    )
    changes_lookback_seconds: float = Field(
        default=86_400.0, gt=0, description="How far before the alert changes are looked for."
    )
    lookahead_seconds: float = Field(default=900.0, ge=0, description="How far after the alert a look reaches.")
    widen: float = Field(default=3.0, gt=1, description="How many times further back each wider look reaches.")
    open_hypotheses: int = Field(default=3, ge=1, le=5, description="Hypotheses shown open; the rest are folded.")
    evidence_per_finding: int = Field(default=12, ge=1, description="Facts that one specialist may keep in one look.")
    diff_characters: int = Field(default=20_000, ge=100, description="Where a change's diff is cut.")
    changes: int = Field(default=200, ge=1, description="Changes considered in one window, newest first.")
    answer_sentences: int = Field(default=5, ge=1, description="Sentences in an answer.")
    answer_characters: int = Field(default=700, ge=100, description="Characters in an answer.")
    model_calls: int = Field(default=6, ge=0, description="Calls to the language model in one investigation.")
    model_seconds: float = Field(default=20.0, gt=0, description="How long the model may take for one answer.")
    lease_seconds: float = Field(
        default=30.0, gt=1, description="How long a process that died keeps its investigation."
    )
