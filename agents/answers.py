"""What do we answer to a question: facts looked up now, each cited."""

from agents.desk import Desk
from clew.hypothesis import Claim
from clew.incident import Incident
from clew.progress import Answer, Progress
from clew.question import Question


async def answer(question: Question, incident: Incident, progress: Progress | None, desk: Desk) -> Answer:
    """At most five sentences and 700 characters."""
    claims = (Claim(text="I can answer questions about this incident.", evidence=()),)
    return Answer(
        incident=incident,
        key=question.key,
        asker=question.asker,
        question=question.text,
        claims=claims,
        private=question.private,
    )
