"""What is known of a newsletter beside its message, and which hosts the world can reach. Pure."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

_RESERVED = (
    "example",
    "test",
    "invalid",
    "localhost",
    "local",
    "internal",
    "example.com",
    "example.org",
    "example.net",
)
"""RFC 2606 §2 and §3, RFC 6761 §6, RFC 6762 §3: names that no reader can reach."""

_WEB = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a message is compared with.

    ``public_url`` is where readers reach us, empty when that is not known; ``postal_address`` has one line or
    several, is empty where the newsletter has none, and None when it is not known.
    """

    public_url: str = ""
    postal_address: str | None = None

    @property
    def is_public(self) -> bool:
        """Whether the message is meant for the world: one of an installation nobody can reach is a trial."""
        return not self.public_url or is_public(host_of(self.public_url))


def parts_of(url: str) -> SplitResult | None:
    """Return an address in its parts, or None for one that has none."""
    try:
        parts = urlsplit(url.strip())
        # Reading the port checks it.
        is_sound = parts.port != 0
    except ValueError:
        return None
    return parts if is_sound else None


def host_of(url: str) -> str:
    """Return the host of an address in lower case, or nothing."""
    parts = parts_of(url)
    return (parts.hostname or "").rstrip(".") if parts else ""


def is_public(host: str) -> bool:
    """Whether a host's name or address can be one that the world reaches."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not is_reserved(host)


def is_reserved(host: str) -> bool:
    """Whether a name is one that stands for none: for documents, tests and local networks."""
    return any(host == each or host.endswith(f".{each}") for each in _RESERVED)


def is_private(host: str) -> bool:
    """Whether a host is this machine or one of a private network."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or "." not in host


def addresses_in(text: str) -> list[str]:
    """Return the web addresses that stand in plain text, each once, less the punctuation around them."""
    return list(dict.fromkeys(each.rstrip(".,;:!?)]}>»”’'\"") for each in _WEB.findall(text)))
