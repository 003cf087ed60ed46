"""From an open connection to one that takes messages: banner, EHLO, STARTTLS, AUTH.

What the relay can do is read from its *last* EHLO: nothing said before encryption counts (RFC 3207 §4.2).
"""

import asyncio
import base64
import binascii
import re
import socket
import ssl
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn

from newsletter import log
from newsletter.delivery.smtp import auth
from newsletter.delivery.smtp.auth import CredentialsError
from newsletter.delivery.smtp.relay import Relay, Tls
from newsletter.delivery.smtp.reply import Reply, ReplyParser
from newsletter.delivery.smtp.wire import Timeouts, Wire, connect
from newsletter.errors import RelayError

SERVICE_READY = 220
AUTHENTICATED = 235
CHALLENGE = 334
SERVICE_CLOSING = 421
_TRANSIENT = 4

_HOST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*\.[A-Za-z0-9-]*[A-Za-z0-9]")

_SIZE = re.compile(r"[0-9]{1,20}")
"""RFC 1870 §3: no more digits than these."""

_log = log.get("delivery")


@dataclass(frozen=True, slots=True)
class Extensions:
    """What a relay announced in its last EHLO: keywords in capitals, and their parameters as they came."""

    keywords: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, reply: Reply) -> "Extensions":
        """Read the lines below the first (RFC 5321 §4.1.1.1), and the AUTH= of relays older than RFC 4954."""
        found: dict[str, str] = {}
        for line in reply.lines[1:]:
            keyword, _, parameters = (
                line.decode("ascii", "replace").strip().replace("AUTH=", "AUTH ").partition(" ")
            )
            name = keyword.upper()
            found[name] = f"{found.get(name, '')} {parameters}".strip()
        return cls(found)

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.keywords

    @property
    def largest_message(self) -> int:
        """Octets that a message may have (RFC 1870), 0 when the relay names no limit."""
        said = self.keywords.get("SIZE", "")
        return int(said) if _SIZE.fullmatch(said) else 0

    @property
    def mechanisms(self) -> list[str]:
        """The SASL mechanisms offered."""
        return self.keywords.get("AUTH", "").split()


@dataclass(frozen=True, slots=True)
class Approach:
    """How connections to one relay are opened: kept, because reading the certificates of this world takes long.

    ``warned`` holds the events that the operator was warned by, once for all connections.
    """

    relay: Relay
    context: ssl.SSLContext
    timeouts: Timeouts
    warned: set[str] = field(default_factory=set)

    @classmethod
    def towards(cls, relay: Relay, timeouts: Timeouts) -> "Approach":
        """Return the approach to a relay.

        Certificates are verified unless told not to, even where encryption is not insisted on. A relay on
        loopback is who it is: with the certificate that came with its package it can be used as it stands.
        """
        is_at_home = relay.tls is Tls.IF_OFFERED and relay.is_on_loopback
        if relay.verify and not is_at_home:
            return cls(relay, ssl.create_default_context(), timeouts)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return cls(relay, context, timeouts)


async def open_wire(approach: Approach) -> tuple[Wire, Extensions]:
    """Connect, protect the connection and log in.

    Raises RelayError when that fails for whatever reason, and CredentialsError when it is the user or password.
    """
    relay = approach.relay
    where = f"The relay {relay.name}"
    try:
        wire = await connect(relay.host, relay.port, approach.timeouts.connect)
        try:
            return wire, await _Greeting(wire, approach).run()
        except BaseException:
            wire.close()
            raise
    except _AuthRefusedError as refusal:
        if refusal.reply.code // 100 == _TRANSIENT:
            raise RelayError(f"{where} cannot check our credentials now: {refusal.reply.code}.") from None
        raise CredentialsError(
            f"{where} refused our credentials: {refusal.reply.code}.", "Check the user and password in SMTP_URL."
        ) from None
    except ssl.SSLCertVerificationError as error:
        raise RelayError(
            f"{where} cannot be used: its certificate is not accepted: {error.verify_message}.", "Check SMTP_URL."
        ) from None
    except (OSError, UnicodeError) as error:
        raise RelayError(f"{where} cannot be used: {error}.", "Check SMTP_URL.") from None


class _AuthRefusedError(Exception):
    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


