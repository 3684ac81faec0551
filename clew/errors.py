"""What can go wrong, as a tree.

ClewError
    SourceError              something we asked did not answer well      -> Evidence(standing=unavailable) and a Gap
        QueryRejected        our question was wrong
        SourceTimeout        no answer in time
        SourceUnavailable    refused, down, or answered garbage
    MindError                the model failed or its output would not parse -> code's own words are used
    BudgetSpent              calls, tokens or time used up               -> report with what we have
    Refused                  policy said no                              -> shown to the person
    StoreError               the store could not keep or read something  -> nothing is acknowledged
    PlatformError            the chat platform refused                   -> retried or shown in the footer
    BadCase                  a recorded case cannot be read              -> says which file and what to do
    Misconfigured            stops start-up with the setting's name
"""


class ClewError(Exception):
    """Everything Clew raises on purpose. The message is fit for a person: what happened and what to do."""


class SourceError(ClewError):
    """A source did not answer well. `source` names it."""

    def __init__(self, source: str, message: str) -> None:
        super().__init__(message)
        self.source = source


class QueryRejected(SourceError):
    """The source understood us and said no: the question was wrong."""


class SourceTimeout(SourceError):
    """The source gave no answer in time."""


class SourceUnavailable(SourceError):
    """The source is down, refused us, or answered garbage."""


class MindError(ClewError):
    """The model failed, or its output would not parse."""


class BudgetSpent(ClewError):
    """Calls, tokens or time are used up."""


class Refused(ClewError):
    """Policy said no; the message names the rule."""


class StoreError(ClewError):
    """The store could not keep or read something."""


class PlatformError(ClewError):
    """The chat platform refused a call for good. `code` is the platform's own word."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class BadCase(ClewError):
    """A recorded case cannot be read; the message names the file and the line."""


class Misconfigured(ClewError):
    """A setting is missing or wrong; the message names it and says what to do."""
