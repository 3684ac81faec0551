"""What can be set about a cluster?"""

import re

from pydantic import Field, field_validator

from tools.address import Address, Web

INSIDE = "https://kubernetes.default.svc"
MOUNTED = "/var/run/secrets/kubernetes.io/serviceaccount"
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


class KubernetesSettings(Address):
    """A cluster's API server, read with get and list only."""

    url: Web = Field(default=INSIDE, description="The API server; as it is, the cluster that Clew runs in.")
    token_file: str = Field(
        default=f"{MOUNTED}/token",
        description="File with the token, read again as it is replaced; unless token is set.",
    )
    namespaces: tuple[str, ...] = Field(
        default=("default",), min_length=1, description="Namespaces that may be read; no other is ever asked for."
    )
    service_labels: tuple[str, ...] = Field(
        default=("app.kubernetes.io/name", "app", "k8s-app"),
        description="Labels whose value is a service's name, the best first; else the workload's own name is.",
    )
    secrets: bool = Field(
        default=False, description="Whether to see that a Secret changed; of its content nothing is asked for."
    )
    nodes: bool = Field(
        default=False, description="Whether to read the conditions of nodes, which belong to no namespace."
    )
    objects: int = Field(
        default=5_000, ge=100, le=50_000, description="Objects of one kind in one namespace that are read at most."
    )

    @field_validator("namespaces")
    @classmethod
    def _named(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not _NAMESPACE.fullmatch(name):
                raise ValueError(f"{name!r} is no namespace; name each one")
        return names
