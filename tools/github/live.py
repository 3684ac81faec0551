"""When did something go live, told by a deployment, a workflow's run or a release?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from tools.github.shapes import Deployment, DeployStatus, Release, Run

WAITING = frozenset({"pending", "queued"})
FAILED = frozenset({"failure", "error"})


@dataclass(frozen=True)
class Live:
    """One deploy, whoever told it."""

    ref: str
    sha: str
    """The commit that it brought out; empty where only a tag is known."""
    at: float
    title: str
    author: str
    page: tuple[str, int | str]
    place: str = ""
    """The environment's or workflow's name, which may hold a service's."""
    service: str | None = None

    @staticmethod
    def of_run(run: Run) -> "Live":
        return Live(
            f"run {run.id}",
            run.head_sha,
            run.updated_at,
            f"{run.name or 'deploy'}: {run.display_title}",
            run.actor.login if run.actor else "",
            ("run", run.id),
            run.name or "",
        )

    @staticmethod
    def of_release(release: Release) -> "Live":
        name = f" {release.name}" if release.name and release.name != release.tag_name else ""
        return Live(
            f"release {release.tag_name}"[:200],
            "",
            release.published_at or 0.0,
            f"release {release.tag_name}{name}",
            release.author.login if release.author else "",
            ("release", release.tag_name),
        )


def went_live(deployment: Deployment, course: Sequence[DeployStatus]) -> Live | None:
    """The deployment as it went: from its success, or from its start where it failed or still runs; None while it only waits."""
    states = sorted(course, key=lambda status: status.created_at)
    begun = [status for status in states if status.state not in WAITING]
    if states and not begun:
        return None
    success = next((status for status in begun if status.state == "success"), None)
    failed = not success and any(status.state in FAILED for status in begun)
    moment = success or (begun[0] if begun else None)
    at = moment.created_at if moment else deployment.created_at
    told = f" ({deployment.description})" if deployment.description else ""
    return Live(
        f"deployment {deployment.id}",
        deployment.sha,
        at,
        f"deploy {deployment.ref} to {deployment.environment}{told}{', which failed' if failed else ''}",
        deployment.creator.login if deployment.creator else "",
        ("commit", deployment.sha),
        deployment.environment,
        _service(deployment.payload),
    )


def _service(payload: Any) -> str | None:
    """What a deployment's own payload calls its service."""
    if not isinstance(payload, dict):
        return None
    given = cast(dict[str, Any], payload)
    names = (given.get(key) for key in ("service", "app", "application", "component"))
    return next((name[:200] for name in names if isinstance(name, str) and name), None)
