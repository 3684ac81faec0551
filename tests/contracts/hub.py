"""A server made from the documented shapes of GitHub's REST API (2022-11-28): ETags, pages, rate limits, and refusals on demand."""

import hashlib
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

Json = dict[str, Any]


def sha(number: int) -> str:
    return f"{number:08x}".ljust(40, "a")


def when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def user(login: str) -> Json:
    return {"login": login, "id": 1, "node_id": "MDQ6VXNlcjE=", "type": "User", "site_admin": False}


def commit(
    number: int, at: float, message: str, patches: dict[str, str | None], parents: tuple[int, ...] | None = None
) -> Json:
    signed = {"name": "Mona", "email": "mona@shop.example", "date": when(at)}
    above = (number - 1,) if parents is None else parents
    return {
        "sha": sha(number),
        "node_id": "MDY6Q29tbWl0",
        "html_url": f"https://github.com/shop/web/commit/{sha(number)}",
        "commit": {"author": signed, "committer": signed, "message": message, "comment_count": 0},
        "author": user("mona"),
        "committer": user("web-flow"),
        "parents": [{"sha": sha(parent), "url": "https://api.github.com/"} for parent in above],
        "files": [
            {"sha": "bbcd", "filename": path, "status": "modified", "additions": 1, "deletions": 1, "changes": 2}
            | ({"patch": patch} if patch is not None else {})
            for path, patch in patches.items()
        ],
    }


def deployment(number: int, at: float, of: int, environment: str = "production", payload: Any = "") -> Json:
    return {
        "id": number,
        "sha": sha(of),
        "ref": "main",
        "task": "deploy",
        "payload": payload,
        "original_environment": environment,
        "environment": environment,
        "description": None,
        "creator": user("pipeline"),
        "created_at": when(at),
        "updated_at": when(at),
        "production_environment": environment == "production",
    }


def status(state: str, at: float) -> Json:
    return {"id": 1, "state": state, "creator": user("pipeline"), "description": "", "created_at": when(at)}


def pull(number: int, title: str, of: int, at: float) -> Json:
    return {
        "number": number,
        "state": "closed",
        "title": title,
        "user": user("ada"),
        "merged_at": when(at),
        "merge_commit_sha": sha(of),
        "draft": False,
    }


def run(number: int, name: str, of: int, at: float, conclusion: str = "success") -> Json:
    return {
        "id": number,
        "name": name,
        "display_title": "Lower the pool",
        "head_sha": sha(of),
        "event": "push",
        "status": "completed",
        "conclusion": conclusion,
        "actor": user("ada"),
        "created_at": when(at - 60),
        "run_started_at": when(at - 60),
        "updated_at": when(at),
    }


def release(tag: str, at: float | None, **more: Any) -> Json:
    published = when(at) if at is not None else None
    told = {"id": 1, "tag_name": tag, "name": tag, "draft": False, "prerelease": False, "author": user("ada")}
    return {**told, "target_commitish": "main", "published_at": published, **more}


@dataclass
class Repo:
    """What one repository holds; commits from the branch's end back."""

    commits: list[Json] = field(default_factory=list[Json])
    pulls: list[Json] = field(default_factory=list[Json])
    deployments: list[Json] = field(default_factory=list[Json])
    statuses: dict[int, list[Json]] = field(default_factory=dict[int, list[Json]])
    releases: list[Json] = field(default_factory=list[Json])
    runs: list[Json] = field(default_factory=list[Json])
    contents: dict[str, str] = field(default_factory=dict[str, str])


