"""Where is a thing on the network, and may that be an address at all?"""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

_OUTSIDE = re.compile(r"[\s\x00-\x1f\x7f<>\"'`{}|\\^]")


def plain(url: str) -> str:
    """The same address without a slash at its end; raises ValueError, saying what is wrong, where it is no plain http(s) address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or _OUTSIDE.search(url):
        raise ValueError("must be an address such as https://host:port")
    if parts.username or parts.password:
        raise ValueError("must hold no user or password: use the settings of these names")
    if parts.query or parts.fragment:
        raise ValueError("must end before any ? or #")
    parts.port  # noqa: B018 raises ValueError where it is no port
    return url.rstrip("/")


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
