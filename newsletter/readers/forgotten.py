"""How an address that we forgot is still known when it comes back: by a keyed hash, and by nothing else.

Whoever steals the table learns nothing from it: without the installation's secret, guessing addresses and
comparing leads nowhere. With it, it is still a pseudonym (GDPR, recital 26). A new SECRET_KEY makes every such row
mute.
"""

from collections.abc import Callable

from newsletter.readers.address import canonical_address
from newsletter.tokens import Tokens

_PURPOSE = "forgotten-address"


def address_hash(tokens: Tokens, address: str) -> bytes:
    """Return the 16 bytes by which an address is found again, however its letters are cased. Pure."""
    return address_hasher(tokens)(address)


def address_hasher(tokens: Tokens) -> Callable[[str], bytes]:
    """Return what does the same for many addresses."""
    mac = tokens.mac(_PURPOSE)
    return lambda address: mac(canonical_address(address).encode())
