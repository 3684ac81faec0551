"""What does a person want to know? Recognised by code from the words and the known names; a question never commands."""

import difflib
import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

from clew.frozen import Frozen

LONGEST = 600
"""Characters of a question that are read."""


class Intent(StrEnum):
    """Everything that can be asked."""

    CHANGED = "what changed"
    METRIC = "show a metric"
    LOGS = "show logs"
    WHY_NOT = "why not"
    WHY = "why"
    OVER = "is it over"
    AFFECTED = "who is affected"
    WHEN = "when did it start"
    CHECKED = "what was checked"
    STATUS = "status"
    SURE = "how sure"
    FIX = "what to do"
    HELP = "help"
    UNKNOWN = "unknown"


class Wanted(Frozen):
    """A recognised question: what is wanted, of which service, and the words that name a metric or a text."""

    intent: Intent
    service: str | None = None
    subject: str = ""


_RULES: tuple[tuple[Intent, tuple[str, ...]], ...] = (
    (
        Intent.HELP,
        (
            r"^\W*help\b",
            r"what can (?:i|we|you)\b(?! do about)",
            r"how do (?:i|we) (?:ask|use)",
            r"who are you",
        ),
    ),
    (
        Intent.WHY_NOT,
        (
            r"\bwhy not\b",
            r"\bwhy (?:is|are|was|were) ?(?:n[o']t|it not)\b",
            r"\brule[ds]? out\b",
            r"\bcould it (?:also )?be\b",
            r"\bisn't it\b",
            r"\bis it (?:not )?(?:the|because)\b",
            r"\bwhat about\b",
            r"\bcan(?:not|'t)? it be\b",
        ),
    ),
    (
        Intent.OVER,
        (
            r"\bis (?:it|this) (?:over|fixed|resolved|better|gone|done|still)\b",
            r"\bstill (?:happening|going|broken|slow|failing|bad)\b",
            r"\brecover(?:ed|ing)?\b",
            r"\bback to normal\b",
            r"\b(?:did|has) (?:it|that|this) (?:help|work|stop)",
        ),
    ),
    (
        Intent.CHECKED,
        (
            r"\bwhat (?:have|did|could|can) you (?:not |n't )?(?:check|look|see|read|try|miss)",
            r"\b(?:couldn't|could not|can't|cannot|not) (?:you )?see\b",
            r"\bwhat(?:'s| is) missing\b",
            r"\bblind spots?\b",
            r"\bwhich sources\b",
            r"\bgaps?\b",
        ),
    ),
    (
        Intent.SURE,
        (
            r"\bhow (?:sure|certain|confident)\b",
            r"\bare you (?:sure|certain|confident)\b",
            r"\bconfidence\b",
        ),
    ),
    (
        Intent.FIX,
        (
            r"\bfix\b",
            r"\bwhat (?:should|can|could|do) (?:we|i) do\b",
            r"\bnext steps?\b",
            r"\broll(?: it)? ?back\b",
            r"\brevert\b",
            r"\bmitigat",
            r"\brestart\b",
        ),
    ),
    (
        Intent.CHANGED,
        (
            r"\bwhat (?:has |was |were |have been |else )?(?:changed|deployed|released|shipped|merged)\b",
            r"\bwho (?:deployed|changed|merged|released)\b",
            r"\b(?:changes?|deploys?|deployments?|commits?|releases?|rollouts?|feature flags?)\b",
        ),
    ),
    (
        Intent.LOGS,
        (
            r"\blogs?\b",
            r"\blog lines?\b",
            r"\berror messages?\b",
            r"\bstack ?traces?\b",
            r"\bexceptions?\b",
        ),
    ),
    (
        Intent.AFFECTED,
        (
            r"\bwho(?: else)? (?:is|are|was) (?:affected|hit|impacted|suffering)",
            r"\b(?:affected|impacted|blast radius|impact)\b",
            r"\bwhat else is (?:broken|slow|affected|down)",
            r"\b(?:which|what) (?:other )?services\b",
            r"\bdid (?:this|it) (?:hit|affect)\b",
        ),
    ),
    (
        Intent.WHEN,
        (
            r"\bwhen (?:did|has|was|does)\b",
            r"\bsince when\b",
            r"\bhow long\b",
            r"\bwhat time\b",
        ),
    ),
    (
        Intent.WHY,
        (
            r"\bwhy\b",
            r"\bhow (?:do|did|can) you (?:know|think|say)\b",
            r"\bwhat makes you\b",
            r"\bevidence\b",
            r"\bexplain\b",
            r"\breason\b",
            r"\bhow come\b",
            r"\bcause[ds]?\b",
            r"\bwhat(?:'s| is)? (?:happened|broke|wrong)\b",
        ),
    ),
    (
        Intent.STATUS,
        (
            r"\bstatus\b",
            r"\bupdate\b",
            r"\bsummar(?:y|ise|ize)\b",
            r"\bcatch (?:me|us) up\b",
            r"\bwhere are we\b",
            r"\bwhat do (?:we|you) know\b",
            r"\bso far\b",
            r"\bany news\b",
            r"\bwhat(?:'s| is) (?:going on|up|happening)\b",
        ),
    ),
    (
        Intent.METRIC,
        (
            r"\b(?:show|plot|graph|chart|display|give me)\b",
            r"\bwhat(?:'s| is| was| are) (?:the )?\w[\w -]{1,40} (?:of|for|in|on)\b",
            r"\bhow (?:high|low|slow|busy)\b",
            r"\b(?:latency|cpu|memory|error rate|p9\d|throughput|requests)\b",
        ),
    ),
)
"""In order: the first intent with a phrase that occurs in the question wins."""
# fmt: off
_FILLER = frozenset(
    {
        "show", "me", "the", "a", "an", "of", "for", "in", "on", "at", "please", "can", "could", "you", "plot",
        "graph", "chart", "display", "give", "see", "get", "what", "is", "what's", "was", "are", "how", "high", "low",
        "slow", "much", "many", "busy", "service", "services", "logs", "log", "lines", "line", "metric", "metrics",
        "errors", "error", "messages", "with", "containing", "about", "and", "to", "from", "i", "we", "want", "it",
        "its", "this", "that", "there", "their", "which", "do", "does", "did", "value", "values", "now", "current",
        "right",
    }
)
_OPENERS = frozenset(
    {
        "what", "what's", "whats", "why", "who", "when", "where", "which", "how", "is", "are", "was", "were", "did", "does", "do",
        "has", "have", "can", "could", "should", "show", "list", "give", "explain", "compare", "tell", "plot", "check", "any", "help",
    }
)
_TALK = frozenset(
    {
        "i", "i'm", "i'll", "i've", "we", "we're", "we've", "he", "she", "they", "it", "it's", "that", "that's", "this", "ok", "okay",
        "thanks", "thank", "thx", "lol", "yes", "no", "nope", "yep", "same", "nice", "cool", "great", "good", "done", "on", "fyi", "let's",
    }
)
# fmt: on


