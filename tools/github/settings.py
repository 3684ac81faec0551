"""Which repositories are asked for, and what counts as a deploy?"""

from typing import Annotated

from pydantic import ConfigDict, Field

from tools.address import Address, Web
from tools.ownership import Owning

Repository = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$")]


class GithubSettings(Address, Owning):
    """Repositories over GitHub's REST API; a token with read access to contents, pull requests, deployments and actions."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Web = Field(
        default="https://api.github.com", description="The REST API; of your own server it ends in `/api/v3`."
    )
    repositories: tuple[Repository, ...] = Field(
        min_length=1, max_length=100, description="Repositories that are read, as `owner/name`; no other is asked for."
    )
    branch: str = Field(default="", description="Branch that goes live; empty: the default branch of each.")
    not_live: tuple[str, ...] = Field(
        default=("dev*", "test*", "stag*", "qa*", "preview*", "review*", "sandbox*", "ci", "github-pages"),
        description="Environments whose deployments do not count, with `*`; the others are live.",
    )
    deploy_workflows: tuple[str, ...] = Field(
        default=("*deploy*", "*rollout*"),
        description="Names of workflows whose successful runs are deploys, with `*`, where no deployment is recorded.",
    )
