"""Which lines say the same thing: templates mined from lines, one generic configuration, bounded whatever the lines are."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clew.causal.grouping import ANY, Bucket, Group, Words, beginnings, bucket, grouped, words
from clew.causal.shape import form, masked, settled, shapes
from clew.tables import Ints

Counts = NDArray[np.int64]

__all__ = ["Miner", "masked", "templates"]

_SHAPES = 20_000
"""Shapes remembered between batches, so that a line like an earlier one costs one look-up."""
_OPEN = 5_000
"""Masked lines that wait to be compared with each other; then they are settled into templates."""
_NUMBERS = 20_000
"""Numbers in all; a line that fits no template when they are spent is `<*>`."""
_WILD = 64
"""Settled templates with gaps that one bucket may hold."""

_OFTEN = 50
_LINES = 5
"""See `templates`."""


class Miner:
    """A stream of lines, in batches. Memory is bounded by the limits above, whoever writes the lines.

    In one batch the set of lines matters, not their order; frequent shapes are taken first, so that a flood of lines that differ
    each time cannot take the place of a message that repeats.
    """

    def __init__(self) -> None:
        self._shapes: dict[bytes, int] = {}
        self._forms: dict[str, int] = {}
        self._open: list[str] = []
        self._wild: dict[Bucket, list[tuple[Words, int]]] = {}
        self._names: list[str] = [ANY]
        self._apart: dict[int, str] = {}
        self._lines = np.zeros(_NUMBERS, dtype=np.int64)

    def add(self, lines: Sequence[str]) -> Ints:
        """A number for each line (N,); `names` says what the numbers mean, and which of them mean the same."""
        found = shapes(lines)
        if len(self._shapes) > _SHAPES:
            self._shapes.clear()
        known = self._shapes
        early = self._learned(Counter([shape for shape in found if shape not in known]))
        numbers = np.fromiter(map(known.__getitem__, found), dtype=np.int32, count=len(found))
        self._lines += np.bincount(numbers, minlength=_NUMBERS) - early
        return numbers

    def _learned(self, missing: Counter[bytes]) -> Counts:
        """Gives the shapes numbers, frequent ones first; the lines of each number are counted at once, for settling asks what repeats."""
        cores = {shape: settled(shape) for shape in missing}
        lines: Counter[bytes] = Counter()
        for shape, often in missing.items():
            lines[cores[shape]] += often
        early = np.zeros(_NUMBERS, dtype=np.int64)
        known = self._shapes
        for core, often in sorted(lines.items(), key=lambda item: (-item[1], item[0])):
            number = known.get(core)
            if number is None:
                known[core] = number = self._number(form(core))
            self._lines[number] += often
            early[number] += often
        known.update((shape, known[core]) for shape, core in cores.items())
        return early

    def names(self) -> tuple[str, ...]:
        """The template of each number given so far, as it looks now."""
        names = list(self._names)
        for line, group in self._groups().items():
            names[self._forms[line]] = group.name
        return tuple(names)

    def wordings(self) -> tuple[str, ...]:
        """The masked line that each number was given to; its template where it was rare and is settled."""
        return tuple(self._apart.get(number, name) for number, name in enumerate(self._names))

    def _number(self, line: str) -> int:
        number = self._forms.get(line)
        if number is None and self._wild:
            number = self._fitting(words(line))
        if number is not None:
            return number
        if len(self._names) >= _NUMBERS:
            return 0
        if len(self._open) >= _OPEN:
            self._settle()
        self._forms[line] = number = len(self._names)
        self._names.append(line)
        self._open.append(line)
        return number

    def _fitting(self, line: Words) -> int | None:
        """The first settled template that says the same but in its gaps."""
        for key in beginnings(line):
            for template, number in self._wild.get(key, ()):
                if all(a in (b, ANY) for a, b in zip(template, line, strict=True)):
                    return number
        return None

    def _groups(self) -> dict[str, Group]:
        return grouped({line: int(self._lines[self._forms[line]]) for line in self._open})

    def _settle(self) -> None:
        """Rare lines that turned out to be one template are forgotten for it; what stands alone waits on while there is room."""
        alone: list[str] = []
        done: set[str] = set()
        for line, group in self._groups().items():
            if group.name == line:
                alone.append(line)
                continue
            number = self._forms[line]
            self._names[number] = group.name
            if self._lines[number] >= _LINES:
                self._apart[number] = line
            else:
                del self._forms[line]
            wild = self._wild.setdefault(bucket(group.words), [])
            if group.name not in done and len(wild) < _WILD:
                wild.append((group.words, number))
            done.add(group.name)
        self._open = alone if len(alone) <= _OPEN // 2 else []


def templates(messages: Sequence[str]) -> tuple[Ints, tuple[str, ...]]:
    """Template number of each message (N,) and the templates by number, in the order of their text; equal for any order of messages.

    A wording that repeats (_LINES, or one in _OFTEN of its template's lines) stands for itself: of `no instances of <*>` the news
    may be which name it is, and an id that differs each time is never that frequent.
    """
    miner = Miner()
    numbers = miner.add(messages)
    wordings, names = miner.wordings(), miner.names()
    count = np.bincount(numbers, minlength=len(names))
    total: Counter[str] = Counter()
    for name, lines in zip(names, count.tolist(), strict=True):
        total[name] += lines
    said = [
        wording if lines >= _LINES or lines * _OFTEN >= total[name] else name
        for wording, name, lines in zip(wordings, names, count.tolist(), strict=True)
    ]
    order = sorted({said[number] for number in np.flatnonzero(count).tolist()})
    place = {name: at for at, name in enumerate(order)}
    table = np.array([place.get(name, -1) for name in said], dtype=np.int32)
    return table[numbers], tuple(order)
