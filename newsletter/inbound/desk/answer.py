"""Answers to what readers write: one an address and day, owed by a row, and never to be answered by a machine.

An answer has the null envelope sender and says that it is one (RFC 3834 §3, §4), and nothing that a stranger wrote
to us stands in it: nobody can have us mail their words to somebody else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter import log
from newsletter.addressed import address_maker
from newsletter.delivery.correspondence.debt import Debt
from newsletter.delivery.correspondence.single import letter_of, stable_id
from newsletter.delivery.messages.dkim import sign_message
from newsletter.delivery.messages.dkim_keys import keys_for
from newsletter.delivery.messages.message import Letter, compose, sender_domain
from newsletter.delivery.outcome import ReceiptKind
from newsletter.delivery.post import Post
from newsletter.delivery.transport import Message
from newsletter.edition.assemble import masthead
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.rendering.facts import Fact
from newsletter.errors import RelayError
from newsletter.inbound.desk.saying import help_rows, sentence
from newsletter.inbound.desk.wishes import Told
from newsletter.inbound.tables import auto_reply, owed_reply
from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id
from newsletter.readers.address import mailbox_of
from newsletter.readers.allowance import hourly, take
from newsletter.readers.forgotten import address_hash
from newsletter.readers.gate import Gate
from newsletter.readers.suppressions import find_suppression
from newsletter.readers.tables import SuppressionReason
from newsletter.tokens import Purpose

MOST_ATTEMPTS = 5
_LONGEST_ID = 250
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,248}>")
_REPLIES = "replies"
"""The bucket that all answers share, as large as that of the confirmations."""

_log = log.get("inbound")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be told to whom. ``subscription_id`` is 0 for somebody who has none."""

    newsletter_id: int
    address: str
    language: str
    told: Sequence[Told]
    subscription_id: int = 0
    in_reply_to: str = ""


def owe_answer(connection: sa.Connection, gate: Gate, answer: Answer, now: datetime) -> int | None:
    """Owe an answer; return its number for the bell, or None.

    None where the address had one today or is never mailed, and where all together had too many this hour. However
    many addresses of one mailbox are written on envelopes, it has one answer.
    """
    suppressed = find_suppression(connection, gate.tokens, answer.address, now)
    # Who had everything erased, and writes again, is answered as anybody is.
    if suppressed is not None and suppressed.reason is not SuppressionReason.ERASED:
        return None
    mailbox = address_hash(gate.tokens, mailbox_of(answer.address))
    day = {"address_hash": mailbox, "replied_on": now.date()}
    first = insert(auto_reply).values(day).on_conflict_do_nothing().returning(auto_reply.c.replied_on)
    if connection.execute(first).one_or_none() is None:
        return None
    if take(connection, _REPLIES, hourly(gate.per_hour, gate.per_hour // 10), now) is None:
        return None
    owed = insert(owed_reply).values(
        newsletter_id=answer.newsletter_id,
        address=answer.address,
        language=answer.language,
        facts={"told": [dict(each) for each in answer.told], "subscription_id": answer.subscription_id},
        in_reply_to=_fit(answer.in_reply_to),
        owed_at=now,
        mail_due_at=now,
    )
    return int(connection.execute(owed.returning(owed_reply.c.id)).scalar_one())


def due_answers(connection: sa.Connection, now: datetime) -> list[int]:
    """Return the answers that are to be mailed now."""
    query = sa.select(owed_reply.c.id).where(owed_reply.c.mail_due_at <= now)
    return list(connection.execute(query.order_by(owed_reply.c.mail_due_at, owed_reply.c.id)).scalars())


def submit_answer(post: Post, stationery: Stationery, reply_id: int, now: datetime) -> bool:
    """Mail an answer if it is owed now; return whether the relay took it. Once settled it is forgotten.

    Raises RelayError when the relay refuses us, and ContentError when the mail cannot be written.
    """
    with post.database.transaction() as connection:
        row = connection.execute(sa.select(owed_reply).where(owed_reply.c.id == reply_id)).mappings().one_or_none()
        if row is None:
            return False
        newsletter = get_newsletter_by_id(connection, row["newsletter_id"])
    message = _written(post, stationery, newsletter, row)
    debt = Debt(owed_reply, owed_reply.c.id == reply_id, MOST_ATTEMPTS)
    with post.database.transaction() as connection:
        if not debt.take(connection, now):
            connection.execute(sa.delete(owed_reply).where(debt.holds, owed_reply.c.mail_due_at.is_(None)))
            return False
    try:
        receipt = next(post.transport.submit([message]))
    except RelayError:
        with post.database.transaction() as connection:
            debt.give_back(connection)
        raise
    if receipt.kind in {ReceiptKind.ACCEPTED, ReceiptKind.FAILED}:
        with post.database.transaction() as connection:
            connection.execute(sa.delete(owed_reply).where(debt.holds))
    _log.info("answer_submitted", reply_id=reply_id, outcome=receipt.kind)
    return receipt.kind is ReceiptKind.ACCEPTED


def _written(post: Post, stationery: Stationery, newsletter: Newsletter, row: sa.RowMapping) -> Message:
    """Return the finished message: from the null sender, signed, the same for each try."""
    language = row["language"] if row["language"] in newsletter.all_languages else newsletter.language
    paper = replace(masthead(newsletter), language=language)
    subscription_id, owed_at = row["facts"]["subscription_id"], row["owed_at"]
    phrases = stationery.phrases(language)
    is_known = bool(subscription_id)
    facts: dict[str, Fact] = {
        "sentences": tuple(sentence(each, phrases) for each in row["facts"]["told"]),
        "commands": help_rows(phrases, row["facts"]["told"], is_known=is_known),
        "is_known": "yes" if is_known else "",
        "page_url": post.link(Purpose.PREFERENCES, subscription_id, owed_at) if is_known else post.public_url,
    }
    content = stationery.write("reply", paper, facts)
    own_id = stable_id(post, newsletter, "reply", row["id"], owed_at.isoformat())
    letter = letter_of(content, language, row["address"], own_id, owed_at)
    text = _headed(letter, newsletter, _reply_to(post, subscription_id, owed_at), row["in_reply_to"])
    keys = keys_for(post.signing_keys, sender_domain(newsletter))
    return Message(0, "", row["address"], (sign_message(keys, text, owed_at) if keys else b"") + text)


def _headed(letter: Letter, newsletter: Newsletter, reply_to: str, in_reply_to: str) -> bytes:
    message = compose(letter, newsletter)
    message["Auto-Submitted"] = "auto-replied"
    message["Reply-To"] = reply_to
    if in_reply_to:
        message["In-Reply-To"] = in_reply_to
        message["References"] = in_reply_to
    return message.as_bytes()


def _reply_to(post: Post, subscription_id: int, owed_at: datetime) -> str:
    """Return where to write next: an address that says who writes, for those whom we know."""
    if not subscription_id:
        return f"help@{post.inbound_domain}"
    return address_maker(post.tokens, Purpose.PREFERENCES, post.inbound_domain, owed_at)(subscription_id)


def _fit(message_id: str) -> str:
    """Return the first Message-ID of a field, where it is fit to stand in one of ours."""
    found = _MESSAGE_ID.match(message_id.strip()[:_LONGEST_ID])
    return found[0] if found else ""
