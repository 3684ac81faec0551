"""What does the card of one hypothesis say: its word, its evidence, its doubts, its ballot?"""

from bot.caption import alternative, change, framed, spark
from bot.caption import title as caption
from bot.card import Button, Card, Fact, Image, Line, Menu, Person, Strong, Struck
from bot.card_trial import trial_notes
from bot.citation import demanded, fact, labels, prose
from bot.slack.ids import Act, More, Target
from bot.tone import tempered
from clew.errors import Refused
from clew.evidence import Series
from clew.feedback import Ballot, Vote
from clew.hypothesis import Confidence
from clew.progress import HypothesisView, Numbered

FACTS = 5
CHALLENGES = 3
CONTRADICTED = "the evidence contradicts it"


def hypothesis_card(view: HypothesisView) -> Card:
    """The card; raises Refused when anything on it rests on no evidence that can be opened."""
    told, near = view.hypothesis, view.incident.alerted_at
    whose = f"H{view.number}"
    out = told.confidence is Confidence.RULED_OUT
    if not told.support and not out:
        raise Refused(
            f"{whose} is not shown: it claims {told.title[:80]!r} and cites no evidence. Cite some or drop it."
        )
    title = tempered(told.title, told.confidence)
    lines: list[Line] = [prose(tempered(told.story, told.confidence), near)] if told.story else []
    if out:
        lines.insert(0, (Struck(title), "  ", *prose(told.ruled_out or CONTRADICTED, near)))
    return Card(
        title=f"{whose} · {told.confidence.upper()}{' · rechecking' if view.rechecking else ''}",
        state=title if len(title) <= 100 else title[:99] + "…",
        lines=tuple(lines),
        image=_image(view.chart),
        facts=_facts(view, whose),
        notes=(*_doubts(view, whose), *_challenged(view.ballot)),
        buttons=() if out else _ballot_buttons(view),
        menu=_menu(view),
        footer=("Ruled out stays visible. A new fact can bring it back.",) if out else (),
        fallback=f"{whose} {told.confidence.lower()}: {title}",
    )


def _facts(view: HypothesisView, whose: str) -> tuple[Fact, ...]:
    near = view.incident.alerted_at
    return tuple(
        fact(
            claim.model_copy(update={"text": tempered(claim.text, view.hypothesis.confidence)}),
            demanded(claim, view.evidence, whose),
            view.incident.id,
            near,
        )
        for claim in view.hypothesis.support
    )[:FACTS]


def _doubts(view: HypothesisView, whose: str) -> tuple[Line, ...]:
    told, near = view.hypothesis, view.incident.alerted_at
    hidden = len(told.support) - FACTS
    notes: list[Line] = [(f"and {hidden} more under ⋯",)] if hidden > 0 else []
    notes += trial_notes(told, near)
    against = [(*labels(demanded(c, view.evidence, whose)), " ", *prose(c.text, near)) for c in told.against[:FACTS]]
    notes += [(Strong("Against"), "  ", *line) for line in against] or [(Strong("Against"), "  none found.")]
    if told.challenge:
        notes.append((Strong("Tried to break it"), "  ", *prose(tempered(told.challenge, told.confidence), near)))
    if told.settle:
        notes.append((Strong("Would settle it"), "  ", *prose(told.settle, near)))
    return tuple(notes)


def _challenged(ballot: Ballot) -> tuple[Line, ...]:
    newest = ballot.rejects[-CHALLENGES:]
    return tuple(("Challenged by ", Person(vote.by), f": {_objection(vote)}") for vote in newest)


def _objection(vote: Vote) -> str:
    return vote.text or (vote.reason.value if vote.reason else "no reason given")


def _ballot_buttons(view: HypothesisView) -> tuple[Button, ...]:
    about = Target(incident=view.incident.id, hypothesis=view.number)
    up, down = len(view.ballot.agrees), len(view.ballot.rejects)
    buttons = [
        Button(Act.AGREE, f"▲ Agree {up or ''}".strip(), about, f"Agree with H{view.number}; {up} agree"),
        Button(
            Act.REJECT, f"▼ Reject {down or ''}".strip(), about, f"Reject H{view.number} with a reason; {down} reject"
        ),
    ]
    if view.hypothesis.next_step:
        buttons.append(Button(Act.FIX, "See a fix", about, "See what a person could do; nothing is done"))
    return tuple(buttons)


def _menu(view: HypothesisView) -> Menu:
    choices = (
        (More.WHY, "Why this rank"),
        (More.QUERIES, "Full queries"),
        (More.VOTERS, "Who voted"),
        (More.COPY, "Copy as text"),
    )
    return Menu(choices, Target(incident=view.incident.id, hypothesis=view.number))


def _image(numbered: Numbered | None) -> Image | None:
    if numbered is None or not isinstance(numbered.fact.payload, Series):
        return None
    shown = numbered.fact
    series = numbered.fact.payload
    window = framed(series, shown.window)
    return Image(
        key=f"E{numbered.number}",
        shows=series,
        window=window,
        title=f"E{numbered.number}: {caption(series)}",
        alt=alternative(series, window),
        spark=f"{spark(series)}  {change(series)}",
    )
