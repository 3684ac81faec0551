"""Which rights does Clew ask Slack for, and what is each one for?"""

from dataclasses import dataclass
from enum import StrEnum


class Method(StrEnum):
    """Every Web API method that Clew calls; there is no other way to call one."""

    IDENTIFY = "auth.test"
    CONNECT = "apps.connections.open"
    POST = "chat.postMessage"
    EDIT = "chat.update"
    WHISPER = "chat.postEphemeral"
    PERMALINK = "chat.getPermalink"
    INFO = "conversations.info"
    JOIN = "conversations.join"
    LIST = "conversations.list"
    CREATE = "conversations.create"
    INVITE = "conversations.invite"
    MEMBERS = "conversations.members"
    HISTORY = "conversations.history"
    REPLIES = "conversations.replies"
    OPEN_VIEW = "views.open"
    PUBLISH = "views.publish"
    SESSION = "agents.sessions.setStatus"
    PROMPTS = "assistant.threads.setSuggestedPrompts"
    UPLOAD_URL = "files.getUploadURLExternal"
    UPLOAD_DONE = "files.completeUploadExternal"
    FILE = "files.info"


@dataclass(frozen=True)
class Scope:
    """One right: the reason for it, what uses it, and what goes missing without it."""

    name: str
    reason: str
    methods: tuple[Method, ...] = ()
    events: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    without: str = ""
    """What people lose; empty for a scope that Clew cannot do without."""

    @property
    def optional(self) -> bool:
        return bool(self.without)


SCOPES = (
    Scope(
        "commands",
        "Offers `/investigate` and the two shortcuts.",
        features=("slash command", "shortcuts"),
    ),
    Scope(
        "app_mentions:read",
        "Hears when somebody addresses Clew by name, and nothing else through this scope.",
        events=("app_mention",),
    ),
    Scope(
        "chat:write",
        "Posts the card and its thread, edits them in place, and answers privately.",
        methods=(Method.POST, Method.EDIT, Method.WHISPER),
    ),
    Scope(
        "channels:read",
        "Learns of new and renamed channels, to join those whose names match your patterns, and refuses shared ones.",
        methods=(Method.INFO, Method.MEMBERS, Method.LIST),
        events=("channel_created", "channel_rename", "member_joined_channel"),
    ),
    Scope(
        "channels:join",
        "Enters a public incident channel without waiting to be invited.",
        methods=(Method.JOIN,),
    ),
    Scope(
        "channels:history",
        "Hears replies in its own threads, and finds its own post again after a crash instead of posting twice.",
        methods=(Method.HISTORY, Method.REPLIES),
        events=("message.channels",),
    ),
    Scope(
        "im:history",
        "Answers a direct message.",
        methods=(Method.HISTORY, Method.REPLIES),
        events=("message.im",),
    ),
    Scope(
        "assistant:write",
        "Shows Slack's own Stop button and suggested prompts while Clew works.",
        methods=(Method.SESSION, Method.PROMPTS),
        events=("agent_session_stopped",),
    ),
    Scope(
        "channels:manage",
        "Opens a channel for an incident that an alert reports, and invites the people you name.",
        methods=(Method.CREATE, Method.INVITE),
        without="an incident that an alert reports gets no channel of its own, it is told in the one you set",
    ),
    Scope(
        "groups:read",
        "Knows who may see a private incident channel that Clew was invited to.",
        methods=(Method.INFO, Method.MEMBERS),
        without="private incident channels are left alone",
    ),
    Scope(
        "groups:history",
        "Hears replies in its own threads in private channels that Clew was invited to.",
        methods=(Method.HISTORY, Method.REPLIES),
        events=("message.groups",),
        without="in private channels only a mention is a question, a plain reply is not",
    ),
    Scope(
        "files:write",
        "Uploads evidence charts.",
        methods=(Method.UPLOAD_URL, Method.UPLOAD_DONE),
        without="charts are shown as text",
    ),
    Scope(
        "files:read",
        "Waits until an uploaded chart is ready to be shown.",
        methods=(Method.FILE,),
        without="charts are shown as text",
    ),
)

WITHOUT_SCOPE = frozenset({Method.IDENTIFY, Method.CONNECT, Method.PERMALINK, Method.OPEN_VIEW, Method.PUBLISH})
"""Methods that any installed app may call (the connection uses the app-level token)."""

EVENTS_WITHOUT_SCOPE = ("app_home_opened",)


def events() -> tuple[str, ...]:
    """Every event subscribed to, in order and once each."""
    listed = [event for scope in SCOPES for event in scope.events]
    return tuple(dict.fromkeys([*listed, *EVENTS_WITHOUT_SCOPE]))


def missing(granted: frozenset[str] | None) -> tuple[Scope, ...]:
    """Scopes that were not granted; empty if Slack did not say what was."""
    if granted is None:
        return ()
    return tuple(scope for scope in SCOPES if scope.name not in granted)
