"""A desk with a real LMTP door before it; its tasks run when a test says so, its answers stay in memory."""

import email
import email.policy
import re
import smtplib
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import sqlalchemy as sa

from newsletter.addressed import address_maker
from newsletter.bell import Bell, SilentRinger, TaskName
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.delivery.correspondence.confirmation import submit_confirmation
from newsletter.delivery.correspondence.letters import submit_letter
from newsletter.delivery.post import Post
from newsletter.delivery.transport import MemoryTransport
from newsletter.inbound.desk.answer import submit_answer
from newsletter.inbound.desk.visit import Desk
from newsletter.inbound.door.handling import handle_mail
from newsletter.inbound.door.lmtp import Porter, listening
from newsletter.inbound.tables import inbound_mail
from newsletter.readers.gate import Gate
from newsletter.readers.handling import handle_sign_up
from newsletter.readers.store import Subscription, find_subscription, subscriptions_of
from newsletter.services import Services
from newsletter.tokens import Purpose, Tokens

DOMAIN = "mail.paper.example"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ANN = "ann@reader.example"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        return int(opened.getsockname()[1])


def letter(text: str, subject: str = "", **fields: str) -> bytes:
    """Return a mail as a person's program writes it."""
    message = EmailMessage()
    given = {"From": ANN, "To": f"subscribe@{DOMAIN}", "Subject": subject, "Message-ID": "<1@reader.example>"}
    for name, value in {**given, **{each.replace("_", "-"): value for each, value in fields.items()}}.items():
        message[name] = value
    message.set_content(text)
    return message.as_bytes(policy=email.policy.SMTP)


@dataclass
class Mailroom:
    """The door, the desk behind it, and what the desk rang for."""

    database: Database
    tokens: Tokens
    services: Services
    port: int = 0
    domain: str = DOMAIN
    clock: list[datetime] = field(default_factory=lambda: [NOW])
    ringer: SilentRinger = field(default_factory=SilentRinger)

    @property
    def now(self) -> datetime:
        return self.clock[-1]

    @property
    def desk(self) -> Desk:
        return Desk(Gate(self.tokens, 30, 1000), self.domain, 5.0)

    @property
    def sent(self) -> list[EmailMessage]:
        """The messages that went out, each with its envelope in X-Envelope-From."""
        transport = self.services.letter_post.transport
        assert isinstance(transport, MemoryTransport)
        return [self._read(each.content, each.envelope_from) for each in transport.submitted]

    def _read(self, octets: bytes, envelope_from: str) -> EmailMessage:
        message = email.message_from_bytes(octets, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        message["X-Envelope-From"] = envelope_from
        return message

    def pass_time(self, by: timedelta) -> None:
        self.clock.append(self.now + by)

    def address(self, purpose: Purpose, number: int, issued_at: datetime | None = None) -> str:
        """Return an address of ours that carries a token."""
        return address_maker(self.tokens, purpose, self.domain, issued_at or self.now)(number)

    def hand_over(self, octets: bytes, *to: str, envelope_from: str = ANN) -> dict[str, tuple[int, bytes]]:
        """Hand a message over by LMTP, which answers for each recipient; return what was refused."""
        refused, taken = {}, []
        with smtplib.LMTP("127.0.0.1", self.port, local_hostname="mx.test") as client:
            client.ehlo_or_helo_if_needed()
            client.mail(envelope_from)
            for each in to:
                code, said = client.rcpt(each)
                if code == 250:
                    taken.append(each)
                else:
                    refused[each] = (code, said)
            if taken:
                client.putcmd("data")
                client.getreply()
                text = re.sub(rb"(?m)^\.", b"..", octets)
                client.send(text + (b"" if text.endswith(b"\r\n") else b"\r\n") + b".\r\n")
                answers = {each: client.getreply() for each in taken}
                refused |= {each: answer for each, answer in answers.items() if answer[0] != 250}
        return refused

    def write(self, text: str, to: str = "subscribe", subject: str = "", **fields: str) -> str:
        """Hand over one mail of a person, have it handled, and return what it was taken for."""
        address = to if "@" in to else f"{to}@{self.domain}"
        sender = fields.pop("envelope_from", ANN)
        self.hand_over(letter(text, subject, To=address, **fields), address, envelope_from=sender)
        self.handle()
        return self.outcomes()[-1]

    def handle(self) -> None:
        """Do all that was rung for, and what that rings for in turn, as the workers would."""
        while self.ringer.rung:
            bell = self.ringer.rung.pop(0)
            assert bell.id is not None
            if bell.task is TaskName.HANDLE_INBOUND:
                self.ringer.ring(handle_mail(self.database, self.desk, bell.id, self.now))
            else:
                self._task(bell)

    def _task(self, bell: Bell) -> None:
        assert bell.id is not None
        if bell.task is TaskName.HANDLE_SIGN_UP:
            with self.database.transaction() as connection:
                owed = handle_sign_up(connection, self.desk.gate, bell.id, self.now)
            if owed is not None:
                self.ringer.ring([Bell(TaskName.SUBMIT_CONFIRMATION, owed)])
            return
        submit = {
            TaskName.SUBMIT_CONFIRMATION: submit_confirmation,
            TaskName.SUBMIT_LETTER: submit_letter,
            TaskName.SUBMIT_REPLY: submit_answer,
        }[bell.task]
        submit(self.services.letter_post, self.services.workshop.stationery, bell.id, self.now)

    def outcomes(self) -> list[str]:
        """Return what each message was taken for, in order."""
        with self.database.transaction() as connection:
            query = sa.select(inbound_mail.c.outcome).order_by(inbound_mail.c.id)
            return list(connection.execute(query).scalars())

    def rows(self) -> Sequence[sa.RowMapping]:
        """Return the messages as they are kept."""
        with self.database.transaction() as connection:
            return connection.execute(sa.select(inbound_mail).order_by(inbound_mail.c.id)).mappings().all()

    def subscriptions(self, address: str = ANN) -> list[Subscription]:
        with self.database.transaction() as connection:
            return subscriptions_of(connection, address)

    def subscription(self, subscription_id: int) -> Subscription:
        with self.database.transaction() as connection:
            found = find_subscription(connection, subscription_id)
        assert found is not None
        return found


@contextmanager
def open_mailroom(
    servers: Settings, database: Database, tokens: Tokens, domain: str = DOMAIN
) -> Iterator[Mailroom]:
    """Open a door for a domain, and close it."""
    services = Services(servers.model_copy(update={"inbound_domain": domain}))
    room = Mailroom(database, tokens, services, free_port(), domain)
    post = Post(database, tokens, "https://paper.example", MemoryTransport(), inbound_domain=domain)
    services.ringer = room.ringer  # type: ignore[assignment]  # stands in for the broker
    services.post = post
    porter = Porter(database, room.ringer, domain, lambda: room.now)
    with listening(porter, "127.0.0.1", room.port):
        yield room
    services.close()
