"""What may an answer draw on?"""

from dataclasses import dataclass

from agents.gather import Gather
from agents.questions import Wanted
from clew.hypothesis import Hypothesis
from clew.incident import Incident
from clew.progress import Numbered, Progress
from clew.question import Question


@dataclass(frozen=True)
class Asking:
    """One question with everything that is known and the hands to look further."""

    wanted: Wanted
    question: Question
    incident: Incident
    progress: Progress | None
    kept: tuple[Numbered, ...]
    gather: Gather
    services: tuple[str, ...]

    @property
    def open(self) -> tuple[Hypothesis, ...]:
        report = self.progress.report if self.progress else None
        return report.open if report else ()

    @property
    def ruled_out(self) -> tuple[Hypothesis, ...]:
        report = self.progress.report if self.progress else None
        return report.ruled_out if report else ()

    async def about(self) -> Hypothesis | None:
        """The hypothesis under whose card it was asked, else the one that the words name, else the leading one."""
        for hypothesis in (*self.open, *self.ruled_out):
            number = await self.gather.desk.deps.memory.number(self.incident.id, hypothesis.id)
            if number == self.question.about:
                return hypothesis
        service = self.wanted.service
        named = [h for h in (*self.open, *self.ruled_out) if service and h.cause.service == service]
        return next(iter((*named, *self.open)), None)
