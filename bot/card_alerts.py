"""What does a card say of the alerts that belong to its incident?"""

from bot.card import Line, Strong, When
from clew.alert import Roll

CALM = "alerts cleared"


def alert_lines(roll: Roll | None, *, running: bool) -> tuple[Line, ...]:
    """What fires beside the alert that opened it, since when it is over, and what to know about the place; none without alerts."""
    if roll is None:
        return ()
    lines: list[Line] = []
    if roll.resolved_at is not None:
        rest = f", {CALM}; the investigation goes on" if running else f", {CALM}"
        lines.append((Strong("Resolved"), " at ", When(roll.resolved_at, seconds=False), rest))
    elif roll.again_at is not None:
        lines.append((Strong("Firing again"), " since ", When(roll.again_at, seconds=False)))
    if roll.also:
        more = f", and {roll.more} more" if roll.more else ""
        ended = f" ({roll.ended} ended)" if roll.ended else ""
        lines.append((Strong("Also firing"), f"  {' · '.join(roll.also)}{more}{ended}"))
    if roll.note:
        lines.append(("! ", roll.note))
    return tuple(lines)
