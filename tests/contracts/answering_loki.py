"""What does Loki answer, in the shapes that its documentation shows, to the few forms of LogQL that we send?"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from aiohttp import web

COUNTED = re.compile(
    r"sum(?: by \((?P<by>[\w, ]*)\) )?\((?:\()?count_over_time\((?P<what>.*) \[(?P<seconds>\d+)s\]\)\)*$"
)
STRING = r'"(?:[^"\\]|\\.)*"'
WHAT = re.compile(
    rf"\{{(?P<labels>(?:[^\"}}]|{STRING})*)\}}(?: \|~ (?P<pattern>{STRING}))?(?: \| (?P<level>\w+)=~(?P<levels>{STRING}))?$"
)
MATCHER = re.compile(rf"(\w+)(=~|=)({STRING})")


@dataclass(frozen=True)
class Entry:
    """One line; its time in Unix seconds."""

    at: float
    line: str
    labels: Mapping[str, str]

    @cached_property
    def nano(self) -> int:
        return round(self.at * 1e6) * 1000


@dataclass
class Loki:
    """A store of lines, and what was asked of it."""

    held: Sequence[Entry]
    most: int = 5_000
    """Lines in one answer at most, as `max_entries_limit_per_query`."""
    asked: list[web.Request] = field(default_factory=list[web.Request])
    lines_told: int = 0

    def app(self) -> web.Application:
        """The routes that we use."""
        app = web.Application()
        app.router.add_get("/loki/api/v1/labels", self._labels)
        app.router.add_get("/loki/api/v1/query", self._query)
        app.router.add_get("/loki/api/v1/query_range", self._range)
        return app

    async def _labels(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        start, end = (
            int(float(request.query[name]) * (1 if len(request.query[name]) > 12 else 1e9)) for name in ("start", "end")
        )
        names = sorted(
            {name for one in self.held if start <= one.nano <= end for name in one.labels if name != "detected_level"}
        )
        return web.json_response({"status": "success", "data": names} if names else {"status": "success"})

    async def _query(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        found = COUNTED.match(request.query["query"])
        if found is None:
            return web.Response(status=400, text="parse error")
        until = int(request.query["time"])
        since = until - int(found["seconds"]) * 1_000_000_000
        by = [name.strip() for name in (found["by"] or "").split(",") if name.strip()]
        counts = Counter(
            tuple(one.labels.get(name, "") for name in by)
            for one in self._selected(found["what"], since + 1, until + 1)
        )
        result = [
            {"metric": {n: v for n, v in zip(by, key, strict=True) if v}, "value": [until / 1e9, str(many)]}
            for key, many in sorted(counts.items())
        ]
        return _success("vector", result)

    async def _range(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        limit = int(request.query["limit"])
        if limit > self.most:
            return web.Response(
                status=400, text=f"max entries limit per query exceeded, limit > max_entries ({limit} > {self.most})"
            )
        start, end = int(request.query["start"]), int(request.query["end"])
        back = request.query["direction"] == "backward"
        mine = self._selected(request.query["query"], start, end)
        told = sorted(mine, key=lambda one: one.nano, reverse=back)[:limit]
        self.lines_told += len(told)
        streams: dict[str, list[list[str]]] = {}
        for one in told:
            streams.setdefault(json.dumps(dict(one.labels), sort_keys=True), []).append([str(one.nano), one.line])
        return _success("streams", [{"stream": json.loads(key), "values": values} for key, values in streams.items()])

    def _selected(self, what: str, start: int, end: int) -> list[Entry]:
        found = WHAT.match(what)
        if found is None:
            raise web.HTTPBadRequest(text=f"parse error: {what[:100]}")
        matchers = [(name, sign, json.loads(value)) for name, sign, value in MATCHER.findall(found["labels"])]
        pattern = re.compile(json.loads(found["pattern"])) if found["pattern"] else None
        levels = re.compile(json.loads(found["levels"])) if found["levels"] else None
        return [
            one
            for one in self.held
            if start <= one.nano < end
            and all(_fits(one.labels.get(name, ""), sign, value) for name, sign, value in matchers)
            and (pattern is None or pattern.search(one.line))
            and (levels is None or levels.fullmatch(one.labels.get(found["level"], "")))
        ]


def _fits(value: str, sign: str, wanted: str) -> bool:
    return re.fullmatch(wanted, value) is not None if sign == "=~" else value == wanted


def _success(kind: str, result: list[dict[str, Any]]) -> web.Response:
    return web.json_response({"status": "success", "data": {"resultType": kind, "result": result, "stats": {}}})
