"""How is a question written in PromQL so that no name and no value can break out of it?"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

_META = re.compile(r"([\\.+*?()|\[\]{}^$])")
Operator = Literal["=", "!=", "=~", "!~"]


@dataclass(frozen=True, order=True)
class Matcher:
    """One condition on a label."""

    label: str
    operator: Operator
    value: str

    def __str__(self) -> str:
        return f"{self.label}{self.operator}{quoted(self.value)}"


def quoted(text: str) -> str:
    """A string literal. Everything but printable ASCII and letters of other scripts is escaped; half characters are replaced."""
    out: list[str] = []
    for character in text.encode("utf-8", "replace").decode("utf-8"):
        if character in '"\\':
            out.append("\\" + character)
        elif character.isprintable():
            out.append(character)
        else:
            code = ord(character)
            out.append(f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
    return '"' + "".join(out) + '"'


def exactly(values: Iterable[str]) -> str:
    """A pattern (RE2, anchored by Prometheus) of exactly these values, in order of their names."""
    return "|".join(_META.sub(r"\\\1", value) for value in sorted(set(values)))


def one_of(label: str, values: Iterable[str]) -> Matcher:
    """The label is one of these values; an equality where there is one, since indices serve that best."""
    given = sorted(set(values))
    return Matcher(label, "=", given[0]) if len(given) == 1 else Matcher(label, "=~", exactly(given))


def scope(given: Mapping[str, str]) -> tuple[Matcher, ...]:
    """The matchers of the settings: a value that begins with `~` is a pattern."""
    return tuple(
        Matcher(label, "=~", value[1:]) if value.startswith("~") else Matcher(label, "=", value)
        for label, value in sorted(given.items())
    )


def selector(name: str, matchers: Iterable[Matcher]) -> str:
    """`name{...}`; without a name the matchers must hold one that no empty value meets."""
    inside = ",".join(str(matcher) for matcher in matchers)
    return f"{name}{{{inside}}}" if inside else name


def seconds(span: float) -> str:
    """A duration, exact to the millisecond: `90s`, `2500ms`."""
    whole = round(span * 1000)
    return f"{whole // 1000}s" if whole % 1000 == 0 else f"{whole}ms"
