"""What can be set about a Prometheus, or whatever else speaks its API?"""

import re
from collections.abc import Mapping

from pydantic import Field, field_validator

from tools.address import Address

SERVICE_LABELS = (
    "service",
    "service_name",
    "app_kubernetes_io_name",
    "app",
    "k8s_deployment_name",
    "deployment",
    "workload",
    "container",
    "job",
)
LEFT_OUT = (
    "scrape_*",
    "promhttp_*",
    "prometheus_*",
    "net_conntrack_*",
    "alertmanager_*",
    "ALERTS*",
    "go_memstats_*",
    "go_gc_*",
    "go_sched_*",
    "python_gc_*",
    "process_virtual_memory*",
    "process_max_fds",
    "*_created",
    "*_info",
)
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class PrometheusSettings(Address):
    """Prometheus, VictoriaMetrics, Thanos or Mimir: whatever speaks the query API."""

    tenant: str | None = Field(default=None, description="Sent as `X-Scope-OrgID`, for Mimir and its kin.")
    matchers: Mapping[str, str] = Field(
        default={},
        description="Labels that every query is held to, such as `namespace=shop`; `namespace=~shop.*` for a pattern.",
    )
    service_labels: tuple[str, ...] = Field(
        default=SERVICE_LABELS, description="Labels that may name the service; the first that a metric has counts."
    )
    instance_labels: tuple[str, ...] = Field(
        default=("pod", "instance"), description="Labels that may tell the instances of a service apart, likewise."
    )
    leave_out: tuple[str, ...] = Field(
        default=LEFT_OUT, description="Names of metrics that say nothing about a service, with `*`."
    )
    history_seconds: float = Field(
        default=3600.0, ge=0, le=604_800, description="How far before the window is read, to know what is usual."
    )
    normal_offset_seconds: float | None = Field(
        default=None,
        gt=0,
        description="So much earlier the same window is a reference: 604800 for last week; without it there is none.",
    )
    step_seconds: float = Field(
        default=5.0, ge=1, le=3600, description="Least distance of samples; never less than the scrape interval."
    )
    points: int = Field(
        default=2000, ge=50, le=11_000, description="Samples of one series at most; beyond it the step grows."
    )
    most_series: int = Field(
        default=20_000,
        ge=10,
        description="Series read at once; of a larger fleet only the services near the trouble are read, and those that moved most.",
    )
    near_calls: int = Field(
        default=2,
        ge=0,
        le=5,
        description="In a large fleet: services within so many calls of the symptom are read first.",
    )

    @field_validator("service_labels", "instance_labels")
    @classmethod
    def _labels(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [name for name in names if not LABEL.fullmatch(name)]
        if wrong or not names:
            raise ValueError(
                f"must hold names of labels, not {wrong[0]!r}" if wrong else "must hold at least one label"
            )
        return names

    @field_validator("matchers")
    @classmethod
    def _matched(cls, given: Mapping[str, str]) -> Mapping[str, str]:
        for name, value in given.items():
            if not LABEL.fullmatch(name) or name == "__name__":
                raise ValueError(f"{name!r} is no label")
            if value.startswith("~"):
                try:
                    re.compile(value[1:])
                except re.error as error:
                    raise ValueError(f"{name}: {value[1:]!r} is no pattern: {error}") from None
            if not value.lstrip("~"):
                raise ValueError(f"{name} must have a value")
        return given
