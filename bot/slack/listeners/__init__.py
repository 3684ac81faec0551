"""Which Slack feature leads to which function? One file per feature; this is the table of them."""

from slack_bolt.async_app import AsyncApp

from bot.slack.desk import Desk
from bot.slack.listeners import buttons, channels, command, forms, home, mention, messages, rest, session, shortcut


def register(app: AsyncApp, desk: Desk) -> None:
    """Binds every identifier to its function. The rest comes last: it takes what nobody else took."""
    for feature in (command, mention, messages, channels, buttons, forms, shortcut, home, session, rest):
        feature.register(app, desk)
