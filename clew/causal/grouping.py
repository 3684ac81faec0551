"""Which masked lines come from one statement in the code: what varies between them, and what tells statements apart?"""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from itertools import product
from operator import eq
from typing import NamedTuple

ANY = "<*>"
_HEAD = 2
"""So many first words decide together with the length: statements rarely begin with what varies (He et al. 2017)."""
_ALIKE = 0.5
"""Lines of one statement agree in at least this share of their words."""
_FEW = 2
"""A place with at most so many different words, and nothing in them that looks like an id, tells statements apart."""
_SOME, _LINES = 3, 100
"""So do so many words that each stand for so many lines: a name varies more."""
_STATES = 8
"""The same for words in capitals, which name states and codes."""
_CAPITALS = re.compile(r"[A-Z][A-Z_]+[A-Z]")
_SIBLINGS = 64
"""So many different words after the same beginning are values, as in Drain's bound on children."""
_REPEATS = 3
"""A masked line that came so often is not random."""
_CLUSTERS = 64
"""Clusters that one bucket may hold: what is random from the third word on ends in the nearest one."""

Words = tuple[str, ...]
Bucket = tuple[int, Words]


class _Row(NamedTuple):
    words: Words
    form: str
    lines: int


class _Cluster:
    def __init__(self, row: _Row) -> None:
        self.common = row.words
        self.rows = [row]

    def alike(self, words: Words) -> float:
        return sum(map(eq, self.common, words)) / len(words)

    def join(self, row: _Row) -> None:
        self.common = tuple([a if a == b else ANY for a, b in zip(self.common, row.words, strict=True)])
        self.rows.append(row)


def words(form: str) -> Words:
    """The words of a masked line; a list of ids counts as one: a statement may print few of them or many."""
    out: list[str] = []
    for word in form.split():
        if not (out and word == out[-1] and "<" in word):
            out.append(word)
    return tuple(out) or ("",)


def bucket(line: Words) -> Bucket:
    """Lines of different buckets are never one template."""
    return len(line), tuple([ANY if "<" in word else word for word in line[:_HEAD]])


def beginnings(line: Words) -> tuple[Bucket, ...]:
    """The buckets in which a template may be that fits the line: its own, and those where a first word varies."""
    size, head = bucket(line)
    return tuple((size, form) for form in dict.fromkeys(product(*((word, ANY) for word in head))))


def merged(lines: Collection[Words]) -> Words:
    """The words that all lines (of one length) share, ANY where they differ."""
    return tuple(column[0] if len(set(column)) == 1 else ANY for column in zip(*lines, strict=True))


class Group(NamedTuple):
    """One template: `name` is the line itself where nothing varies."""

    words: Words
    name: str


def grouped(forms: Mapping[str, int]) -> dict[str, Group]:
    """The template of each masked line, by how many lines each stands for. Does not depend on any order.

    After Drain (He et al. 2017: length, first words, then similarity); then each cluster is split again at places with few
    distinct plain words, as IPLoM does (Makanju et al. 2009): few words tell statements apart, many are a variable.
    """
    buckets: dict[Bucket, list[_Row]] = {}
    for form in sorted(forms):
        row = _Row(words(form), form, forms[form])
        buckets.setdefault(bucket(row.words), []).append(row)
    out: dict[str, Group] = {}
    for rows in _folded(_folded(buckets, 1), 0).values():
        for cluster in _clusters(rows):
            for part in _split(cluster.rows):
                alone = len(part) == 1
                common = part[0].words if alone else merged([row.words for row in part])
                group = Group(common, part[0].form if alone else " ".join(common))
                out.update((row.form, group) for row in part)
    return out


def _folded(buckets: dict[Bucket, list[_Row]], kept: int) -> dict[Bucket, list[_Row]]:
    """Where too many different words follow the first `kept` words of lines of one length, they were no words of the code.

    What repeats stays where it is: no flood of random lines can draw it in.
    """
    siblings = Counter([(size, head[:kept]) for size, head in buckets])
    if max(siblings.values(), default=0) <= _SIBLINGS:
        return buckets
    rare = {key for key, rows in buckets.items() if not any(row.lines >= _REPEATS for row in rows)}
    siblings = Counter([(size, head[:kept]) for size, head in rare])
    out: dict[Bucket, list[_Row]] = {}
    for (size, head), rows in buckets.items():
        many = (size, head) in rare and siblings[size, head[:kept]] > _SIBLINGS
        out.setdefault((size, (*head[:kept], ANY, ANY)[:_HEAD] if many else head), []).extend(rows)
    return out


def _clusters(rows: list[_Row]) -> list[_Cluster]:
    """Each line with the first that is most like it."""
    found: list[_Cluster] = []
    for row in rows:
        scores = [cluster.alike(row.words) for cluster in found]
        best = max(scores, default=-1.0)
        if best >= _ALIKE or len(found) >= _CLUSTERS:
            found[scores.index(best)].join(row)
        else:
            found.append(_Cluster(row))
    return found


def _split(rows: list[_Row]) -> list[list[_Row]]:
    """The cluster, divided at its most telling place until no place tells."""
    if len(rows) < 2:
        return [rows]
    columns = [set(column) for column in zip(*(row.words for row in rows), strict=True)]
    lines = sum(row.lines for row in rows)
    telling = [(len(values), place) for place, values in enumerate(columns) if _tells(values, lines)]
    if not telling:
        return [rows]
    _, place = min(telling)
    parts: dict[str, list[_Row]] = {}
    for row in rows:
        parts.setdefault(row.words[place], []).append(row)
    return [part for value in sorted(parts) for part in _split(parts[value])]


def _tells(values: set[str], lines: int) -> bool:
    """Whether different words at one place mean different statements."""
    if not 2 <= len(values) <= _STATES:
        return False
    few = len(values) <= (_SOME if lines >= _LINES * len(values) else _FEW)
    plain = few and all("<" not in value and "/" not in value for value in values)
    return plain or all(_CAPITALS.search(value) for value in values)
