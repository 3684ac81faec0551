"""When something happens here, who sees it, what is recorded, and does the app hear of it?"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from playground.slack.deliveries import Deliveries
from playground.slack.faults import Faults
from playground.slack.files import Files
from playground.slack.installation import BOT_USER, Installation, Json
from playground.slack.limits import Limits
from playground.slack.record import Record
from playground.slack.refusal import Refusal
from playground.slack.screens import Screens
from playground.slack.tickets import Tickets
from playground.slack.workspace import Channel, Workspace

MESSAGE_EVENTS = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}
PRIVATE_EVENTS = {"channel_rename": "group_rename", "channel_archive": "group_archive"}


@dataclass
class World:
    """All parts of one local Slack. `url` is where it is served, without a slash at the end."""

    installation: Installation
    workspace: Workspace
    record: Record
    faults: Faults
    limits: Limits
    tickets: Tickets
    deliveries: Deliveries
    files: Files
    screens: Screens = field(default_factory=Screens)
    streams: dict[tuple[str, str], Json] = field(default_factory=dict[tuple[str, str], Json])
    choices: dict[tuple[str, str, str], Json] = field(default_factory=dict[tuple[str, str, str], Json])
    url: str = ""

    def require(self, *any_of: str) -> None:
        """Raises Refusal missing_scope when none of these scopes was granted."""
        if not self.installation.grants(*any_of):
            provided = ",".join(sorted(self.installation.scopes or ()))
            raise Refusal("missing_scope", needed=",".join(any_of), provided=provided)

    def reachable(self, channel_id: str) -> Channel:
        """A channel the bot may know of. Raises Refusal channel_not_found for others, private ones included."""
        channel = self.workspace.channel_by_id(channel_id)
        if (channel.is_private or channel.is_im) and BOT_USER not in channel.members:
            raise Refusal("channel_not_found")
        return channel

    def joined(self, channel_id: str) -> Channel:
        """A channel the bot is in. Raises Refusal not_in_channel or channel_not_found."""
        channel = self.reachable(channel_id)
        if BOT_USER not in channel.members:
            raise Refusal("not_in_channel")
        return channel

    def people(self) -> tuple[str, ...]:
        return tuple(user.id for user in self.workspace.users.values() if not user.is_bot)

    def audience(self, channel: Channel) -> tuple[str, ...]:
        """Who can look into a channel: all people for a public one, else its members."""
        if channel.is_private or channel.is_im:
            return tuple(channel.members)
        return (*self.people(), *(m for m in channel.members if m == BOT_USER))

    def show(self, kind: str, channel: Channel, message: Json) -> None:
        """Record a message as shown and put it on the screens. kind: message, edited, deleted."""
        audience = self.audience(channel)
        self.record.add(kind, channel=channel.id, ts=message["ts"], audience=audience, payload=message)
        frame: Json = {"type": kind, "channel": channel.id, "message": message}
        if kind == "edited":
            frame["type"] = "message_changed"
        elif kind == "deleted":
            frame = {"type": "message_deleted", "channel": channel.id, "ts": message["ts"]}
        self.screens.show(audience, frame)

    def tell(self, users: Iterable[str], kind: str, frame: Json, **entry: str) -> None:
        """Show something that is no message (view, home, notice, status, reaction, channel) to these users."""
        users = tuple(users)
        self.record.add(kind, audience=users, payload=frame, **entry)
        self.screens.show(users, {"type": kind, **frame})

    def notice(self, user: str, text: str) -> None:
        """Something Slack itself tells one person."""
        self.tell((user,), "notice", {"text": text})

    def show_channel(self, channel: Channel) -> None:
        for user in self.audience(channel):
            if user != BOT_USER:
                self.tell((user,), "channel", {"channel": page_channel(channel, user)}, channel=channel.id)

    def announce(self, event: Json, channel: Channel | None = None, member_only: bool = True) -> None:
        """Send the app an event if it subscribes to it and may see the channel it is about."""
        name = str(event["type"])
        if channel is not None:
            if BOT_USER not in channel.members and (member_only or channel.is_private or channel.is_im):
                return
            if channel.is_private:
                name = PRIVATE_EVENTS.get(name, name)
        event = event | {"type": name}
        listed = MESSAGE_EVENTS[channel.kind] if name == "message" and channel else name
        if self.installation.subscribes(listed):
            self.deliveries.event(event | {"event_ts": event.get("event_ts") or self.workspace.next_ts()})


def page_channel(channel: Channel, viewer: str) -> Json:
    """A channel as the web page lists it: Slack's object with its members."""
    shape = channel.shape(viewer)
    return {"name": channel.name, "is_private": channel.is_private, "topic": {"value": channel.topic}} | {
        **shape,
        "is_ext_shared": channel.is_ext_shared,
        "members": list(channel.members),
    }
