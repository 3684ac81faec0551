"""How does outside text become Slack text that cannot mention, link, format or hide anything."""

import re
import unicodedata
from datetime import UTC, datetime

from bot.card import Code, Line, Link, Person, Span, Strong, Struck, When

ELLIPSIS = "…"
FALLBACK = 200
SPAN = 2_500
"""Longest outside text that one span may bring, in characters."""
URL = 2_000

_INVISIBLE = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
_SAFE = re.compile(r"[ -~]*\Z")
_MARKS = 3
"""Combining marks that may follow one another: enough for any script, too few to paint over other lines."""
_EMOJI = re.compile(r":(?=[a-z0-9_+'-]*[a-z])([a-z0-9_+'-]+):", re.IGNORECASE)
_EDGE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_TOKEN = re.compile(r"<[^<>\n]*>|&(?:amp|lt|gt);|.", re.DOTALL)
_PERSON = re.compile(r"[UW][A-Z0-9]{2,20}\Z")
_LOOKS_LIKE = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ", "<": "‹", ">": "›"})


def visible(text: str, most: int = SPAN) -> str:
    """One line in which every character shows: control, bidi, zero-width and tag characters appear as escapes. At most `most` long."""
    return cut(re.sub(r"\s+", " ", _bare(text[: most + 1])).strip(), most)


def _bare(text: str) -> str:
    return text if _SAFE.match(text) else "".join(_shown(text))


def _shown(text: str) -> list[str]:
    shown: list[str] = []
    marks = 0
    for character in text:
        kind = unicodedata.category(character)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if character in "\n\r\t\v\f\x85\u2028\u2029":
            shown.append(" ")
        elif kind[0] == "C" or character in _INVISIBLE or 0xE0100 <= ord(character) <= 0xE01EF or marks > _MARKS:
            shown.append(_escape(character))
        else:
            shown.append(character)
    return shown


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def cut(text: str, most: int) -> str:
    """At most `most` characters, the last an ellipsis if something is missing."""
    return text if len(text) <= most else text[: most - 1].rstrip() + ELLIPSIS


def cut_marked(text: str, most: int) -> str:
    """Slack text of at most `most` characters; never ends inside an entity, a `<...>` token or an open code span."""
    if len(text) <= most:
        return text
    room = max(0, most - 4)
    kept: list[str] = []
    used = 0
    for token in _TOKEN.findall(text[: most + URL]):
        if used + len(token) > room:
            break
        kept.append(token)
        used += len(token)
    whole = "".join(kept).rstrip()
    fence = "```" if whole.count("```") % 2 else "`" if whole.count("`") % 2 else ""
    return (whole + ELLIPSIS + fence)[:most]


def plain(text: str, most: int) -> str:
    """Outside text for a plain_text field."""
    return cut(visible(text, most).replace("<", "‹").replace(">", "›"), most)


def fallback(text: str) -> str:
    """Outside text for a message's own `text`: no markup or address of any kind, at most 200 characters, never empty."""
    bare = visible(text, FALLBACK).translate(_LOOKS_LIKE).replace("&", "+").replace("://", ":∕∕")
    bare = visible(_EDGE.sub(" ", bare), FALLBACK)
    return bare or "Clew has news"


def escaped(text: str, most: int = SPAN) -> str:
    """Outside text inside a mrkdwn field: reads the same, formats nothing, mentions nobody, links nowhere."""
    shown = visible(text, most)
    shown = shown.replace("://", ":∕∕").replace("*", "∗").replace("~", "∼").replace("`", "ˋ")
    shown = _EMOJI.sub(r":\1꞉", _EDGE.sub("ˍ", shown))
    lead, shown = ("›", shown[1:]) if shown.startswith(">") else ("", shown)
    return lead + _entities(shown)


def quoted(text: str, most: int = SPAN) -> str:
    """Outside text in a code span; empty text is an empty string, since Slack has no empty span."""
    shown = _entities(visible(text, most).replace("`", "ˋ"))
    return f"`{shown}`" if shown else ""


def fenced(text: str, most: int = 2_900) -> str:
    """Outside text of several lines in a code block, cut to `most` characters before escaping."""
    lines = (cut(_bare(line.expandtabs(4)), 400).rstrip() for line in text[: most + 1].splitlines())
    body = "\n".join(lines).replace("`", "ˋ")
    return "```" + cut_marked(_entities(cut(body, most)), 2_990) + "```"


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def moment(at: float, seconds: bool = True) -> str:
    """A Slack date token that shows the reader's own time, with UTC for clients that cannot."""
    try:
        day = datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        return "an unknown time"
    if day.year < 1971 or day.year > 2200:
        return "an unknown time"
    shown, token = ("%H:%M:%S UTC", "{time_secs}") if seconds else ("%H:%M UTC", "{time}")
    return f"<!date^{int(at)}^{token}|{day.strftime(shown)}>"


def person(someone: str) -> str:
    """A mention if these words are a Slack user id, else the words."""
    return f"<@{someone}>" if _PERSON.match(someone) else escaped(someone, 80)


def link(words: str, url: str) -> str:
    """A link if the address is plain http(s), else the words alone."""
    address = linkable(url)
    return f"<{_entities(address).replace('|', '%7C')}|{escaped(words, 80)}>" if address else escaped(words, 80)


def linkable(url: str | None) -> str | None:
    """The address if Slack may link it: http(s), printable ASCII without spaces, quotes or angle brackets, bounded."""
    if url and len(url) <= URL and re.fullmatch(r"https?://[!#-;=?-~]+", url):
        return url
    return None


def _span(span: Span) -> str:
    match span:
        case str():
            return escaped(span) if not span.isspace() else " "
        case Strong(text):
            return f"*{escaped(text)}*" if text.strip() else ""
        case Struck(text):
            return f"~{escaped(text)}~" if text.strip() else ""
        case Code(text):
            return quoted(text)
        case When(at, seconds):
            return moment(at, seconds)
        case Person(someone):
            return person(someone)
        case Link(text, url):
            return link(text, url)


def marked(line: Line) -> str:
    """One line of a card as Slack text. Spaces at the edges of outside text are kept as one space."""
    parts: list[str] = []
    for span in line:
        shown = _span(span)
        if isinstance(span, str) and shown.strip():
            shown = (" " if span[0].isspace() else "") + shown + (" " if span[-1].isspace() else "")
        parts.append(shown)
    return "".join(parts)
