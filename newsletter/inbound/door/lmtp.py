"""The door for mail that our MTA hands over: LMTP (RFC 2033), one answer for each recipient.

A message is in the database before its 250: from then on it is ours, and whoever is killed loses nothing. What the
message says is not looked at here.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import AnyStr

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from newsletter import log
from newsletter.bell import Bell, Ringer, TaskName
from newsletter.db import Database
from newsletter.errors import SettingsError
from newsletter.inbound.door.entrance import Entrance, read_entrance
from newsletter.inbound.door.store import LARGEST_MAIL, Arrived, keep_mail, sender_addresses

MOST_RECIPIENTS = 100
MOST_AT_ONCE = 8
"""Messages that are read at a time; further connections wait for their turn, which bounds the memory."""

PATIENCE = 60.0
"""Seconds that a connection may say nothing."""

_log = log.get("inbound")


@dataclass(frozen=True, slots=True)
class Porter:
    """Takes in what is for us. ``domain`` is the one whose mail comes to us; ``now`` returns this moment."""

    database: Database
    ringer: Ringer
    domain: str
    now: Callable[[], datetime]

    def knows(self, address: str) -> bool:
        """Whether this is an address of ours."""
        if not address.lower().endswith(f"@{self.domain.lower()}"):
            return False
        if self._entrance(address, {}):
            return True
        with self.database.transaction() as connection:
            return self._entrance(address, sender_addresses(connection)) is not None

    def take_in(self, arrived: list[Arrived]) -> None:
        """Keep a message for each of its recipients, all or none, and ring for it."""
        with self.database.transaction() as connection:
            kept = [keep_mail(connection, each, self.now()) for each in arrived]
        for each in arrived:
            _log.info("mail_received", source=each.source, size=len(each.octets))
        self.ringer.ring([Bell(TaskName.HANDLE_INBOUND, each) for each in kept if each is not None])

    def _entrance(self, address: str, senders: dict[str, str]) -> Entrance | None:
        return read_entrance(address, self.domain, senders)


@contextmanager
def listening(porter: Porter, host: str, port: int) -> Iterator[None]:
    """Listen on ``host:port`` in a thread for the length of the block; what was taken in stays.

    Raises SettingsError where it cannot listen.
    """
    controller = _Controller(_Hooks(porter), hostname=host, port=port)
    try:
        controller.start()
    except (OSError, TimeoutError) as error:
        controller.loop.close()
        raise SettingsError(
            f"LMTP cannot listen on {host}:{port}: {error}.", "Set LMTP_HOST or LMTP_PORT."
        ) from None
    try:
        yield
    finally:
        controller.stop()


class _Controller(Controller):
    """aiosmtpd's server in a thread, speaking LMTP."""

    def factory(self) -> SMTP:
        return _Conversation(
            self.handler,
            data_size_limit=LARGEST_MAIL,
            enable_SMTPUTF8=True,
            decode_data=False,
            timeout=PATIENCE,
            hostname="newsletter",
            ident="LMTP",
            loop=self.loop,
        )


class _Conversation(LMTP):
    """aiosmtpd's LMTP answers a text that it refuses once; RFC 2033 §4.2 has an answer for each recipient."""

    # A line of any length that a message may have: what some program did not fold is no reason to lose a report.
    line_length_limit = LARGEST_MAIL
    _answers = 0
    """Answers that are owed once the text has come."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 — aiosmtpd's name
        async with self.event_handler.turns:
            try:
                await super().smtp_DATA(arg)
            finally:
                self._answers = 0

    async def push(self, status: AnyStr) -> None:
        answer = status if isinstance(status, bytes) else status.encode()
        if self._answers and b"\r\n" not in answer:
            answer = b"\r\n".join([answer] * self._answers)
        elif answer.startswith(b"354 ") and self.envelope is not None:
            self._answers = len(self.envelope.rcpt_tos)
        await super().push(answer)


class _Hooks:
    """aiosmtpd's handler; its methods' names and arguments are aiosmtpd's."""

    def __init__(self, porter: Porter) -> None:
        self._porter = porter
        self.turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def handle_RCPT(  # noqa: N802 — aiosmtpd's hook
        self,
        server: SMTP,  # noqa: ARG002 — aiosmtpd's hook
        session: Session,  # noqa: ARG002 — aiosmtpd's hook
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        try:
            is_ours = await asyncio.to_thread(self._porter.knows, address)
        except Exception as error:  # noqa: BLE001 — whatever ails us, the MTA is to try again
            _log.error("mail_not_taken", kind=type(error).__name__)
            return "451 4.3.0 Try again later"
        if not is_ours:
            return "550 5.1.1 No such address here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802 — aiosmtpd's hook
        octets = envelope.content
        assert isinstance(octets, bytes)
        recipients = [str(each) for each in envelope.rcpt_tos]
        # aiosmtpd keeps the null sender as it is spelt.
        sender = (envelope.mail_from or "").removeprefix("<>")
        arrived = [Arrived("lmtp", sender, each, octets) for each in recipients]
        answer = "250 2.0.0 Kept"
        try:
            await asyncio.to_thread(self._porter.take_in, arrived)
        except Exception as error:  # noqa: BLE001 — whatever ails us, the MTA is to try again
            _log.error("mail_not_taken", kind=type(error).__name__)
            answer = "451 4.3.0 Try again later"
        return "\r\n".join([answer] * len(recipients))
