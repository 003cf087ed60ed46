"""The relay that the operator named: read once from SMTP_URL."""

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from newsletter.errors import SettingsError

_PORTS = {"smtp": 587, "smtps": 465}


class Tls(StrEnum):
    """How a connection to the relay is protected."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    IF_OFFERED = "if offered"


@dataclass(frozen=True, slots=True)
class Relay:
    """A relay's address, protection and credentials."""

    host: str
    port: int
    tls: Tls
    user: str = ""
    password: str = field(default="", repr=False)


def read_relay(url: str, *, insist_on_starttls: bool) -> Relay:
    """Read ``smtp://user:password@host:port`` or ``smtps://…``.

    STARTTLS is insisted on unless the relay is on loopback or the operator says otherwise. Raises SettingsError.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise SettingsError(
            "SMTP_URL is no relay's address.", "Write smtp://user:password@host:587 or smtps://host:465."
        )
    tls = Tls.IMPLICIT if parts.scheme == "smtps" else Tls.STARTTLS
    if tls is Tls.STARTTLS and (not insist_on_starttls or _is_loopback(parts.hostname)):
        tls = Tls.IF_OFFERED
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Relay(parts.hostname, port or _PORTS[parts.scheme], tls, user, password)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
