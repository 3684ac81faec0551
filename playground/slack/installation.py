"""How is the app installed here: its manifest, scopes, tokens and bot user?"""

import secrets
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
Mode = Literal["socket", "http"]

TEAM_ID = "T0PLAY001"
APP_ID = "A0PLAY001"
BOT_ID = "B0PLAY001"
BOT_USER = "U0BOT0001"

# The scope an app needs before Slack sends it an event (any one of them).
EVENT_SCOPES: dict[str, tuple[str, ...]] = {
    "app_mention": ("app_mentions:read",),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "channel_created": ("channels:read",),
    "channel_rename": ("channels:read",),
    "channel_archive": ("channels:read",),
    "channel_unarchive": ("channels:read",),
    "group_rename": ("groups:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "member_left_channel": ("channels:read", "groups:read"),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
    "pin_added": ("pins:read",),
    "user_change": ("users:read",),
    "agent_session_stopped": ("assistant:write", "chat:write"),
}


@dataclass(frozen=True)
class Installation:
    """One app in one workspace. Without a manifest everything is subscribed; scopes None grants everything."""

    manifest: Json | None = None
    scopes: frozenset[str] | None = None
    mode: Mode = "socket"
    bot_token: str = field(default_factory=lambda: f"xoxb-{secrets.token_hex(12)}")
    app_token: str = field(default_factory=lambda: f"xapp-1-{secrets.token_hex(12)}")
    signing_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    verification_token: str = field(default_factory=lambda: secrets.token_hex(12))
    refuse: frozenset[str] = field(default_factory=frozenset[str])

    def _features(self) -> Json:
        return (self.manifest or {}).get("features", {})

    @property
    def name(self) -> str:
        shown = self._features().get("bot_user", {}).get("display_name")
        return shown or (self.manifest or {}).get("display_information", {}).get("name", "Clew")

    @property
    def commands(self) -> tuple[Json, ...]:
        return tuple(self._features().get("slash_commands", ()))

    @property
    def shortcuts(self) -> tuple[Json, ...]:
        return tuple(self._features().get("shortcuts", ()))

    @property
    def is_agent(self) -> bool:
        return self.manifest is None or "agent_view" in self._features() or "assistant_view" in self._features()

    def takes_command(self, command: str) -> bool:
        return self.manifest is None or any(known.get("command") == command for known in self.commands)

    def escapes(self, command: str) -> bool:
        """Whether the manifest wants @names and links in this command's text as tokens."""
        return any(known.get("command") == command and known.get("should_escape") for known in self.commands)

    def takes_shortcut(self, callback_id: str, kind: str) -> bool:
        """kind is "message" or "global", as in the manifest."""
        if self.manifest is None:
            return True
        return any(known.get("callback_id") == callback_id and known.get("type") == kind for known in self.shortcuts)

    def grants(self, *any_of: str) -> bool:
        return not any_of or self.scopes is None or bool(self.scopes & set(any_of))

    def subscribes(self, event: str) -> bool:
        """Whether the manifest lists the event and a granted scope covers it."""
        if self.manifest is not None:
            listed = self.manifest.get("settings", {}).get("event_subscriptions", {}).get("bot_events", ())
            if event not in listed:
                return False
        return self.grants(*EVENT_SCOPES.get(event, ()))


def scopes_of(manifest: Json | None) -> frozenset[str] | None:
    """The bot scopes a manifest asks for, optional ones included (None without a manifest)."""
    if manifest is None:
        return None
    scopes = manifest.get("oauth_config", {}).get("scopes", {})
    return frozenset((*scopes.get("bot", ()), *scopes.get("bot_optional", ())))
