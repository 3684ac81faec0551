"""Where can a person look at this fact: the one builder of links into other tools."""

import json
import re
from datetime import UTC, datetime
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from clew.incident import Window
from tools.address import Web

LONGEST = 2_000
"""Characters of a link: some browsers, proxies and chats cut or refuse longer ones, and a cut link leads elsewhere."""
_YEAR_10000 = 253_402_300_800.0
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_SHA = re.compile(r"[0-9A-Fa-f]{7,64}")
_TRACE = re.compile(r"[0-9A-Za-z_-]{1,128}")


class Links(BaseModel):
    """Base addresses that people's browsers reach, and links made from them and typed ids; every method is pure.

    Without the address it needs a method returns None, and so it does for an id that cannot be one: no link is better than a wrong one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    grafana_url: Web | None = Field(
        default=None, description="Grafana, such as `https://grafana.example`; its Explore page opens."
    )
    grafana_metrics: str = Field(default="prometheus", description="Uid of the Prometheus data source in Grafana.")
    grafana_logs: str | None = Field(
        default=None, description="Uid of the Loki data source in Grafana, if there is one."
    )
    prometheus_url: Web | None = Field(
        default=None, description="Prometheus as people reach it; used where Grafana is not set."
    )
    dashboards_url: Web | None = Field(default=None, description="OpenSearch Dashboards as people reach it.")
    dashboards_pattern: str = Field(default="logs-*", description="Id of the index pattern in OpenSearch Dashboards.")
    github_url: Web = Field(default="https://github.com", description="GitHub as people reach it.")
    jaeger_url: Web | None = Field(default=None, description="Jaeger as people reach it.")

    def graph(self, query: str, window: Window) -> str | None:
        """A PromQL expression over a window: Grafana Explore, else Prometheus' own graph page."""
        if self.grafana_url is not None:
            return self._explore(self.grafana_metrics, "prometheus", query, window)
        if self.prometheus_url is None or not query or not _dated(window):
            return None
        end = datetime.fromtimestamp(window.end, UTC).strftime("%Y-%m-%d %H:%M:%S")
        asked = {"expr": query, "tab": "0", "range_input": f"{max(1, round(window.seconds))}s", "end_input": end}
        # servers from 3.0 on send /graph to their new page and still read these names
        return _fitting(f"{self.prometheus_url}/graph?" + "&".join(f"g0.{k}={_part(v)}" for k, v in asked.items()))

    def lines(self, query: str, window: Window) -> str | None:
        """Log lines by a query string (KQL) in OpenSearch Dashboards' Discover, as from 2.10 on."""
        if self.dashboards_url is None or not _dated(window):
            return None
        times = f"time:(from:{_rison(_moment(window.start))},to:{_rison(_moment(window.end))})"
        states = {
            "_a": f"(discover:(columns:!(_source),isDirty:!f,sort:!()),"
            f"metadata:(indexPattern:{_rison(self.dashboards_pattern)},view:discover))",
            "_g": f"(filters:!(),refreshInterval:(pause:!t,value:0),{times})",
            "_q": f"(filters:!(),query:(language:kuery,query:{_rison(query)}))",
        }
        parts = "&".join(f"{name}={_part(state)}" for name, state in states.items())
        return _fitting(f"{self.dashboards_url}/app/data-explorer/discover#?{parts}")

    def stream(self, query: str, window: Window) -> str | None:
        """Log lines by a LogQL expression in Grafana Explore."""
        return self._explore(self.grafana_logs, "loki", query, window) if self.grafana_logs else None

    def trace(self, trace_id: str) -> str | None:
        """One trace in Jaeger."""
        if self.jaeger_url is None or not _TRACE.fullmatch(trace_id):
            return None
        return f"{self.jaeger_url}/trace/{_part(trace_id)}"

    def commit(self, repository: str, sha: str) -> str | None:
        """One commit; `repository` is `owner/name`."""
        return self._within(repository, f"commit/{sha}") if _SHA.fullmatch(sha) else None

    def compare(self, repository: str, before: str, after: str) -> str | None:
        """What came between two commits or tags."""
        if not before or not after or ".." in before + after:
            return None
        return self._within(repository, f"compare/{_part(before)}...{_part(after)}")

    def pull(self, repository: str, number: int) -> str | None:
        """One pull request."""
        return self._within(repository, f"pull/{number:d}")

    def run(self, repository: str, run_id: int) -> str | None:
        """One run of GitHub Actions."""
        return self._within(repository, f"actions/runs/{run_id:d}")

    def release(self, repository: str, tag: str) -> str | None:
        """One release by its tag."""
        return self._within(repository, f"releases/tag/{_part(tag)}") if tag and ".." not in tag else None

    def _within(self, repository: str, rest: str) -> str | None:
        names = repository.split("/")
        if not _REPOSITORY.fullmatch(repository) or any(set(name) == {"."} for name in names):
            return None
        return _fitting(f"{self.github_url}/{repository}/{rest}")

    def _explore(self, uid: str, kind: str, query: str, window: Window) -> str | None:
        """Grafana Explore, schema 1: as of Grafana 10."""
        if self.grafana_url is None or not query or not _dated(window):
            return None
        asked = {"refId": "A", "expr": query, "datasource": {"type": kind, "uid": uid}, "editorMode": "code"}
        asked |= {"range": True, "instant": False} if kind == "prometheus" else {"queryType": "range"}
        times = {"from": str(round(window.start * 1000)), "to": str(round(window.end * 1000))}
        panes = json.dumps({"clew": {"datasource": uid, "queries": [asked], "range": times}}, separators=(",", ":"))
        return _fitting(f"{self.grafana_url}/explore?schemaVersion=1&orgId=1&panes={_part(panes)}")


def _part(text: str) -> str:
    """Text that stays one part of an address whatever is in it; half a character becomes a question mark."""
    return quote(text.encode("utf-8", "replace"), safe="")


def _rison(text: str) -> str:
    """A string in Rison, the notation of Dashboards' page states: in single quotes, `!` escapes."""
    return "'" + text.replace("!", "!!").replace("'", "!'") + "'"


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(at * 1000) % 1000:03d}Z"


def _dated(window: Window) -> bool:
    """Whether a calendar has these moments."""
    return window.start >= 0 and window.end < _YEAR_10000


def _fitting(link: str) -> str | None:
    return link if len(link) <= LONGEST else None
