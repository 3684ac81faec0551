"""What may stand in a rich_text entity?"""

from typing import Any

from playground.slack.shapes import Check, Findings, anything, boolean, many, of_type, one_of, shape, string, whole

STYLE = shape(
    {},
    dict.fromkeys(
        ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"), boolean
    ),
)
INLINE: dict[str, Check] = {
    "text": shape({"text": string(40_000)}, {"style": STYLE}),
    "link": shape({"url": string(3000)}, {"text": string(40_000, least=0), "style": STYLE, "unsafe": boolean}),
    "user": shape({"user_id": string(255)}, {"style": STYLE}),
    "usergroup": shape({"usergroup_id": string(255)}, {"style": STYLE}),
    "channel": shape({"channel_id": string(255)}, {"style": STYLE}),
    "emoji": shape({"name": string(255)}, {"unicode": string(255), "url": string(3000), "style": STYLE}),
    "broadcast": shape({"range": one_of("here", "channel", "everyone")}, {"style": STYLE}),
    "color": shape({"value": string(10)}, {"style": STYLE}),
    "date": shape(
        {"timestamp": whole(0, 10**11), "format": string(255)},
        {"url": string(3000), "fallback": string(1000), "style": STYLE},
    ),
}
INLINES = many(of_type(INLINE), 0, 1000)
SECTION = shape({"elements": INLINES})
PARTS: dict[str, Check] = {
    "rich_text_section": SECTION,
    "rich_text_preformatted": shape({"elements": INLINES}, {"border": whole(0, 1), "language": string(40)}),
    "rich_text_quote": shape({"elements": INLINES}, {"border": whole(0, 1)}),
    "rich_text_list": shape(
        {"elements": many(of_type({"rich_text_section": SECTION}), 0, 1000), "style": one_of("bullet", "ordered")},
        {"indent": whole(0, 8), "border": whole(0, 1), "offset": whole(0, 10_000)},
    ),
}
RICH_TEXT = shape({"elements": many(of_type(PARTS), 0, 1000)}, {"block_id": anything})


def rich_text(value: Any, path: str, findings: Findings) -> None:
    """One rich_text entity."""
    of_type({"rich_text": RICH_TEXT})(value, path, findings)
