"""What does a card say where there is no markup at all: a terminal, a clipboard?"""

from bot.caption import utc
from bot.card import Card, Line, Link, Person, Plan, Span, When
from clew.progress import StepState

MARK = {StepState.PENDING: "○", StepState.RUNNING: "◐", StepState.DONE: "✓", StepState.FAILED: "!"}


def as_text(card: Card) -> str:
    """The card as lines of plain text, in its order; buttons are left out. Outside text is as it came: clean it where it is shown."""
    rows = [card.heading, *(as_line(line) for line in card.lines)]
    if card.image is not None:
        rows.append(f"{card.image.title}  {card.image.spark}")
    rows += [as_line(fact.line) for fact in card.facts]
    if card.plan is not None:
        rows += _plan(card.plan)
    rows += [as_line(note) for note in card.notes]
    if card.sources is not None:
        rows.append(as_line(card.sources.line))
    rows.append(as_line(card.footer))
    return "\n".join(row for row in rows if row)


def as_line(line: Line) -> str:
    """One line without markup; links show their words, moments are UTC."""
    return "".join(_words(span) for span in line)


def _words(span: Span) -> str:
    match span:
        case str():
            return span
        case When(at, seconds):
            return utc(at, seconds)
        case Link(text, _):
            return text
        case Person(someone):
            return someone
        case _:
            return span.text


def _plan(plan: Plan) -> list[str]:
    rows = [f" {MARK[task.state]} {task.title}{f'  {task.note}' if task.note else ''}" for task in plan.tasks]
    return [plan.title, *rows]
