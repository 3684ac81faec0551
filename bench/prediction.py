"""What is written down of an answer, one JSON object a line?"""

from clew.frozen import Frozen


class Sureness(Frozen):
    """The confidence of the first hypothesis: the word that people see, and the number behind it (null while there is none)."""

    word: str
    number: float | None = None


class Prediction(Frozen):
    """One case's answer. `ranking`: services, best first; `changes`: change ids or `none`, best first; `seconds`: reading included."""

    family: str
    case: str
    ranking: tuple[str, ...]
    changes: tuple[str, ...]
    healthy: bool
    confidence: Sureness
    seconds: float