@dataclass
class Hub:
    """The server's state, which tests change while it runs."""

    repos: dict[str, Repo] = field(default_factory=dict[str, Repo])
    moved: set[str] = field(default_factory=set[str])
    token: str = ""
    """While set, a request without it is refused."""
    left: int = 5_000
    reset: float = 2_000_000_000.0
    clock: float | None = None
    refusals: dict[str, tuple[int, Json, dict[str, str]]] = field(
        default_factory=dict[str, tuple[int, Json, dict[str, str]]]
    )
    """What is answered instead, by a part of the path."""
    asked: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    """(path, status) of every request."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The documented answer, counted."""
        response = self._answer(request)
        self.asked.append((request.path, response.status))
        if response.status != 304 and request.path != "/rate_limit":
            self.left = max(0, self.left - 1)
        response.headers["X-RateLimit-Limit"] = "5000"
        response.headers["X-RateLimit-Remaining"] = str(self.left)
        response.headers["X-RateLimit-Reset"] = str(int(self.reset))
        if self.clock is not None:
            response.headers["Date"] = formatdate(self.clock, usegmt=True)
        return response

    def _answer(self, request: web.Request) -> web.Response:
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.json_response({"message": "Bad credentials", "status": "401"}, status=401)
        for part, (code, body, headers) in self.refusals.items():
            if part in request.path:
                return web.json_response(body, status=code, headers=headers)
        if self.left == 0 and request.path != "/rate_limit":
            told = {"message": "API rate limit exceeded for user ID 1.", "documentation_url": "https://docs.github.com"}
            return web.json_response(told, status=403)
        if request.path == "/rate_limit":
            core = {"limit": 5000, "remaining": self.left, "reset": int(self.reset), "used": 5000 - self.left}
            return web.json_response({"resources": {"core": core}, "rate": core})
        return self._told(request)

    def _told(self, request: web.Request) -> web.Response:
        parts = request.path.split("/")
        name, rest = "/".join(parts[2:4]), parts[4:]
        if name in self.moved:
            return web.Response(status=301, headers={"Location": f"{request.url.origin()}/repositories/1"})
        repo = self.repos.get(name)
        if repo is None:
            return _nothing()
        if rest[:1] == ["contents"]:
            path = "/".join(rest[1:])
            return _tagged(request, repo.contents[path].encode()) if path in repo.contents else _nothing()
        if rest[:1] == ["commits"] and len(rest) == 2:
            one = next((c for c in repo.commits if c["sha"] == rest[1]), None)
            return _nothing() if one is None else _tagged(request, _packed(one))
        if not rest:
            return _tagged(request, _packed({"full_name": name, "default_branch": "main", "archived": False}))
        return self._listing(request, repo, rest)

    def _listing(self, request: web.Request, repo: Repo, rest: list[str]) -> web.Response:
        if rest[0] == "commits":
            bare = [{key: value for key, value in c.items() if key != "files"} for c in repo.commits]
            since = request.query.get("since", "")
            every = [c for c in bare if c["commit"]["committer"]["date"] >= since]
        elif rest[0] == "deployments" and len(rest) == 3:
            every = repo.statuses.get(int(rest[1]), [])
        elif rest == ["actions", "runs"]:
            return _tagged(request, _packed({"total_count": len(repo.runs), "workflow_runs": repo.runs}))
        else:
            every = {"pulls": repo.pulls, "deployments": repo.deployments, "releases": repo.releases}[rest[0]]
        size, page = int(request.query.get("per_page", "30")), int(request.query.get("page", "1"))
        response = _tagged(request, _packed(every[(page - 1) * size : page * size]))
        if page * size < len(every):
            response.headers["Link"] = f'<{request.url.update_query(page=str(page + 1))}>; rel="next"'
        return response


def _packed(told: object) -> bytes:
    return json.dumps(told).encode()


def _tagged(request: web.Request, body: bytes) -> web.Response:
    tag = f'W/"{hashlib.sha256(body).hexdigest()}"'
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers={"ETag": tag})
    return web.Response(body=body, content_type="application/json", headers={"ETag": tag})


def _nothing() -> web.Response:
    return web.json_response({"message": "Not Found", "status": "404"}, status=404)


@asynccontextmanager
async def serving(hub: Hub) -> AsyncGenerator[str]:
    """The server's address while it runs."""
    application = web.Application()
    application.router.add_get("/{path:.*}", hub.answer)
    async with TestServer(application) as server:
        yield str(server.make_url("")).rstrip("/")
