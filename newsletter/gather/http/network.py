"""Which addresses we connect to: a source must not make us talk to our own network.

A source's URL is typed by an editor or comes from a redirect, so it may name anything: the database beside
us, a cloud's metadata service, a name whose address changes between the check and the connection. Hence the
host is resolved once, every answer is judged, and the connection goes to the very address that was judged.
"""

import asyncio
import ipaddress
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import httpx

from newsletter.config import Settings
from newsletter.errors import FetchError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Awaitable[list[str]]]

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MOST_ADDRESSES = 4
"""Addresses of one host that are tried: enough for a dead IPv6 route, few enough for one deadline."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""RFC 6052: an IPv4 address behind a translator, which would reach it for us."""
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
"""RFC 4291 §2.4: the only block of IPv6 that the Internet routes to hosts today."""


class RefusedError(FetchError):
    """A URL or an address that we do not connect to, whoever asks."""

    status = 422


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """What one fetch may reach and cost.

    ``timeout`` is the total from the first look-up to the last byte; ``max_bytes`` counts decoded bytes.
    ``trusted_origins`` (``scheme://host[:port]``) may be private although others may not.
    """

    allow_private: bool
    trusted_origins: frozenset[str]
    timeout: timedelta
    max_bytes: int
    user_agent: str

    @classmethod
    def from_settings(cls, settings: Settings, trusted_origins: Iterable[str] = ()) -> Self:
        """Make the policy that the operator's settings ask for."""
        contact = f" (+{settings.contact_url})" if settings.contact_url else ""
        return cls(
            allow_private=settings.allow_private_sources,
            trusted_origins=frozenset(trusted_origins),
            timeout=settings.gather_timeout,
            max_bytes=settings.gather_max_bytes,
            user_agent=f"newsletter{contact}",
        )

    def trusts(self, url: httpx.URL) -> bool:
        """Tell whether the operator vouches for the URL's origin by name."""
        port = "" if url.port is None else f":{url.port}"
        return f"{url.scheme}://{url.host}{port}" in self.trusted_origins


async def resolve(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a host; raises OSError when it has none.

    The question runs in a daemon thread: a name server that never answers cannot be interrupted,
    and must not hold up the deadline, nor the end of the process.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(found: list[str], fault: Exception | None) -> None:
        if answer.done():
            return
        if fault is None:
            answer.set_result(found)
        else:
            answer.set_exception(fault)

    def ask() -> None:
        found: list[str] = []
        fault: Exception | None = None
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = [str(answer[4][0]) for answer in answers]
        except (OSError, UnicodeError) as error:
            fault = OSError(str(error))
        with suppress(RuntimeError):  # the loop is closed: nobody waits for the answer any more
            loop.call_soon_threadsafe(settle, found, fault)

    threading.Thread(target=ask, name=f"resolve {host}", daemon=True).start()
    return await answer


def check_url(url: httpx.URL, policy: FetchPolicy) -> None:
    """Refuse a URL by its scheme and port; raises RefusedError."""
    if url.scheme not in _DEFAULT_PORTS or not url.host:
        raise RefusedError(
            f"{url.scheme or 'A URL without a scheme'}: is not fetched.",
            "Sources begin with http:// or https://.",
        )
    if url.port not in {None, 80, 443} and not policy.allow_private and not policy.trusts(url):
        raise RefusedError(
            f"{url.host}:{url.port} is refused: public sources are on port 80 or 443.",
            "Set ALLOW_PRIVATE_SOURCES=true if this source is yours.",
        )


def check_address(host: str, answer: str, policy: FetchPolicy) -> Address:
    """Return the address to connect to, or raise RefusedError if it is not one of the public Internet."""
    address = _unwrapped(ipaddress.ip_address(answer.partition("%")[0]))
    if address.is_multicast or address.is_link_local or address.is_unspecified:
        raise RefusedError(
            f"{host} is refused: {address} is no address of a web server.",
            "Check the name in the source's URL.",
        )
    if not (policy.allow_private or _is_public(address)):
        raise RefusedError(
            f"{host} is refused: {address} is a private address.",
            "Set ALLOW_PRIVATE_SOURCES=true if this source is on your own network.",
        )
    return address


def _unwrapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_reserved
    # 6to4 and Teredo carry an IPv4 address that a gateway would reach for us.
    tunnelled = address.sixtofour is not None or address.teredo is not None
    return address.is_global and address in _GLOBAL_UNICAST and not tunnelled


class GuardedTransport(httpx.AsyncBaseTransport):
    """An HTTP transport that connects only to addresses the policy allows, and to exactly those it judged.

    The URL's host is replaced by the address; Host and the name in the TLS handshake stay the host's own,
    so virtual hosts answer and certificates are checked against the name that was asked for.
    """

    def __init__(
        self, policy: FetchPolicy, resolver: Resolver = resolve, verify: ssl.SSLContext | bool = True
    ) -> None:
        self._policy = policy
        self._resolver = resolver
        # No connection is kept: two hosts on one address must not share one that was verified for the other.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._inner = httpx.AsyncHTTPTransport(verify=verify, trust_env=False, limits=limits)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to the first address of its host that answers; raises RefusedError."""
        check_url(request.url, self._policy)
        failure: httpx.TransportError = httpx.ConnectError("the name has no address")
        for address in await self._addresses(request.url):
            try:
                return await self._inner.handle_async_request(_towards(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure

    async def aclose(self) -> None:
        """Close every connection."""
        await self._inner.aclose()

    async def _addresses(self, url: httpx.URL) -> list[Address]:
        port = url.port or _DEFAULT_PORTS[url.scheme]
        try:
            answers = await self._resolver(url.raw_host.decode("ascii"), port)
        except OSError:
            raise httpx.ConnectError("the name has no address") from None
        if self._policy.trusts(url):
            judged = [ipaddress.ip_address(answer.partition("%")[0]) for answer in answers]
        else:
            # One private answer among public ones is an attempt, not a second server: all are judged.
            judged = [check_address(url.host, answer, self._policy) for answer in answers]
        return list(dict.fromkeys(judged))[:_MOST_ADDRESSES]


def _towards(request: httpx.Request, address: Address) -> httpx.Request:
    return httpx.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii")},
    )
