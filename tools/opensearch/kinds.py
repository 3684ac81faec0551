"""Which kinds of lines are there among more lines than can be read: templates found in samples, told apart by their words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from clew.causal.template import templates
from tools.opensearch.fields import Fields
from tools.opensearch.store import Body
from tools.rows import Row

WORDS = 6
"""Words by which a kind is searched: those that the fewest other kinds have, so that a query stays short."""
SUPERSETS = 20
MOST = 120


@dataclass(frozen=True)
class Sort:
    """Lines that have all of `words` and are of no kind that has more of them."""

    words: tuple[str, ...]
    without: tuple[tuple[str, ...], ...] = ()


@dataclass
class Kinds:
    """The kinds known so far, by the words of their templates in the order in which they were found."""

    words: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])

    def learn(self, rows: Sequence[Row]) -> int:
        """Takes the kinds of more lines in; how many were new."""
        _, names = templates([row.message for row in rows])
        before = len(self.words)
        for name in names:
            words = constant(name)
            if words and words not in self.words and len(self.words) < MOST:
                self.words.append(words)
        return len(self.words) - before

    def sorts(self) -> tuple[Sort, ...]:
        """Each kind as it is searched for."""
        often = Counter(word for words in self.words for word in set(words))
        short = list(dict.fromkeys(_telling(words, often) for words in self.words))
        sets = [frozenset(words) for words in short]
        return tuple(
            Sort(words, tuple(short[j] for j, other in enumerate(sets) if mine < other)[:SUPERSETS])
            for words, mine in zip(short, sets, strict=True)
        )


def constant(template: str) -> tuple[str, ...]:
    """The words of a template that every one of its lines has: without gaps, and without digits, which may be gaps elsewhere."""
    found = [word for word in template.split() if "<" not in word and not any(letter.isdigit() for letter in word)]
    return tuple(dict.fromkeys(word for word in found if any(letter.isalpha() for letter in word)))[:24]


def _telling(words: tuple[str, ...], often: Counter[str]) -> tuple[str, ...]:
    chosen = sorted(words, key=lambda word: (often[word], -len(word), word))[:WORDS]
    return tuple(sorted(chosen))


def has(fields: Fields, words: Sequence[str]) -> Body:
    """Lines with all of these words, in any order; plain text, no operators."""
    return {"match": {fields["message"].words: {"query": " ".join(words), "operator": "and"}}}


def of(fields: Fields, sort: Sort) -> Body:
    """Lines of one kind."""
    if not sort.without:
        return has(fields, sort.words)
    return {"bool": {"filter": [has(fields, sort.words)], "must_not": [has(fields, other) for other in sort.without]}}


def of_none(fields: Fields, kinds: Kinds) -> Body:
    """Lines of no kind that is known."""
    return {"bool": {"must_not": [has(fields, sort.words) for sort in kinds.sorts()]}}
