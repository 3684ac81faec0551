"""What does each view look like to people: from what is known to one message's parts."""

from bot.card import Button, Card, Line, Person, Span, Struck
from bot.card_hypothesis import CONTRADICTED, hypothesis_card
from bot.card_progress import RULED_OUT, progress_card
from bot.card_timeline import timeline_card
from bot.citation import cited, labels, prose, sources
from bot.slack.ids import Act, Target
from bot.tone import tempered
from clew.hypothesis import Claim, Confidence
from clew.progress import Answer, HypothesisView, Numbered, Progress, RuledOutView, TimelineView, View


def card(view: View, *, now: float, picture: str = "") -> Card:
    """The message for a view; `now` is Unix seconds, and keeps a clock that ran ahead from showing a time to come.
    `picture` is where the verdict's picture stands, if it does.

    The same view gives the same card. Raises Refused when a hypothesis claims something without evidence that can be opened.
    """
    match view:
        case Progress():
            return progress_card(view, now, picture)
        case HypothesisView():
            return hypothesis_card(view)
        case RuledOutView():
            return _ruled_out(view)
        case TimelineView():
            return timeline_card(view)
        case Answer():
            return _answer(view)


def _ruled_out(view: RuledOutView) -> Card:
    near, count = view.incident.alerted_at, len(view.hypotheses)
    lines: list[Line] = []
    used: list[Numbered] = []
    for told in view.hypotheses[:RULED_OUT]:
        facts = _all_cited((*told.against, *told.support), view.evidence)
        used += facts
        refs: Line = (" ", *labels(facts)) if facts else ()
        label = f"{told.label.value}: " if told.label is not None else ""
        lines.append((Struck(told.title), "  ", label, *prose(told.ruled_out or CONTRADICTED, near), *refs))
    if count > RULED_OUT:
        lines.append((f"and {count - RULED_OUT} more",))
    titles = ", ".join(told.title for told in view.hypotheses)
    return Card(
        title=f"RULED OUT ({count})",
        quiet=True,
        lines=tuple(lines),
        sources=sources(used, view.incident.id),
        fallback=f"Ruled out: {titles}" if titles else "Nothing was ruled out",
    )


def _all_cited(claims: tuple[Claim, ...], evidence: tuple[Numbered, ...]) -> tuple[Numbered, ...]:
    return cited(Claim(text="", evidence=tuple(i for c in claims for i in c.evidence)), evidence)[:3]


def _answer(view: Answer) -> Card:
    near = view.incident.alerted_at
    line: list[Span] = []
    used: list[Numbered] = []
    for claim in view.claims:
        facts = cited(claim, view.evidence)
        used += facts
        line += [" "] if line else []
        line += prose(tempered(claim.text, Confidence.POSSIBLE), near)
        line += [" [", *labels(facts), "]"] if facts else []
    said = " ".join(tempered(claim.text, Confidence.POSSIBLE) for claim in view.claims) or "Clew has no answer to that"
    return Card(
        title="",
        lines=(("Asked by ", Person(view.asker), f": {view.question[:150]}"), tuple(line) or (said + ".",)),
        sources=sources(used, view.incident.id),
        buttons=(Button(Act.ASK, "Ask more", Target(incident=view.incident.id), "Ask another question"),),
        footer=("AI can be wrong · read-only",),
        fallback=said,
    )
