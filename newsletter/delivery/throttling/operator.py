"""Who runs the mailboxes of a mail domain: its receiving operator, found by its MX hosts.

Thousands of domains are mailboxes at a handful of operators, and limits belong to the operator: to Google a firm's
own domain and gmail.com are one. An operator is named ``google``, ``yahoo``, ``microsoft`` or ``apple``, else by
the end of its most preferred MX host's name: the last two labels, or three where the last two are a country's
own commercial (or like) suffix such as ``co.uk``. The whole Public Suffix List would be more exact, and a mistake
here only means that two operators share a limit, or one has two.
"""

import asyncio
import ipaddress
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.resolver

from newsletter.errors import SettingsError

NOBODY = "nobody"
"""The operator of a domain that takes no mail at all (RFC 7505)."""

_KNOWN = {
    "google.com": "google",
    "googlemail.com": "google",
    "yahoodns.net": "yahoo",
    "outlook.com": "microsoft",
    "hotmail.com": "microsoft",
    "mx.microsoft": "microsoft",
    "icloud.com": "apple",
    "apple.com": "apple",
}

_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "go", "gob", "gov", "mil", "ne", "net", "or", "org"})

LIFETIME = 5.0
"""Seconds that a page of domains may take to look up."""

LONGEST, SHORTEST = 3600.0, 300.0
"""Seconds that an answer is kept: its time to live within these; no answer is kept for the shorter."""

_MOST_AT_ONCE = 64
_MOST_KEPT = 100_000

_Answer: TypeAlias = tuple[Sequence[str], float]
_NO_ANSWER: _Answer = ((), 0.0)
_NEVER = ("", -math.inf)


def operator_of(mx_hosts: Sequence[str], domain: str) -> str:
    """Return the operator of ``domain``, whose MX hosts are given with the most preferred first."""
    hosts = [host.rstrip(".").lower() for host in mx_hosts]
    if hosts == [""]:
        return NOBODY
    labels = hosts[0].split(".") if hosts else []
    # A name of one label could pose as one of ours, and a number is an address, which no MX may name.
    if len(labels) < 2 or not all(labels) or labels[-1].isdigit():  # noqa: PLR2004 — a name has two labels
        return domain
    suffix = ".".join(labels[-2:])
    if suffix in _KNOWN:
        return _KNOWN[suffix]
    is_national = len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL  # noqa: PLR2004 — ISO 3166 has two letters
    return ".".join(labels[-3:]) if is_national else suffix


class OperatorDirectory(Protocol):
    """Whoever knows operators. :class:`Operators` asks the DNS."""

    async def lookup(self, domains: Iterable[str]) -> dict[str, str]:
        """Return the operator of each domain; never raises."""


@dataclass
class KnownOperators:
    """Knows what it was told and asks nobody: any other domain is its own operator."""

    operators: Mapping[str, str] = field(default_factory=dict)

    async def lookup(self, domains: Iterable[str]) -> dict[str, str]:
        """Return the operator of each domain."""
        return {domain: self.operators.get(domain, domain) for domain in domains}


class Operators:
    """Asks the DNS, a page of domains at a time, and remembers what it said."""

    def __init__(self, nameserver: str = "", *, seconds: Callable[[], float] = time.monotonic) -> None:
        """Ask ``nameserver``, an IP address with or without a port; without one, the system's resolver.

        Raises SettingsError for anything else. ``seconds`` is the clock by which answers grow old.
        """
        self._nameserver = read_nameserver(nameserver)
        self._seconds = seconds
        self._kept: dict[str, tuple[str, float]] = {}

    async def lookup(self, domains: Iterable[str]) -> dict[str, str]:
        """Return the operator of each domain within LIFETIME seconds; never raises.

        A domain without MX, one that does not exist and one whose DNS does not answer is its own operator.
        """
        wanted = frozenset(domains)
        now = self._seconds()
        unknown = [domain for domain in wanted if self._kept.get(domain, _NEVER)[1] <= now]
        # Whoever has not answered is not asked again with every page.
        answers = dict.fromkeys(unknown, _NO_ANSWER) | (await self._ask(unknown) if unknown else {})
        for domain, (hosts, ttl) in answers.items():
            self._kept.pop(domain, None)
            self._kept[domain] = operator_of(hosts, domain), now + min(max(ttl, SHORTEST), LONGEST)
        found = {domain: self._kept[domain][0] for domain in wanted}
        for oldest in list(self._kept)[: max(0, len(self._kept) - _MOST_KEPT)]:
            del self._kept[oldest]
        return found

    async def _ask(self, domains: Sequence[str]) -> dict[str, _Answer]:
        """Return what is answered in time."""
        try:
            resolver = self._resolver()
        except dns.exception.DNSException:  # a machine without /etc/resolv.conf
            return {}
        places = asyncio.Semaphore(_MOST_AT_ONCE)

        async def ask(domain: str) -> _Answer:
            async with places:
                return await _mx_hosts(resolver, domain)

        asked = {domain: asyncio.create_task(ask(domain)) for domain in domains}
        done, late = await asyncio.wait(asked.values(), timeout=LIFETIME)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return {domain: task.result() for domain, task in asked.items() if task in done}

    def _resolver(self) -> dns.asyncresolver.Resolver:
        resolver = dns.asyncresolver.Resolver(configure=self._nameserver is None)
        if self._nameserver:
            resolver.nameservers = [dns.nameserver.Do53Nameserver(*self._nameserver)]
        resolver.lifetime = LIFETIME
        return resolver


def read_nameserver(text: str) -> tuple[str, int] | None:
    """Read ``192.0.2.1``, ``192.0.2.1:53``, ``2001:db8::1`` or ``[2001:db8::1]:53``; blank is None.

    Raises SettingsError.
    """
    if not text.strip():
        return None
    host, colon, port = text.strip().rpartition(":")
    if not colon or (":" in host and not host.endswith("]")):
        host, port = text.strip(), "53"
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
        number = int(port)
    except ValueError:
        number = 0
    if not 0 < number < 65_536:  # noqa: PLR2004 — the ports there are
        raise SettingsError(
            f"OPERATOR_DNS: {text!r} is no name server's address.",
            "Write 192.0.2.1, 192.0.2.1:53 or [2001:db8::1]:53.",
        )
    return str(address), number


async def _mx_hosts(resolver: dns.asyncresolver.Resolver, domain: str) -> _Answer:
    """Return the MX hosts of ``domain``, the most preferred first (RFC 5321 §5.1), and their time to live."""
    if not domain or domain.startswith("["):  # an address literal (RFC 5321 §4.1.3)
        return _NO_ANSWER
    try:
        name = dns.name.from_text(domain, dns.name.root, dns.name.IDNA_2008_Practical)
        answer = await resolver.resolve(name, "MX", search=False)
    except (dns.exception.DNSException, OSError, UnicodeError):
        return _NO_ANSWER
    found = sorted((each.preference, each.exchange.to_text()) for each in answer)
    return [host for _, host in found], float(answer.chaining_result.minimum_ttl)
