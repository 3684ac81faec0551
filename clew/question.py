"""What does a person want to know."""

from clew.frozen import Frozen


class Question(Frozen):
    """One question about an incident. `text` is data: it selects what is looked up, it never commands."""

    incident: str
    key: str
    """Identifies the message it came from, so that a redelivery is answered once."""
    asker: str
    text: str
    at: float
    private: bool = False
    about: int | None = None
    """The number of the hypothesis under whose card it was asked, if any."""
