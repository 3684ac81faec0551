"""What was really to blame? The only reader of truth.json, for scoring and for nothing else."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from clew.errors import BadCase

NO_CHANGE = "none"
"""The truth of a case in which no change is to blame: abstaining is then the right answer."""


class Truth(BaseModel):
    """The answer sheet of one case. `services`: any of them counts as right."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    services: tuple[str, ...] = ()
    change: str | None = None
    """A change's id, `none`, or null where the question does not arise."""
    fault: str | None = None
    category: str | None = None
    healthy: bool | None = False


def truth_of(folder: Path) -> Truth | None:
    """The truth of the case in `folder`, or None where there is no truth.json: such a case can be run but not scored. Raises BadCase."""
    path = folder / "truth.json"
    if not path.is_file():
        return None
    try:
        return Truth.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise BadCase(f"{path}: cannot be read as a truth ({type(error).__name__}). Copy the case again.") from error
