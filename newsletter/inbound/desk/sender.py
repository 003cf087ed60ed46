"""Who sent a mail, as far as an envelope can tell, and over which network. Pure."""

import ipaddress
import re

from newsletter.errors import AddressError
from newsletter.inbound.mail.headers import Headers
from newsletter.readers.address import read_address

LOGGED = {4: 24, 6: 48}
"""Bits of an IP address that are kept of a wish, by version."""

RATIONED = {4: 24, 6: 56}
"""Bits that share a ration of sign-ups, as on the web."""

_LONGEST_RECEIVED = 500
_TAGGED = re.compile(r"prvs=[^=@]{1,64}=(.+)", re.IGNORECASE)
"""BATV: a mail system's own mark before the address of its sender."""

_FROM = re.compile(r"from\b.{0,300}?\[(?:IPv6:)?([0-9a-fA-F:.]{2,45})\]", re.IGNORECASE | re.DOTALL)


def sender_address(envelope_from: str) -> str:
    """Return the address to answer to; empty for the null sender, and where nobody can be mailed."""
    found = _TAGGED.fullmatch(envelope_from)
    try:
        return read_address(found[1] if found else envelope_from)
    except AddressError:
        return ""


def network_of(headers: Headers, bits: dict[int, int]) -> str:
    """Return the network that handed a mail to our MTA, of so many bits; empty where it does not say.

    Only the topmost Received is our MTA's own (RFC 5321 §4.4); the others are whatever their writer liked.
    """
    found = _FROM.match(headers["received"][:_LONGEST_RECEIVED])
    try:
        address = ipaddress.ip_address(found[1] if found else "")
    except ValueError:
        return ""
    if not address.is_global:
        return ""
    return str(ipaddress.ip_network((address, bits[address.version]), strict=False))
