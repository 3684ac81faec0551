"""Which local clones are read, and how?"""

from pathlib import Path

from pydantic import ConfigDict, Field

from tools.ownership import Owning


class GitSettings(Owning):
    """Local clones, read with the git program; nothing in them is ever changed, but for fetched history where that is allowed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    paths: tuple[Path, ...] = Field(min_length=1, description="Folders of clones, bare or not.")
    branch: str = Field(default="", description="Branch that goes live; empty: what each clone has checked out.")
    fetch: bool = Field(default=False, description="Fetch from `origin` before reading, with the process's own rights.")
    any_owner: bool = Field(
        default=False, description="Read clones that another user owns; git refuses them otherwise."
    )
