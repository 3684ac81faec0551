"""What can be set about alerts that come in?"""

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from clew.alert import Severity

SERVICE_LABELS = (
    "service",
    "service_name",
    "app_kubernetes_io_name",
    "app",
    "application",
    "component",
    "workload",
    "deployment",
    "job",
)
PLACE_LABELS = ("cluster", "region", "environment", "env", "namespace")


class AlertSettings(BaseModel):
    """How alerts become incidents. A route whose secret is not set does not exist."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    token: SecretStr | None = Field(
        default=None,
        description="Opens `/intake/alertmanager` and `/intake/alert`: sent as a bearer token, or as a basic-auth password.",
    )
    pagerduty_secret: SecretStr | None = Field(
        default=None,
        description="Opens `/intake/pagerduty`: the signing secret of a PagerDuty v3 webhook subscription.",
    )
    incident_io_secret: SecretStr | None = Field(
        default=None,
        description="Opens `/intake/incident-io`: the signing secret (`whsec_...`) of an incident.io webhook.",
    )
    channel: str = Field(
        default="",
        description="Name or id of the one channel in which each alert's incident is a thread; empty: a new channel for each.",
    )
    fallback_channel: str = Field(
        default="", description="Name or id of the channel to use when a new one cannot be made."
    )
    invite: tuple[str, ...] = Field(
        default=(), description="Ids of people who are invited to each new incident channel, such as `U024BE7LH`."
    )
    group_seconds: float = Field(
        default=300.0, ge=0, description="Alerts that belong together and come within so many seconds are one incident."
    )
    severities: tuple[Severity, ...] = Field(
        default=(Severity.CRITICAL, Severity.ERROR, Severity.WARNING),
        description="Severities that open an incident, of `critical`, `error`, `warning` and `info`; the others only join one.",
    )
    service_labels: tuple[str, ...] = Field(
        default=SERVICE_LABELS, description="Labels that name an alert's service, the surest first."
    )
    place_labels: tuple[str, ...] = Field(
        default=PLACE_LABELS,
        description="Labels that say where an alert fires; alerts of one place may share an incident.",
    )

    @field_validator("token", "pagerduty_secret", "incident_io_secret")
    @classmethod
    def _long(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value()) < 16:
            raise ValueError("must have at least 16 characters; `openssl rand -hex 24` makes one")
        return secret
