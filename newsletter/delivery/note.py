"""Notes: plain text to those who make a newsletter, over the same relay as everybody's mail.

A note is owed by two columns of the row that it tells of, ``mail_due_at`` and ``mail_attempts``: no crash forgets
it, and of several processes that hear of it one mails it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.db import Database
from newsletter.delivery.messages.dkim import sign_message
from newsletter.delivery.messages.dkim_keys import keys_for
from newsletter.delivery.messages.message import Letter, compose_note, message_id, sender_domain
from newsletter.delivery.outcome import ReceiptKind
from newsletter.delivery.post import Post
from newsletter.delivery.transport import Message
from newsletter.errors import RelayError
from newsletter.publication.newsletters import Newsletter

RETRY_AFTER = timedelta(minutes=5)
MOST_ATTEMPTS = 12
"""An hour of refusals for now; a relay that cannot be reached costs no attempt."""


@dataclass(frozen=True, slots=True)
class Note:
    """What is told, to whom, in whose name. ``key`` stays the same for each try, and so does the Message-ID."""

    key: str
    subject: str
    text: str
    newsletter: Newsletter
    addresses: Sequence[str]


@dataclass(frozen=True, slots=True)
class Debt:
    """The row that owes a note: its table, and the condition that finds it."""

    table: sa.Table
    holds: sa.ColumnElement[bool]

    def take(self, database: Database, now: datetime) -> bool:
        """Write the next try down before the note leaves; False when another process did, or it was paid.

        The last of MOST_ATTEMPTS is followed by none.
        """
        columns = self.table.c
        attempts = columns.mail_attempts + 1
        later = sa.case((attempts < MOST_ATTEMPTS, sa.literal(now + RETRY_AFTER)), else_=sa.null())
        due = sa.update(self.table).where(self.holds, columns.mail_due_at <= now)
        with database.transaction() as connection:
            taken = due.values(mail_due_at=later, mail_attempts=attempts).returning(attempts)
            return connection.execute(taken).one_or_none() is not None

    def pay(self, database: Database) -> None:
        """Owe the note no more."""
        with database.transaction() as connection:
            connection.execute(sa.update(self.table).where(self.holds).values(mail_due_at=None))

    def give_back(self, database: Database, now: datetime) -> None:
        """Count the try as none, because the relay was not there; it is due again as any other."""
        values = {"mail_attempts": self.table.c.mail_attempts - 1, "mail_due_at": now + RETRY_AFTER}
        with database.transaction() as connection:
            connection.execute(sa.update(self.table).where(self.holds).values(values))


def submit_note(post: Post, debt: Debt, notes: Sequence[Note], now: datetime) -> bool:
    """Mail what a row owes, if it owes it now; return whether each address had its answer, for good.

    Raises RelayError when the relay refuses us, which counts as no attempt.
    """
    if not debt.take(post.database, now):
        return False
    messages = [_message(post, note, address, now) for note in notes for address in note.addresses]
    try:
        receipts = [next(post.transport.submit([each])) for each in messages]
    except RelayError:
        debt.give_back(post.database, now)
        raise
    is_settled = all(each.kind in {ReceiptKind.ACCEPTED, ReceiptKind.FAILED} for each in receipts)
    if is_settled:
        debt.pay(post.database)
    return is_settled


def _message(post: Post, note: Note, address: str, now: datetime) -> Message:
    newsletter = note.newsletter
    own_id = message_id(post.tokens.digest("note", note.key, address), 0, newsletter)
    text = compose_note(Letter(address, note.subject, note.text, "", own_id, now), newsletter).as_bytes()
    keys = keys_for(post.signing_keys, sender_domain(newsletter))
    signature = sign_message(keys, text, now) if keys else b""
    return Message(0, newsletter.sender_address, address, signature + text)