class _Greeting:
    """One command at a time."""

    def __init__(self, wire: Wire, approach: Approach) -> None:
        self._wire = wire
        self._relay, self._context, self._timeouts = approach.relay, approach.context, approach.timeouts
        self._warned = approach.warned
        self._parser = ReplyParser()
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._end = ""

    async def run(self) -> Extensions:
        if self._relay.tls is Tls.IMPLICIT:
            await self._start_tls()
        self._wire.listen(self._hear, self._hear_end)
        banner = await self._reply()
        if banner.code != SERVICE_READY:
            self._refused("greets us with", banner)
        extensions = await self._hello()
        offered = "STARTTLS" in extensions
        if self._relay.tls is Tls.STARTTLS and not offered:
            self._fail("it does not offer STARTTLS")
        if offered and not self._wire.encrypted:
            answer = await self._ask("STARTTLS")
            if answer.code != SERVICE_READY:
                self._refused("answers STARTTLS with", answer)
            # Whatever came along in clear, somebody may have put there (RFC 3207 §6, CVE-2011-0411).
            self._check_in_step()
            await self._start_tls()
            self._check_in_step()
            extensions = await self._hello()
        if self._relay.user:
            await self._log_in(extensions)
        self._check_in_step()
        return extensions

    async def _hello(self) -> Extensions:
        name = _own_name(self._wire)
        answer = await self._ask(f"EHLO {name}")
        if answer.is_good:
            return Extensions.read(answer)
        if answer.code == SERVICE_CLOSING:
            self._refused("answers EHLO with", answer)
        answer = await self._ask(f"HELO {name}")
        if not answer.is_good:
            self._refused("answers HELO with", answer)
        return Extensions()

    async def _start_tls(self) -> None:
        try:
            async with asyncio.timeout(self._timeouts.connect):
                await self._wire.start_tls(self._context, self._relay.host)
        except TimeoutError:
            self._fail("the TLS handshake does not end")

    async def _log_in(self, extensions: Extensions) -> None:
        relay = self._relay
        # In clear only where Tls.IF_OFFERED allows it; the other kinds are encrypted by now, or have failed.
        assert self._wire.encrypted or relay.tls is Tls.IF_OFFERED
        chosen = auth.choose(extensions.mechanisms, relay.auth)
        if not chosen:
            offers = " ".join(extensions.mechanisms) or "none"
            self._fail(f"we share no way to log in with it ({offers} offered)")
        if not self._wire.encrypted and not relay.is_on_loopback and chosen not in auth.PROVES_ITSELF:
            self._warn("credentials_in_clear")
        exchange = auth.MECHANISMS[chosen](relay.user, relay.password)
        first = next(exchange)
        answer = await self._ask(f"AUTH {chosen} {_encoded(first)}" if first else f"AUTH {chosen}")
        while answer.code == CHALLENGE:
            answer = await self._ask(_encoded(self._said(exchange, answer)))
        if answer.code != AUTHENTICATED:
            raise _AuthRefusedError(answer)
        if chosen in auth.PROVES_ITSELF:
            # A relay that says yes too soon has kept its own proof back.
            with suppress(StopIteration):
                exchange.send(b"")

    def _warn(self, event: str) -> None:
        if event not in self._warned:
            self._warned.add(event)
            _log.warning(event, relay=self._relay.name)

    def _said(self, exchange: auth.Exchange, answer: Reply) -> bytes:
        try:
            challenge = base64.b64decode(answer.text, validate=True)
        except binascii.Error:
            # LOGIN's questions are for people, and some relays do not encode them.
            challenge = b""
        try:
            return exchange.send(challenge)
        except StopIteration:
            self._fail("it asks for more than there is to say")

    async def _ask(self, command: str) -> Reply:
        self._check_in_step()
        self._wire.send([f"{command}\r\n".encode("ascii")])
        return await self._reply()

    async def _reply(self) -> Reply:
        try:
            async with asyncio.timeout(self._timeouts.command):
                while not self._replies:
                    if self._parser.fault or self._end:
                        self._fail(self._parser.fault or self._end)
                    self._waiter = asyncio.get_running_loop().create_future()
                    await self._waiter
        except TimeoutError:
            self._fail(f"it does not answer within {self._timeouts.command:g} s")
        return self._replies.popleft()

    def _hear(self, octets: bytes) -> None:
        self._replies.extend(self._parser.feed(octets))
        self._wake()

    def _hear_end(self, why: str) -> None:
        self._end = why
        # A connection that has ended stays readable for ever.
        self._wire.close()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _check_in_step(self) -> None:
        if self._replies or not self._parser.is_between_replies:
            said = str(self._replies[0]) if self._replies else self._parser.fault
            self._fail(f"it speaks out of turn: {said}")

    def _refused(self, how: str, reply: Reply) -> NoReturn:
        self._fail(f"it {how} {reply}")

    def _fail(self, why: str) -> NoReturn:
        raise RelayError(f"The relay {self._relay.name} cannot be used: {why}.", "Check SMTP_URL.")


def _own_name(wire: Wire) -> str:
    """Return what we call ourselves: the host's full name, or our address (RFC 5321 §4.1.3)."""
    name = socket.gethostname()
    if _HOST_NAME.fullmatch(name):
        return name
    address = wire.own_address
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _encoded(answer: bytes) -> str:
    return base64.b64encode(answer).decode("ascii")
