"""Notes to those who make a newsletter, over the same relay as everybody's mail.

A note is owed by the row that it tells of (``debt``); each of its addresses has a message of its own. The row also
keeps whose message had its answer for good, so that one address which is put off has nobody else mailed again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.correspondence.debt import Debt
from newsletter.delivery.correspondence.single import letter_of, stable_id, submit_single
from newsletter.delivery.messages.message import compose_generated
from newsletter.delivery.outcome import ReceiptKind
from newsletter.delivery.post import Post
from newsletter.edition.rendering.content import Content
from newsletter.errors import RelayError
from newsletter.publication.newsletters import Newsletter

MOST_ATTEMPTS = 12
"""An hour of refusals for now; a relay that cannot be reached costs no attempt."""


@dataclass(frozen=True, slots=True)
class Note:
    """What is told, to whom, in whose name. ``key`` stays the same for each try, and so does the Message-ID."""

    key: str
    content: Content
    newsletter: Newsletter
    addresses: Sequence[str]


def submit_note(post: Post, debt: Debt, notes: Sequence[Note], now: datetime) -> bool:
    """Mail what a row owes, if it owes it now; return whether each address had its answer, for good.

    The row's table has a column ``mail_settled``. Raises RelayError when the relay refuses us, which counts as no
    attempt.
    """
    with post.database.transaction() as connection:
        if not debt.take(connection, now):
            return False
        settled = set(connection.execute(sa.select(debt.table.c.mail_settled).where(debt.holds)).scalar_one())
    owed = [(note, address) for note in notes for address in note.addresses if address not in settled]
    answered = []
    try:
        for note, address in owed:
            if _submit(post, note, address, now) in {ReceiptKind.ACCEPTED, ReceiptKind.FAILED}:
                answered.append(address)
    except RelayError:
        with post.database.transaction() as connection:
            _settle(connection, debt, answered)
            debt.give_back(connection)
        raise
    is_settled = len(answered) == len(owed)
    with post.database.transaction() as connection:
        _settle(connection, debt, answered)
        if is_settled:
            debt.pay(connection)
    return is_settled


def _submit(post: Post, note: Note, address: str, now: datetime) -> ReceiptKind:
    own_id = stable_id(post, note.newsletter, "note", note.key, address)
    letter = letter_of(note.content, note.newsletter.language, address, own_id, now)
    return submit_single(post, note.newsletter, compose_generated(letter, note.newsletter), now).kind


def _settle(connection: sa.Connection, debt: Debt, addresses: list[str]) -> None:
    """Mail these addresses no more."""
    together = debt.table.c.mail_settled.concat(sa.cast(addresses, debt.table.c.mail_settled.type))
    connection.execute(sa.update(debt.table).where(debt.holds).values(mail_settled=together))
