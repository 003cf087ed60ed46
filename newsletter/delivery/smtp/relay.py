"""The relays that the operator named: read once from SMTP_URL.

The variable holds one address or several, separated by white space; what a relay may be asked to do follows as
a query: ``smtp://user:password@mail.example:587?weight=3&rate=50``. An error names the relay by its host, or by
its place in the row while its address is in doubt, because a password that was not percent-encoded ends up in
any part of an address.
"""

import ipaddress
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from newsletter.delivery.smtp.auth import MECHANISMS
from newsletter.errors import SettingsError

_PORTS = {"smtp": 587, "smtps": 465}


class Tls(StrEnum):
    """How a connection to the relay is protected."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    IF_OFFERED = "if offered"


@dataclass(frozen=True)
class Relay:
    """A relay: its address, protection and credentials, and what it may be asked to do.

    ``connections`` is how many one process keeps open; ``per_connection`` how many messages one of them carries
    before it is opened anew; ``rate`` messages a second over all processes, None for no limit; ``chunks`` how many
    messages may be on their way by BDAT (RFC 3030) at once, 0 for DATA; ``newsletters`` the slugs it serves, none
    for all; ``warm_up_on`` the first day of its warm-up plan.
    """

    host: str
    port: int
    tls: Tls
    user: str = ""
    password: str = field(default="", repr=False)
    weight: int = 1
    connections: int = 8
    per_connection: int = 500
    rate: float | None = None
    chunks: int = 0
    pipelining: bool = True
    verify: bool = True
    auth: str = ""
    newsletters: frozenset[str] = frozenset()
    warm_up_on: date | None = None

    @cached_property
    def name(self) -> str:
        """What logs and tables call it."""
        return f"{self.host}:{self.port}"

    @property
    def at_once(self) -> int:
        """How many messages one process can have on their way to it."""
        return self.connections * max(self.chunks, 1)

    def serves(self, newsletter: str) -> bool:
        """Whether it may take messages of the newsletter with this slug."""
        return not self.newsletters or newsletter in self.newsletters

    @property
    def is_on_loopback(self) -> bool:
        """Whether it runs on this machine."""
        return _is_loopback(self.host)


def read_relays(text: str, *, insist_on_starttls: bool) -> tuple[Relay, ...]:
    """Read every relay that SMTP_URL names, none if it is blank.

    STARTTLS is insisted on unless a relay is on loopback or the operator says otherwise. Raises SettingsError.
    """
    relays = tuple(
        _read(url, f"address {place}", insist_on_starttls=insist_on_starttls)
        for place, url in enumerate(text.split(), 1)
    )
    names = [relay.name for relay in relays]
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(
                f"SMTP_URL: relay {name} is named twice.", "Keep one; weight= gives it a larger part."
            )
    return relays


def _read(url: str, place: str, *, insist_on_starttls: bool) -> Relay:
    parts, port = _split(url, place)
    host = parts.hostname or ""
    tls = Tls.IMPLICIT if parts.scheme == "smtps" else Tls.STARTTLS
    if tls is Tls.STARTTLS and (not insist_on_starttls or _is_loopback(host)):
        tls = Tls.IF_OFFERED
    plain = Relay(host, port, tls, unquote(parts.username or ""), unquote(parts.password or ""))
    relay = replace(plain, **_options(parts.query, plain.name))
    if relay.auth and not relay.user:
        raise SettingsError(
            f"SMTP_URL: relay {relay.name}: auth={relay.auth} has nobody to log in as.",
            "Write the user and the secret before the host: smtp://user:password@host.",
        )
    return relay


def _split(url: str, place: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        port = _PORTS[parts.scheme] if parts.port is None else parts.port
    except (ValueError, KeyError):
        parts, port = urlsplit(""), 0
    after_host = parts.path.strip("/") + parts.fragment
    if not parts.hostname or not port or after_host or "@" in parts.query:
        raise SettingsError(
            f"SMTP_URL: {place} is no relay's address.",
            "Write smtp://user:password@host:587 or smtps://host:465, options after a ?, and in user and password "
            "%40 for @, %2F for /, %3A for :, %3F for ?, %23 for #, %25 for % and %20 for a space.",
        )
    return parts, port


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class _Option:
    """One option: the field that it sets, how its value is read, and what a good value is."""

    field: str
    read: Callable[[str], object]
    good: str


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
            raise ValueError(value)
        return int(value)

    return read


def _rate(value: str) -> float:
    rate = float(value)
    if not math.isfinite(rate) or not 0 < rate <= _MOST_A_SECOND:
        raise ValueError(value)
    return rate


def _yes_or_no(value: str) -> bool:
    return {"yes": True, "no": False}[value.lower()]


def _mechanism(value: str) -> str:
    if value.upper() not in MECHANISMS:
        raise ValueError(value)
    return value.upper()


def _slugs(value: str) -> frozenset[str]:
    slugs = value.split(",")
    if not all(re.fullmatch(r"[a-z0-9][a-z0-9-]*", slug) for slug in slugs):
        raise ValueError(value)
    return frozenset(slugs)


_MOST_A_SECOND = 1_000_000

_OPTIONS = {
    "weight": _Option("weight", _whole(1, 1_000), "a whole number from 1 to 1000"),
    "connections": _Option("connections", _whole(1, 1_000), "a whole number from 1 to 1000"),
    "messages": _Option("per_connection", _whole(1, 1_000_000), "a whole number from 1 to 1000000"),
    "rate": _Option("rate", _rate, "a number of messages a second above 0, such as 50 or 0.5"),
    "chunks": _Option("chunks", _whole(0, 1_000), "a whole number from 0 (DATA) to 1000"),
    "pipelining": _Option("pipelining", _yes_or_no, "yes or no"),
    "verify": _Option("verify", _yes_or_no, "yes or no"),
    "auth": _Option("auth", _mechanism, f"one of {', '.join(MECHANISMS)}"),
    "newsletters": _Option("newsletters", _slugs, "the short names of newsletters, with commas between"),
    "warm-up": _Option("warm_up_on", date.fromisoformat, "a day such as 2026-11-01"),
}


def _options(query: str, relay: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in filter(None, query.split("&")):
        name, _, value = (unquote(each) for each in part.partition("="))
        option = _OPTIONS.get(name)
        if option is None:
            raise SettingsError(
                f"SMTP_URL: relay {relay}: there is no option {name!r}.", f"The options are {', '.join(_OPTIONS)}."
            )
        if option.field in found:
            raise SettingsError(f"SMTP_URL: relay {relay}: {name} is given twice.", "Keep one.")
        try:
            found[option.field] = option.read(value)
        except (ValueError, KeyError):
            raise SettingsError(
                f"SMTP_URL: relay {relay}: {name}={value!r} cannot be used.", f"Write {name}= and {option.good}."
            ) from None
    return found
