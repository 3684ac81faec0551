"""Which team does an incident belong to: by the labels of its alert, or by the channel it is spoken about in?"""

import fnmatch
from collections.abc import Mapping

from bot.settings import ScopeSettings


def scope_of_labels(scopes: tuple[ScopeSettings, ...], labels: Mapping[str, str]) -> str:
    """The first scope all of whose labels the alert has (values may hold `*`); empty if there is none."""
    for scope in scopes:
        if scope.labels and all(
            fnmatch.fnmatchcase(labels.get(name, ""), value) for name, value in scope.labels.items()
        ):
            return scope.name
    return ""


def scope_of_channel(scopes: tuple[ScopeSettings, ...], channel_id: str, name: str) -> str:
    """The first scope one of whose patterns a channel's id or name matches, ignoring case; empty if there is none."""
    for scope in scopes:
        for pattern in scope.channels:
            wanted = pattern.lower().lstrip("#")
            if any(known and fnmatch.fnmatchcase(known.lower(), wanted) for known in (channel_id, name)):
                return scope.name
    return ""
