"""Where can a person look at this fact: the one builder of links into other tools."""

from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from clew.incident import Window


class Links(BaseModel):
    """Base addresses that people's browsers reach, and links made from them and typed ids; every method is pure.

    Without the address it needs a method returns None: no link is better than a wrong one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    grafana_url: str | None = Field(
        default=None, description="Grafana, such as `https://grafana.example`; its Explore page opens."
    )
    grafana_metrics: str = Field(default="prometheus", description="Uid of the Prometheus data source in Grafana.")
    grafana_logs: str | None = Field(
        default=None, description="Uid of the Loki data source in Grafana, if there is one."
    )
    prometheus_url: str | None = Field(
        default=None, description="Prometheus as people reach it; used where Grafana is not set."
    )
    dashboards_url: str | None = Field(default=None, description="OpenSearch Dashboards as people reach it.")
    dashboards_pattern: str = Field(default="logs-*", description="Id of the index pattern in OpenSearch Dashboards.")
    github_url: str = Field(default="https://github.com", description="GitHub as people reach it.")
    jaeger_url: str | None = Field(default=None, description="Jaeger as people reach it.")

    def graph(self, query: str, window: Window) -> str | None:
        """A PromQL expression over a window: Grafana Explore, else Prometheus' own graph page."""
        raise NotImplementedError

    def lines(self, query: str, window: Window) -> str | None:
        """Log lines by a query string (KQL) in OpenSearch Dashboards' Discover."""
        raise NotImplementedError

    def stream(self, query: str, window: Window) -> str | None:
        """Log lines by a LogQL expression in Grafana Explore."""
        raise NotImplementedError

    def trace(self, trace_id: str) -> str | None:
        """One trace in Jaeger."""
        raise NotImplementedError

    def commit(self, repository: str, sha: str) -> str | None:
        """One commit; `repository` is `owner/name`."""
        return f"{self.github_url.rstrip('/')}/{quote(repository)}/commit/{quote(sha, safe='')}"
