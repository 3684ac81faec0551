"""What can a person do in this Slack?"""

from dataclasses import dataclass
from typing import Any

from playground.slack import interaction, membership, modals, posting, reactions
from playground.slack.envelope import Ack
from playground.slack.installation import BOT_USER, Json
from playground.slack.refusal import Refusal
from playground.slack.workspace import Channel, User
from playground.slack.world import World


@dataclass(frozen=True)
class Person:
    """One user's hands and eyes. Channels are ids or names; what Slack would not allow raises Refusal."""

    world: World
    user: User

    @property
    def id(self) -> str:
        return self.user.id

    def _channel(self, channel: str, member: bool = True) -> Channel:
        found = self.world.workspace.channel(channel)
        if (found.is_private or found.is_im) and self.id not in found.members:
            raise Refusal("channel_not_found")
        if member and found.is_archived:
            raise Refusal("is_archived")
        if member and self.id not in found.members:
            membership.add(self.world, found, self.id)
        return found

    async def says(self, channel: str, text: str, thread_ts: str | None = None) -> str:
        """Post a message (joining the channel if need be; `clew` or the bot's id opens the direct one)."""
        place = self.im() if channel in (BOT_USER, "bot") else self._channel(channel)
        message: Json = {"user": self.id, "text": posting.typed_text(self.world, text), "team": "T0PLAY001"}
        message["client_msg_id"] = self.world.workspace.next_id("msg-")
        if thread_ts:
            message["thread_ts"] = self.world.workspace.message(place, thread_ts).get("thread_ts", thread_ts)
        return posting.post(self.world, place, message)["ts"]

    def im(self) -> Channel:
        """The direct conversation with the app."""
        return self.world.workspace.im(self.id, BOT_USER)

    async def edits(self, channel: str, ts: str, text: str) -> None:
        place = self._channel(channel)
        edited = {"user": self.id, "ts": self.world.workspace.next_ts()}
        message = self._own(place, ts)
        posting.edit(self.world, place, message, text=posting.typed_text(self.world, text), edited=edited)

    async def deletes(self, channel: str, ts: str) -> None:
        place = self._channel(channel)
        posting.delete(self.world, place, self._own(place, ts))

    def _own(self, channel: Channel, ts: str) -> Json:
        message = self.world.workspace.message(channel, ts)
        if message.get("user") != self.id:
            raise Refusal("cant_update_message")
        return message

    async def command(self, channel: str, text: str) -> Ack:
        """Type a slash command; waits for the app's acknowledgement as the person would."""
        return await interaction.command(self.world, self.id, self._channel(channel), text)

    async def clicks(self, channel: str, seen: str | Json, action_id: str, value: str | None = None) -> Ack:
        """Press the button (or pick the option with this value) of a message; an ephemeral one too.

        `seen` is the message's ts, or a message got earlier, to click on what has changed since.
        """
        return await interaction.message_action(
            self.world, self.id, self._channel(channel, False), seen, (action_id, value)
        )

    async def clicks_in_view(self, view_id: str, action_id: str, value: str | None = None) -> Ack:
        """Press a button in an open modal or on Home."""
        return await interaction.view_action(self.world, self.id, view_id, (action_id, value))

    async def submits(self, view: str | Json, values: Json | None = None) -> Ack:
        """Submit an open modal. values: {block_id: {action_id: text or state object}} or {action_id: text}.

        An answer with response_action errors is in the Ack's body and leaves the modal open.
        """
        view_id = view if isinstance(view, str) else view["id"]
        return await modals.submit(self.world, self.id, view_id, values or {})

    async def closes(self, view: str | Json) -> None:
        view_id = view if isinstance(view, str) else view["id"]
        await modals.close(self.world, self.id, view_id)

    async def shortcut(self, callback_id: str, channel: str = "", ts: str = "") -> Ack:
        """A global shortcut, or with channel and ts a message shortcut."""
        if not channel:
            return await interaction.global_shortcut(self.world, self.id, callback_id)
        return await interaction.message_shortcut(self.world, self.id, callback_id, self._channel(channel, False), ts)

    async def creates_channel(self, name: str, **kind: Any) -> str:
        """kind: is_private, is_ext_shared. Returns the channel's id."""
        return membership.create(self.world, name, self.id, **kind).id

    async def renames_channel(self, channel: str, name: str) -> None:
        membership.rename(self.world, self._channel(channel), name, self.id)

    async def archives_channel(self, channel: str) -> None:
        membership.archive(self.world, self._channel(channel), self.id)

    async def invites(self, channel: str, user: str = BOT_USER) -> None:
        membership.add(self.world, self._channel(channel), self.world.workspace.user(user).id, inviter=self.id)

    async def removes(self, channel: str, user: str = BOT_USER) -> None:
        membership.remove(self.world, self._channel(channel), self.world.workspace.user(user).id)

    async def reacts(self, channel: str, ts: str, name: str) -> None:
        reactions.react(self.world, self._channel(channel), ts, self.id, name)

    async def unreacts(self, channel: str, ts: str, name: str) -> None:
        reactions.unreact(self.world, self._channel(channel), ts, self.id, name)

    async def opens_home(self, tab: str = "home") -> None:
        """tab: home or messages."""
        event: Json = {"type": "app_home_opened", "user": self.id, "channel": self.im().id, "tab": tab}
        home = self.world.workspace.homes.get(self.id)
        if home is not None and tab == "home":
            event["view"] = home
        self.world.announce(event)

    async def stops(self, channel: str, ts: str) -> None:
        """Press Slack's own Stop of an agent session. Raises Refusal not_processing when none is shown."""
        interaction.stop_session(self.world, self.id, self._channel(channel, False), ts)

    def messages(self, channel: str, thread_ts: str | None = None) -> list[Json]:
        """What is in the channel now (or in one thread), oldest first, ephemeral ones for this person included."""
        place = self.world.workspace.channel(channel)
        if place.id not in {c.id for c in self.world.workspace.channels.values() if self.id in self.world.audience(c)}:
            raise Refusal("channel_not_found")
        mine = [m for m in self.world.workspace.ephemerals.get(self.id, []) if m["channel"] == place.id]
        found = sorted([*place.messages.values(), *mine], key=lambda m: m["ts"])
        if thread_ts is not None:
            return [m for m in found if thread_ts in (m["ts"], m.get("thread_ts"))]
        return found

    @property
    def views(self) -> list[Json]:
        """The stack of open modals, top last."""
        return list(self.world.workspace.stacks.get(self.id, []))

    @property
    def home(self) -> Json | None:
        return self.world.workspace.homes.get(self.id)

    @property
    def notices(self) -> list[str]:
        """What Slack itself told this person, oldest first."""
        return [e.payload["text"] for e in self.world.record.entries("notice") if self.id in e.audience]
