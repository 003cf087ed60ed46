"""A mail to one reader that is owed to them: rendered in their language, then guarded, signed and submitted.

Shared by the confirmation and by the letters; each says what is owed, to whom, and which row remembers it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter import log
from newsletter.delivery.correspondence.debt import Debt
from newsletter.delivery.correspondence.single import letter_of, stable_id, submit_single
from newsletter.delivery.messages.message import Leaving, compose_generated, compose_welcome
from newsletter.delivery.outcome import ReceiptKind
from newsletter.delivery.post import Post
from newsletter.edition.assemble import masthead
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.rendering.facts import Fact
from newsletter.errors import RelayError
from newsletter.publication.newsletters import Newsletter
from newsletter.readers.store import Subscription
from newsletter.tokens import Purpose

_log = log.get("delivery")


@dataclass(frozen=True, slots=True)
class OwedMail:
    """What is owed. ``kind`` names the template and the event in the log; ``owed_at`` is the same for each try.

    With an ``unsubscribe_url`` it is mail of the list, and says how to leave it (RFC 8058). What is answered goes
    to ``reply_to``, where that is given. ``is_to_reader`` is whether a report on it is about the reader; a letter
    to an address that is not theirs yet must not count against them.
    """

    kind: str
    reader: Subscription
    newsletter: Newsletter
    facts: Mapping[str, Fact]
    owed_at: datetime
    debt: Debt
    unsubscribe_url: str = ""
    reply_to: str = ""
    is_to_reader: bool = True


def language_of(reader: Subscription, newsletter: Newsletter) -> str:
    """Return the language in which a reader is written to: theirs, while the newsletter still has it."""
    return reader.language if reader.language in newsletter.all_languages else newsletter.language


def submit_owed(post: Post, stationery: Stationery, owed: OwedMail, now: datetime) -> bool:
    """Mail it if it is owed now; return whether the relay took it.

    The next try is written down before the message leaves, so two tasks at once mail it once. A refusal for
    good, or the last of its tries, ends the debt. Raises RelayError when the relay refuses us, and ContentError
    when the mail cannot be written; neither counts as a try.
    """
    newsletter, reader = owed.newsletter, owed.reader
    paper = replace(masthead(newsletter), language=language_of(reader, newsletter))
    content = stationery.write(owed.kind, paper, owed.facts)
    with post.database.transaction() as connection:
        if not owed.debt.take(connection, now):
            return False
    own_id = stable_id(post, newsletter, owed.kind, reader.id, owed.owed_at.isoformat())
    letter = letter_of(content, paper.language, reader.address, own_id, now)
    if owed.unsubscribe_url:
        by_mail = post.address(Purpose.UNSUBSCRIBE, reader.id, owed.owed_at)
        message = compose_welcome(letter, newsletter, Leaving(owed.unsubscribe_url, by_mail))
    else:
        message = compose_generated(letter, newsletter, owed.reply_to)
    try:
        reports_to = post.address(Purpose.LETTER_BOUNCE, reader.id, now) if owed.is_to_reader else ""
        sender = reports_to or newsletter.sender_address
        receipt = submit_single(post, newsletter, message, now, sender)
    except RelayError:
        with post.database.transaction() as connection:
            owed.debt.give_back(connection)
        raise
    if receipt.kind in {ReceiptKind.ACCEPTED, ReceiptKind.FAILED}:
        with post.database.transaction() as connection:
            owed.debt.pay(connection)
    _log.info("letter_submitted", kind=owed.kind, subscription_id=reader.id, outcome=receipt.kind)
    return receipt.kind is ReceiptKind.ACCEPTED
