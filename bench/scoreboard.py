"""How do the results of a run read as tables?"""

from collections.abc import Mapping, Sequence
from statistics import median

from rich.table import Table

from bench import accuracy
from bench.accuracy import Share
from bench.contest import CLEW, ChangePlaces, Contest

CHANCE = "random (expected)"
MACRO = ("nezha-trainticket", "nezha-onlineboutique", "petshop")
"""The families of the macro mean: with one to five candidates the rest are nearly solved by chance at service level."""
Families = Mapping[str, Sequence[Contest]]


def by_family(contests: Sequence[Contest]) -> Families:
    """The results of each family, families by name."""
    held: dict[str, list[Contest]] = {}
    for contest in sorted(contests, key=lambda c: (c.family, c.name)):
        held.setdefault(contest.family, []).append(contest)
    return held


def services_table(families: Families) -> Table:
    """AC@1, AC@3, Avg@5, paired wins of Clew and median seconds, by family and ranker; the macro mean where its families are there."""
    table = _table("Services", "family", "ranker", "AC@1", "AC@3", "Avg@5", "Clew won - lost", "s/case")
    shares: dict[str, dict[str, Share]] = {}
    for family, contests in families.items():
        scored = [c for c in contests if c.places]
        if not scored:
            continue
        shares[family] = _shares(scored)
        for row, (name, share) in enumerate(shares[family].items()):
            label = f"{family} ({len(scored)})" if row == 0 else ""
            table.add_row(label, name, *_points(share), _wins(scored, name), _seconds(scored, name))
        table.add_section()
    if all(family in shares for family in MACRO):
        for row, name in enumerate(shares[MACRO[0]]):
            whole = accuracy.mean([shares[family][name] for family in MACRO])
            table.add_row("macro" if row == 0 else "", name, *_points(whole), "", "")
    return table


def _shares(scored: Sequence[Contest]) -> dict[str, Share]:
    names = list(dict.fromkeys(name for contest in scored for name in contest.places))
    found = {name: accuracy.share(_places(scored, name)) for name in names}
    return {**found, CHANCE: accuracy.mean([contest.chance for contest in scored])}


def _places(scored: Sequence[Contest], name: str) -> list[int]:
    return [contest.places.get(name, accuracy.ABSENT) for contest in scored]


def _wins(scored: Sequence[Contest], name: str) -> str:
    if name in (CLEW, CHANCE):
        return ""
    found = accuracy.wins(_places(scored, CLEW), _places(scored, name))
    return f"{found.won} - {found.lost}"


def _seconds(scored: Sequence[Contest], name: str) -> str:
    took = [contest.seconds[name] for contest in scored if name in contest.seconds]
    return f"{median(took):.2f}" if took else ""


def changes_table(families: Families) -> Table | None:
    """The right change first and among the first three; None where no case asks for one."""
    table = _table(
        "Changes", "family", "right first", "in first three", "newest deploy", "with abstaining", "'none' first"
    )
    for family, contests in families.items():
        asked = [contest.changes for contest in contests if contest.changes]
        if asked:
            table.add_row(family, *_change_row(asked))
    return table if table.row_count else None


def _change_row(asked: Sequence[ChangePlaces]) -> tuple[str, ...]:
    named = [c.named for c in asked if c.named is not None]
    newest = [c.newest for c in asked if c.newest is not None]
    whole = [c.abstaining for c in asked]
    abstained = [c.none_first for c in asked if c.none_first is not None]
    return (
        f"{accuracy.within(named, 1):.2f} of {len(named)}",
        f"{accuracy.within(named, 3):.2f}",
        f"{accuracy.within(newest, 1):.2f} / {accuracy.within(newest, 3):.2f}",
        f"{accuracy.within(whole, 1):.2f} / {accuracy.within(whole, 3):.2f} of {len(whole)}",
        f"{sum(abstained)} of {len(abstained)}",
    )


def cost_table(families: Families) -> Table:
    """Cases, wrong verdicts about health, and median seconds: reading the files, and the investigation over them."""
    table = _table(
        "Verdicts and time", "family", "cases", "answered", "wrong about health", "reading s", "investigating s"
    )
    for family, contests in families.items():
        answers = [contest.answer for contest in contests if contest.answer]
        wrong = sum(contest.health_right is False for contest in contests if contest.answer)
        table.add_row(
            family,
            str(len(contests)),
            str(len(answers)),
            str(wrong),
            f"{median(a.reading for a in answers):.2f}" if answers else "",
            f"{median(a.prediction.seconds - a.reading for a in answers):.2f}" if answers else "",
        )
    return table


def misses_table(families: Families) -> Table:
    """The cases whose right service, right change or health was not told first, each with what was told instead."""
    table = _table("Misses", "case", "right one at", "first three told", "right change at", "changes told", "sure")
    for contests in families.values():
        for contest in contests:
            place, change = contest.places.get(CLEW, 0), contest.changes
            wrong_change = change is not None and change.abstaining > 0
            if contest.answer is None or not (place or wrong_change or contest.health_right is False):
                continue
            told = contest.answer.prediction
            table.add_row(
                contest.name,
                _ordinal(place),
                "healthy" if told.healthy else ", ".join(told.ranking[:3]),
                _ordinal(change.abstaining) if change else "",
                ", ".join(name[:7] for name in told.changes[:3]) if change else "",
                told.confidence.word,
            )
    return table


def _ordinal(place: int) -> str:
    return "absent" if place >= accuracy.ABSENT else str(place + 1)


def shifts_table(runs: Mapping[float, Sequence[Contest]]) -> Table:
    """AC@1 / AC@3 by family and shift of the alert (seconds), the macro mean, and the mean loss of AC@1 either way, in points."""
    table = _table("Alert moved by", "family", *(f"{shift:+g} s" if shift else "0" for shift in runs))
    shares: dict[str, list[Share]] = {}
    for contests in runs.values():
        for family, members in by_family(contests).items():
            places = [contest.places[CLEW] for contest in members if CLEW in contest.places]
            shares.setdefault(family, []).append(accuracy.share(places))
    if all(family in shares for family in MACRO):
        shares["macro"] = [accuracy.mean(column) for column in zip(*(shares[name] for name in MACRO), strict=True)]
    for family, row in shares.items():
        table.add_row(family, *(f"{share.first:.2f} / {share.third:.2f}" for share in row))
    for name, row in shares.items():
        first = dict(zip(runs, (share.first for share in row), strict=True))
        table.add_row(f"{name}, mean loss", *(_loss(first, shift) for shift in runs))
    return table


def _loss(first: Mapping[float, float], shift: float) -> str:
    """What moving the alert by so much, either way, costs on average; told once, at the positive shift."""
    if shift <= 0 or 0.0 not in first or -shift not in first:
        return ""
    return f"{100 * (first[0.0] - (first[shift] + first[-shift]) / 2):.1f}"


def _points(share: Share) -> tuple[str, str, str]:
    return (f"{share.first:.2f}", f"{share.third:.2f}", f"{share.average:.2f}")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for index, column in enumerate(columns):
        table.add_column(column, justify="left" if index == 0 or column == "ranker" else "right")
    return table
