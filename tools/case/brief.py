"""What would an alert have said about this recorded incident?"""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clew.errors import BadCase
from clew.frozen import Frozen
from clew.incident import Symptom
from tools.redact import redacted

BRIEF_BYTES = 1_000_000


class CaseBrief(Frozen):
    """The alert of a case, and which files it should have. Its truth is not here and is never read."""

    id: str
    system: str = ""
    family: str = ""
    title: str
    alerted_at: float
    """Unix seconds; can be off by minutes either way."""
    severity: str | None = None
    symptom: Symptom = Symptom()
    modalities: tuple[str, ...] = ()
    baseline: str | None = None
    """Path of the fault-free folder relative to the case."""
    note: str | None = None


class _File(BaseModel):
    """`incident.json` as it stands in the folder; what it may add in later versions is ignored."""

    model_config = ConfigDict(extra="ignore")

    format: int = 1
    id: str = ""
    family: str = ""
    system: str = ""
    title: str = ""
    alerted_at: float = Field(allow_inf_nan=False, ge=0, lt=1e11)
    severity: str | None = None
    symptom: dict[str, Any] | None = None
    modalities: tuple[str, ...] = ()
    baseline: str | None = None
    note: str | None = None


def case_incident(folder: Path) -> CaseBrief:
    """The brief of the case in `folder`, its texts redacted. Raises BadCase that names the file and what to do."""
    path = folder / "incident.json"
    try:
        with path.open("rb") as file:
            body = file.read(BRIEF_BYTES + 1)
    except OSError as error:
        raise BadCase(
            f"{path}: {error.strerror}. A case is a folder that holds incident.json; check the path."
        ) from error
    if len(body) > BRIEF_BYTES:
        raise BadCase(f"{path}: larger than {BRIEF_BYTES:,} bytes, so it is no incident.json of a case.")
    try:
        raw = _File.model_validate(json.loads(body))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BadCase(f"{path}: {field}: {first['msg']}. Mend that field (times are Unix seconds).") from error
    except json.JSONDecodeError as error:
        raise BadCase(
            f"{path}:{error.lineno}: not JSON ({error.msg}). Is the file cut short? Copy it again."
        ) from error
    except (ValueError, RecursionError) as error:
        raise BadCase(f"{path}: not readable as UTF-8 JSON. Is the file cut short? Copy it again.") from error
    if raw.format != 1:
        raise BadCase(f"{path}: format {raw.format}; this version reads format 1. Record the case again.")
    return CaseBrief(
        id=raw.id or folder.name,
        system=raw.system,
        family=raw.family,
        title=redacted(raw.title)[:500] or raw.id or folder.name,
        alerted_at=raw.alerted_at,
        severity=raw.severity,
        symptom=_symptom(raw.symptom),
        modalities=raw.modalities,
        baseline=raw.baseline,
        note=redacted(raw.note) if raw.note else None,
    )


def _symptom(raw: dict[str, Any] | None) -> Symptom:
    """Each part that is understood; an unknown signal word is a symptom without a signal, not an error."""
    known = {key: value for key, value in (raw or {}).items() if key in Symptom.model_fields and isinstance(value, str)}
    try:
        return Symptom.model_validate(known)
    except ValidationError:
        return Symptom.model_validate({key: value for key, value in known.items() if key != "signal"})
