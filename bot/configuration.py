"""What is set now, without showing a secret?"""

from collections.abc import Mapping
from typing import Any, cast

from pydantic import SecretStr

from bot.settings import Settings, sections, variable

MASK = "set, not shown"


def rows(settings: Settings) -> list[tuple[str, str, str]]:
    """(variable, value, meaning) for every setting, in order of section."""
    found: list[tuple[str, str, str]] = []
    for section, model in sections().items():
        values: Any = getattr(settings, section, None) or settings.sources.get(section)
        for field, details in model.model_fields.items():
            value = getattr(values, field) if values is not None else None
            found.append((variable(section, field), shown(value), details.description or ""))
    return found


def shown(value: object) -> str:
    """A value as people write it; a secret only as being there, and addresses without their passwords."""
    if value is None:
        return "not set"
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={part}" for key, part in sorted(cast(Mapping[str, object], value).items())) or "none"
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value)
    text = str(value)
    if "://" in text and "@" in text:
        scheme, rest = text.split("://", 1)
        return f"{scheme}://***@{rest.rsplit('@', 1)[1]}"
    return text
