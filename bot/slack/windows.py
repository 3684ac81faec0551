"""What does Slack show when a person wants to see more: evidence, queries, votes, the sum of terms, a fix."""

from bot.card import Line, Person, Strong, When
from bot.card_hypothesis import hypothesis_card
from bot.card_trial import trial_lines
from bot.citation import labels, prose
from bot.plain import as_text
from bot.slack.blocks import sections
from bot.slack.forms import modal
from bot.slack.ids import Form
from bot.slack.payload import shown as payload_blocks
from bot.slack.shapes import Block, Modal, context, section
from bot.slack.text import escaped, fenced, link, linkable
from bot.tone import tempered
from clew.evidence import Standing
from clew.feedback import Vote
from clew.hypothesis import Term
from clew.progress import HypothesisView, Numbered

QUERY = 1_500
TERMS = 15
VOTES = 40


def evidence_window(numbered: Numbered) -> Modal:
    """One fact: the sentence, the exact query, its window, what came back, and where it came from."""
    fact = numbered.fact
    standing: tuple[Line, ...] = ((f"! {_STANDING[fact.standing]}",),) if fact.standing is not Standing.SEEN else ()
    window: Line = (Strong("Window"), "  ", When(fact.window.start), " to ", When(fact.window.end))
    reason: Line = (f" · {fact.window.reason}",) if fact.window.reason else ()
    blocks: list[Block] = [
        *sections(((Strong(f"E{numbered.number}"), f" {fact.label}  ", *prose(fact.says, fact.window.end)), *standing)),
        *payload_blocks(fact.payload, fact.says),
        section(f"*Query*  {escaped(fact.source, 80)}"),
        section(fenced(fact.query or "none", QUERY)),
        *sections(((*window, *reason), (Strong("Asked at"), "  ", When(fact.taken_at)))),
    ]
    if linkable(fact.link):
        blocks.append(section(link("Open where it came from", fact.link or "")))
    blocks.append(context(f"Digest {escaped(fact.digest, 16)} · read-only"))
    return modal(Form.SHOW, f"Evidence E{numbered.number}", blocks)


_STANDING = {
    Standing.SEEN: "",
    Standing.EMPTY: "The source answered, and had nothing.",
    Standing.PARTIAL: "The source answered in part: what is missing is not known.",
    Standing.UNAVAILABLE: "The source did not answer: this is evidence of a gap only.",
}


def queries_window(view: HypothesisView) -> Modal:
    """Every query behind a hypothesis, as it was sent."""
    blocks: list[Block] = []
    for numbered in view.evidence[:12]:
        fact = numbered.fact
        line: Line = (
            *labels((numbered,)),
            f" {fact.source} · ",
            When(fact.window.start),
            " to ",
            When(fact.window.end),
        )
        blocks += [*sections((line,)), section(fenced(fact.query or "none", 600))]
    return modal(Form.SHOW, f"H{view.number}: full queries", blocks or [section("No query stands behind it.")])


def voters_window(view: HypothesisView) -> Modal:
    """Who agreed and who rejected, with their reasons; one voice per person."""
    votes = sorted(view.ballot.votes, key=lambda vote: vote.at)[-VOTES:]
    lines: tuple[Line, ...] = tuple(_voice(vote) for vote in votes)
    return modal(Form.SHOW, f"H{view.number}: who voted", sections(lines) or [section("Nobody has voted yet.")])


def _voice(vote: Vote) -> Line:
    if vote.agree:
        return ("▲ ", Person(vote.by), " agrees, ", When(vote.at))
    why = " · ".join(part for part in (vote.reason.value if vote.reason else "", vote.text) if part)
    return ("▼ ", Person(vote.by), f" rejects: {why}, ", When(vote.at))


def why_window(view: HypothesisView) -> Modal:
    """The sum that ranks this hypothesis, term by term, and every test that it was put to, in words."""
    told = view.hypothesis
    terms = sorted(told.why, key=lambda term: -abs(term.value))
    lines: list[Line] = [
        (Strong(told.confidence.value), ": ", tempered(told.title, told.confidence)),
        ("Causes are ordered by a sum that code computes. What pulled this one up (▲) and down (▼):",),
        *(_term(term) for term in terms[:TERMS]),
    ]
    if len(terms) > TERMS:
        lines.append((f"and {len(terms) - TERMS} smaller ones",))
    if not terms:
        lines.append(("No term was recorded for it.",))
    tests = trial_lines(told, view.incident.alerted_at)
    return modal(Form.SHOW, f"H{view.number}: why this rank", [*sections(lines), *sections(tests)])


def _term(term: Term) -> Line:
    return ("▲ " if term.value >= 0 else "▼ ", Strong(term.name), f" {term.value:+.2g}  {term.says}")


def fix_window(view: HypothesisView) -> Modal:
    """What a person could do about it; Clew does nothing by itself."""
    told, near = view.hypothesis, view.incident.alerted_at
    lines: list[Line] = [
        (Strong(f"H{view.number} {told.confidence}"), ": ", *prose(tempered(told.title, told.confidence), near)),
        (Strong("A person could"), "  ", *prose(told.next_step or "decide after a look at the evidence", near)),
    ]
    if told.settle:
        lines.append((Strong("How to know it worked"), "  ", *prose(told.settle, near)))
    lines.append(
        (Strong("Rests on"), "  ", *labels(view.evidence[:5])) if view.evidence else ("Rests on no evidence.",)
    )
    lines.append(("Clew proposes only: nothing has been changed, and nothing will be by this window.",))
    return modal(Form.SHOW, "See a fix", sections(lines))


def copy_window(view: HypothesisView) -> Modal:
    """The hypothesis as plain text to take elsewhere."""
    return modal(Form.SHOW, f"H{view.number} as text", [section(fenced(as_text(hypothesis_card(view))))])
