"""What every door works with: the services, the pages, the clock. Kept in the app, handed to handlers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from newsletter import log
from newsletter.services import Services
from newsletter.web.network import (
    LOGGED,
    RATIONED,
    Address,
    client_address,
    is_behind_unknown_proxy,
    network_around,
)
from newsletter.web.pages import Pages

_log = log.get("web")


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
    """Return the network a request came over: a /24 or a /48, never a whole address; empty when unknown."""
    return network_around(_client(request), LOGGED)


def bucket_of(door: Doorway, request: Request) -> str:
    """Return the name under which a request's network shares a ration of sign-ups: a keyed hash of its /24 or /56.

    For ``Gate.admits_network``. All whose network is unknown share one.
    """
    if is_behind_unknown_proxy(_peer(request), _forwarded(request), door.services.settings.proxies):
        # Then all the world is one network, and shares one ration.
        _log.warning("proxy_not_trusted", network=network_of(request))
    return door.services.tokens.digest("network", network_around(_client(request), RATIONED)).hex()


def _client(request: Request) -> Address | None:
    return client_address(_peer(request), _forwarded(request), _doorway(request).services.settings.proxies)


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""


def _forwarded(request: Request) -> list[str]:
    return request.headers.getlist("x-forwarded-for")
