"""What is set now, without showing a secret?"""

from typing import Any

from pydantic import SecretStr

from bot.settings import Settings, variable

MASK = "set, not shown"


def rows(settings: Settings) -> list[tuple[str, str, str]]:
    """(variable, value, meaning) for every setting, in order of section."""
    found: list[tuple[str, str, str]] = []
    for section, info in Settings.model_fields.items():
        values = getattr(settings, section)
        model: Any = info.annotation
        for field, details in model.model_fields.items():
            found.append((variable(section, field), shown(getattr(values, field)), details.description or ""))
    return found


def shown(value: object) -> str:
    """A value as people write it; a secret only as being there, and addresses without their passwords."""
    if value is None:
        return "not set"
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value)
    text = str(value)
    if "://" in text and "@" in text:
        scheme, rest = text.split("://", 1)
        return f"{scheme}://***@{rest.rsplit('@', 1)[1]}"
    return text
