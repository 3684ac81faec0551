"""Which addresses may a host's name lead to?

A name that leads to a link-local address is how cloud credentials are stolen: the metadata services live there, and no source does.
Whoever configures such an address literally means it.
"""

import ipaddress
import socket
from dataclasses import dataclass, field

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

METADATA = (
    ipaddress.ip_network("169.254.0.0/16"),
    ipaddress.ip_network("fe80::/10"),
    ipaddress.ip_network("fd00:ec2::254/128"),
    ipaddress.ip_network("100.100.100.200/32"),
)
"""Link-local addresses and the metadata services that have one of another kind."""


def forbidden(host: str) -> bool:
    """Whether a resolved address is one that a name must not lead to; IPv4 inside IPv6 counts as IPv4."""
    address = ipaddress.ip_address(host.split("%", 1)[0])
    plain = getattr(address, "ipv4_mapped", None) or address
    return any(plain in network for network in METADATA if network.version == plain.version)


@dataclass
class Resolver(AbstractResolver):
    """The system's resolver without forbidden addresses. Made inside a running loop."""

    inner: AbstractResolver = field(default_factory=ThreadedResolver)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises OSError where the name is unknown or leads nowhere else."""
        found = await self.inner.resolve(host, port, family)
        kept = [each for each in found if not forbidden(each["host"])]
        if found and not kept:
            raise OSError(
                None,
                f"{host} is a name for a link-local address, where cloud credentials are served; this is not asked",
            )
        return kept

    async def close(self) -> None:
        await self.inner.close()
