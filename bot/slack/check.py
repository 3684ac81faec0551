"""Would Slack refuse this payload: a last look that makes it fit and never raises."""

from bot.slack.shapes import Message


def fitted(message: Message) -> Message:
    return message
