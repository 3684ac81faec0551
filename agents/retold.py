"""Which changes that several sources told are one and the same, and what does each source know of it?"""

from collections.abc import Sequence

from clew.evidence import Change, Evidence

SHORT = 7
"""Characters that a shortened commit id has at least."""
NEAR = 600.0
"""Two tellings of one deploy may differ by this much, seconds: one says when it began, the other when it ended."""
Told = tuple[str, tuple[Change, ...]]
"""A source's name, and what it told."""


def each_once(told: Sequence[Told]) -> tuple[Change, ...]:
    """Every change once, in order of time; what one source alone told stays as it is.

    A commit is the same by its id, whole or shortened; a deploy by commit and service within `NEAR` seconds. The telling with a diff and a
    service counts, the others fill in what it lacks. A deploy's commit gets its whole id, and each of the two the other's service.
    """
    heard = [(source, changes) for source, changes in told if changes]
    if len(heard) < 2:
        return _ordered([change for _, changes in heard for change in changes])
    commits: dict[str, Change] = {}
    others: list[Change] = []
    every = [change.model_copy(update={"told_by": (source,)}) for source, changes in heard for change in changes]
    # whole ids first: a shortened one is then found among them
    for change in sorted(every, key=lambda c: -len(c.ref)):
        if change.what == "commit":
            key = _whole(change.ref, commits) or change.ref
            commits[key] = _one(commits[key], change) if key in commits else change
        else:
            others.append(change)
    others = [_with_commit(change, commits) for change in others]
    deploys = _deploys(others)
    live = {c.commit: c.service for c in sorted(deploys, key=lambda c: c.at) if c.commit and c.service}
    tied = [c if c.service else c.model_copy(update={"service": live.get(c.ref)}) for c in commits.values()]
    return _ordered([*tied, *deploys])


def once(facts: Sequence[Evidence]) -> list[Evidence]:
    """The facts of changes, each change once: as the source tells it that knows it best."""
    by_source: dict[str, list[Change]] = {}
    by_name: dict[tuple[str, str, str], Evidence] = {}
    for fact in facts:
        if isinstance(fact.payload, Change):
            by_source.setdefault(fact.source, []).append(fact.payload)
            by_name[fact.source, fact.payload.what, fact.payload.ref] = fact
    if len(by_source) < 2:
        return [fact for fact in facts if isinstance(fact.payload, Change)]
    kept = each_once([(source, tuple(changes)) for source, changes in by_source.items()])
    return [by_name[change.told_by[0], change.what, change.ref] for change in kept]


def _ordered(changes: list[Change]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda c: (c.at, c.ref)))


def _whole(ref: str, commits: dict[str, Change]) -> str | None:
    """The commit that this id, perhaps shortened, names; None for none or for several."""
    if ref in commits:
        return ref
    found = [key for key in commits if key.startswith(ref)] if len(ref) >= SHORT else []
    return found[0] if len(found) == 1 else None


def _with_commit(change: Change, commits: dict[str, Change]) -> Change:
    key = _whole(change.commit, commits) if change.commit else None
    if key is None:
        return change
    return change.model_copy(update={"commit": key, "service": change.service or commits[key].service})


def _deploys(changes: list[Change]) -> list[Change]:
    """Each deploy once; flags and settings have ids of their own."""
    out: list[Change] = []
    for change in _ordered(changes):
        twin = next((i for i, other in enumerate(out) if _same(other, change)), None)
        if twin is None:
            out.append(change)
        else:
            out[twin] = _one(out[twin], change)
    return out


def _same(one: Change, other: Change) -> bool:
    if one.what != other.what or set(one.told_by) & set(other.told_by):
        return False  # a source does not tell the same twice
    if one.ref == other.ref:
        return True
    deployed = one.what == "deploy" and one.commit is not None and one.commit == other.commit
    return deployed and _agree(one.service, other.service) and abs(one.at - other.at) <= NEAR


def _agree(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one.lower() == other.lower()


def _one(one: Change, other: Change) -> Change:
    """The better telling, completed by the other."""
    best, rest = sorted((one, other), key=lambda c: (c.diff is None, c.service is None))
    filled = {
        "service": best.service or rest.service,
        "author": best.author or rest.author,
        "title": best.title or rest.title,
        "files": best.files or rest.files,
        "diff": best.diff if best.diff is not None else rest.diff,
        "commit": best.commit or rest.commit,
        "revision_before": best.revision_before or rest.revision_before,
        "told_by": tuple(dict.fromkeys((*best.told_by, *rest.told_by))),
    }
    return best.model_copy(update=filled)
