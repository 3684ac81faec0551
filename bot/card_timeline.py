"""What does the message with the verdict's picture say?"""

from bot import timeline
from bot.card import Card, Image
from clew.progress import TimelineView

KEY = "timeline"


def timeline_card(view: TimelineView) -> Card:
    """The picture of the onsets on the call graph; where no picture can be shown, the same in one line."""
    told = view.timeline
    said = timeline.title(told)
    return Card(
        title=f"TIMELINE ({len(told.rows)} services)",
        quiet=True,
        image=Image(
            key=KEY,
            shows=told,
            window=timeline.window(told),
            title=said,
            alt=timeline.alternative(told),
            spark=timeline.in_words(told),
        ),
        footer=("A mark is a service's own first sign; a line joins a caller with what it calls.",),
        fallback=said,
    )
