"""Over which network somebody came to us, behind proxies of ours or not. Pure.

What X-Forwarded-For says first is what a stranger wrote; only what our own proxies added to its end is worth
something. So it is read from its end, for as long as the one who wrote an entry is trusted.
"""

import ipaddress
import re
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOGGED = {4: 24, 6: 48}
"""Bits of an address that are kept of a wish, by IP version."""

RATIONED = {4: 24, 6: 56}
"""Bits that share a ration of sign-ups: what one household or small site is given (RFC 6177 §2)."""

_MOST_HOPS = 32
_WITH_PORT = re.compile(r"\[([0-9a-fA-F:.]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+")


def client_address(host: str, forwarded: Sequence[str], proxies: Sequence[Network]) -> Address | None:
    """Return who speaks to us: the connection's other end, or whom the outermost trusted proxy names; or None.

    ``forwarded`` are the X-Forwarded-For headers as they came, ``proxies`` the networks that are believed. An
    entry that is no address ends the search at the proxy which wrote it.
    """
    found = _address(host)
    hops = [each for line in forwarded for each in line.split(",")][-_MOST_HOPS:]
    while found is not None and hops and _is_in(found, proxies):
        named = _address(hops.pop())
        if named is None:
            break
        found = named
    return found


def is_behind_unknown_proxy(host: str, forwarded: Sequence[str], proxies: Sequence[Network]) -> bool:
    """Whether a machine of our own house passes on what others asked, and is not trusted to say who they are."""
    peer = _address(host)
    return bool(forwarded) and peer is not None and not peer.is_global and not _is_in(peer, proxies)


def network_around(address: Address | None, bits: dict[int, int]) -> str:
    """Return the network of so many bits (by IP version) that an address is in; empty for none."""
    if address is None:
        return ""
    return str(ipaddress.ip_network((address, bits[address.version]), strict=False))


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in each for each in networks)


def _address(text: str) -> Address | None:
    text = text.strip()
    if found := _WITH_PORT.fullmatch(text):
        text = found[1] or found[2]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        # A scope names a wire of our own machine, and is nobody's address.
        return address.ipv4_mapped or ipaddress.IPv6Address(int(address))
    return address
