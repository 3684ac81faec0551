"""What came back as evidence, in blocks: numbers, log lines, a diff, a sentence."""

from bot.caption import change, number, quantity, scale, spark, utc
from bot.card import Code, Line, Strong, When
from bot.slack.blocks import sections
from bot.slack.shapes import Block, section
from bot.slack.text import fenced
from clew.evidence import Change, Lines, Note, Series

SAMPLES = 12
POINTS = 24
DIFF = 2_800
FILES = 10


def shown(payload: Series | Lines | Change | Note, says: str) -> list[Block]:
    """The payload as blocks, without a note that only repeats what was said; long ones are cut and say so."""
    match payload:
        case Series():
            return _series(payload)
        case Lines():
            return _lines(payload)
        case Change():
            return _change(payload)
        case Note():
            return sections(((payload.text,),)) if payload.text != says else []


def _series(series: Series) -> list[Block]:
    unit = scale(series)
    facts: list[Line] = [(Strong("Level"), f"  {change(series)}  ", Code(spark(series)))]
    if series.normal is not None:
        facts.append((Strong("Usual"), f"  {quantity(series.normal * unit.factor, unit.unit)}"))
    if series.onset is not None:
        facts.append((Strong("Changes at"), "  ", When(series.onset)))
    facts += [(Strong(mark.label), "  ", When(mark.at)) for mark in series.marks[:5]]
    step = max(1, -(-len(series.times) // POINTS))
    rows = [
        f"{utc(at)}  {'nothing measured' if value is None else number(value * unit.factor)}"
        for at, value in list(zip(series.times, series.values, strict=False))[::step]
    ]
    head = f"every {step}. of {len(series.times)} points, in {unit.unit or 'its own unit'}"
    return [*sections(facts), section(fenced("\n".join([head, *rows])))]


def _lines(lines: Lines) -> list[Block]:
    facts: list[Line] = [
        (Strong("Template"), "  ", Code(lines.template)),
        (Strong("Count"), f"  {lines.count:,}, usually {lines.usual:,}"),
    ]
    if lines.first is not None:
        facts.append((Strong("First"), "  ", When(lines.first)))
    if lines.last is not None:
        facts.append((Strong("Last"), "  ", When(lines.last)))
    if not lines.samples:
        return sections(facts)
    rows = [f"{utc(s.at)}  {s.text}{f'  trace={s.trace}' if s.trace else ''}" for s in lines.samples[:SAMPLES]]
    return [*sections(facts), section(fenced("\n".join(rows)))]


def _change(changed: Change) -> list[Block]:
    # an author is whatever a commit says: never a Person, who would be called
    by: Line = (f"  by {changed.author}",) if changed.author else ()
    facts: list[Line] = [
        (Strong(changed.what.capitalize()), "  ", Code(changed.ref), *by, " at ", When(changed.at)),
    ]
    if changed.title:
        facts.append((changed.title,))
    if changed.files:
        more = f" and {len(changed.files) - FILES} more" if len(changed.files) > FILES else ""
        facts.append((Strong("Files"), f"  {', '.join(changed.files[:FILES])}{more}"))
    if changed.diff is None:
        return [*sections(facts), section("! The diff could not be read, so this change is never named as a cause.")]
    return [*sections(facts), section(fenced(changed.diff, DIFF))]
