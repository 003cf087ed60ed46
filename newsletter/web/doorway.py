"""What every door works with: the services, the pages, the clock. Kept in the app, handed to handlers."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from newsletter.services import Services
from newsletter.web.pages import Pages

_NETWORK_BITS = {4: 24, 6: 48}


@dataclass(frozen=True, slots=True)
class Doorway:
    """One for each app. ``now`` returns the present moment, aware."""

    services: Services
    pages: Pages
    now: Callable[[], datetime]

    @property
    def public_url(self) -> str:
        """Where readers reach us, without a final slash."""
        return self.services.settings.public_url.rstrip("/")

    @property
    def is_https(self) -> bool:
        """Whether readers reach us over TLS."""
        return urlsplit(self.public_url).scheme == "https"


def _doorway(request: Request) -> Doorway:
    door = request.app.state.doorway
    assert isinstance(door, Doorway)
    return door


Door = Annotated[Doorway, Depends(_doorway)]
"""How a handler asks for the doorway."""


def network_of(request: Request) -> str:
    """Return the network a request came over: a /24 or a /48, never a whole address; empty when unknown.

    Only the connection itself is believed; no proxy is trusted to say otherwise yet.
    """
    try:
        address = ipaddress.ip_address(request.client.host if request.client else "")
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ipaddress.ip_network((address, _NETWORK_BITS[address.version]), strict=False))