def wanted(text: str, services: Sequence[str]) -> Wanted:
    """The intent of a question, the service it names (tolerant of spelling) and what is left as its subject."""
    flat = " ".join(text[:LONGEST].replace("’", "'").split()).strip()
    low = re.sub(r"<[^>]*>", " ", flat.lower())
    service = named(low, services)
    intent = next((i for i, phrases in _RULES if any(re.search(phrase, low) for phrase in phrases)), Intent.UNKNOWN)
    if intent is Intent.METRIC and service is None and not _subject(low, service):
        intent = Intent.UNKNOWN
    return Wanted(intent=intent, service=service, subject=_subject(low, service))


def asks(text: str) -> bool:
    """Whether a reply that names nobody is meant as a question: it asks, it requests, or it is one of the known ones.

    Talk among people ("thanks", "I rolled it back") is not: an answer nobody wanted is worse than one more mention.
    """
    words = re.findall(r"[\w']+", text[:LONGEST].lower())
    if not words:
        return False
    if "?" in text or words[0] in _OPENERS:
        return True
    return words[0] not in _TALK and wanted(text, ()).intent is not Intent.UNKNOWN


def named(text: str, services: Sequence[str]) -> str | None:
    """The known service that a text names: by its full name, by a telling part of it, or misspelt."""
    low = text.lower()
    full = [s for s in services if s and re.search(rf"(?<![\w-]){re.escape(s.lower())}(?![\w-])", low)]
    if full:
        return max(full, key=len)
    words = [w for w in re.findall(r"[\w-]{3,}", low) if w not in _FILLER]
    for word in words:
        parts = [s for s in services if word in _parts(s)]
        if len(parts) == 1:
            return parts[0]
    lowered = {s.lower(): s for s in services if s}
    for word in words:
        close = difflib.get_close_matches(word, lowered, n=1, cutoff=0.8) if len(word) > 3 else []
        if close:
            return lowered[close[0]]
    return None


def _parts(service: str) -> frozenset[str]:
    return frozenset(part for part in re.split(r"[-_./ ]", service.lower()) if len(part) > 2)


def _subject(low: str, service: str | None) -> str:
    """What is left of a question without filler and the service's name: the words for a metric or a text."""
    quoted = re.search(r"[\"'“]([^\"'”]{2,80})[\"'”]", low)
    if quoted:
        return quoted.group(1)
    gone = _parts(service or "") | {(service or "").lower()}
    words = [w for w in re.findall(r"[\w.%-]+", low) if w not in _FILLER and w not in gone]
    if service:
        words = [w for w in words if difflib.SequenceMatcher(None, w, service.lower()).ratio() < 0.8]
    return " ".join(words[:4])


def examples(services: Iterable[str]) -> tuple[str, ...]:
    """Questions that would be understood, with real names."""
    first = next((s for s in services if s), "")
    name = first or "the service"
    return (f"what changed in {name}?", f"show the logs of {name}", f"why not {name}?", "is it over?")
