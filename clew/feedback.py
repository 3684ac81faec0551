"""What did people say about a hypothesis."""

from enum import StrEnum

from clew.frozen import Frozen


class RejectReason(StrEnum):
    """The choices of the reject form."""

    WRONG_CAUSE = "wrong cause"
    WRONG_EVIDENCE = "wrong evidence"
    ALREADY_KNOWN = "already known"


class Vote(Frozen):
    """One person's word on one hypothesis; changeable, one per person; a reject needs its reason."""

    incident: str
    hypothesis: str
    by: str
    """The person's id from the platform's verified payload."""
    agree: bool
    reason: RejectReason | None = None
    text: str = ""
    at: float


class Ballot(Frozen):
    """The votes that stand now, newest last."""

    votes: tuple[Vote, ...] = ()

    @property
    def agrees(self) -> tuple[Vote, ...]:
        return tuple(v for v in self.votes if v.agree)

    @property
    def rejects(self) -> tuple[Vote, ...]:
        return tuple(v for v in self.votes if not v.agree)
