"""Which button, form or command is this, and what is it about: the one table of identifiers and the value codec."""

from enum import StrEnum

from pydantic import ValidationError

from clew.frozen import Frozen

COMMAND = "/investigate"


class Act(StrEnum):
    """Action ids of buttons and menus."""

    AGREE = "clew.agree"
    REJECT = "clew.reject"
    FIX = "clew.fix"
    MORE = "clew.more"
    EVIDENCE = "clew.evidence"
    STOP = "clew.stop"
    RESUME = "clew.resume"
    ASK = "clew.ask"
    NOT_IT = "clew.not_it"
    CATCHUP = "clew.catchup"
    NEW = "clew.new"
    OPEN_THREAD = "clew.open_thread"
    HELPFUL = "clew.helpful"


class More(StrEnum):
    """Choices of the `⋯` menu on a hypothesis card."""

    QUERIES = "queries"
    VOTERS = "voters"
    COPY = "copy"
    WHY = "why"


class Form(StrEnum):
    """Callback ids of modals and shortcuts."""

    REJECT = "clew.form.reject"
    ASK = "clew.form.ask"
    NEW = "clew.form.new"
    SHOW = "clew.form.show"
    SHORTCUT = "clew.shortcut.investigate"
    OPEN = "clew.shortcut.open"


class Target(Frozen):
    """What a button is about. Ids only: texts and decisions are looked up on the server, never read from a button."""

    incident: str
    hypothesis: int | None = None
    evidence: int | None = None

    def encoded(self) -> str:
        return self.model_dump_json(exclude_none=True)


def target(value: str) -> Target | None:
    """The target in a button's value; None if the value is not one of ours."""
    try:
        return Target.model_validate_json(value)
    except ValidationError:
        return None
