"""Where is a thing on the network, and may that be an address at all?"""

import ipaddress
import re
from typing import Annotated, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

_OUTSIDE = re.compile(r"[\s\x00-\x1f\x7f<>\"'`{}|\\^]")

_NUMBER = re.compile(r"(?i)(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]*))*")


def plain(url: str) -> str:
    """The same address without a slash at its end; raises ValueError, saying what is wrong, where it is no plain http(s) address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or _OUTSIDE.search(url):
        raise ValueError("must be an address such as https://host:port")
    if parts.username or parts.password:
        raise ValueError("must hold no user or password: use the settings of these names")
    if parts.query or parts.fragment:
        raise ValueError("must end before any ? or #")
    if not _hosted(parts):
        raise ValueError("must name a host, or its address in the usual notation, and a port from 1 to 65535 if any")
    return url.rstrip("/")


def _hosted(parts: SplitResult) -> bool:
    """Whether host and port can be ones; a number in another notation is no name, and hides where it leads."""
    try:
        if parts.port == 0:
            return False
        host = parts.hostname or ""
        if ":" in host or _NUMBER.fullmatch(host):
            ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


Web = Annotated[str, AfterValidator(plain)]
"""An http(s) address without user, query, fragment and slash at its end."""


class Address(BaseModel):
    """Where a source is and how to get in: the part that every source's settings have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Web = Field(description="Base address, such as `http://localhost:9090`.")
    token: SecretStr | None = Field(default=None, description="Bearer token, if it wants one.")
    username: str | None = Field(default=None, description="User name for basic authentication, if it wants one.")
    password: SecretStr | None = Field(default=None, description="Password that goes with the user name.")
    ca_file: str | None = Field(
        default=None, description="File with the certificate authority to trust, if it is a private one."
    )

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if self.token is not None and self.username is not None:
            raise ValueError("set either token, or username and password, not both")
        if self.password is not None and self.username is None:
            raise ValueError("password needs a username")
        if ":" in (self.username or ""):
            raise ValueError("username must hold no colon")
        for secret in (self.token, self.password):
            if secret is not None and not secret.get_secret_value().isprintable():
                raise ValueError("token and password must be one line of printable characters")
        return self
