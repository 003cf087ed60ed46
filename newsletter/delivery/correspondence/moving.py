"""The two letters of a change of address: each asks one mailbox whether it agrees, and has a row that owes it."""

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.correspondence.debt import Debt
from newsletter.delivery.correspondence.owed import OwedMail, submit_owed
from newsletter.delivery.post import Post
from newsletter.edition.rendering.content import Stationery
from newsletter.publication.newsletters import get_newsletter_by_id
from newsletter.readers.address import canonical_address
from newsletter.readers.address_changes import find_side
from newsletter.readers.store import find_subscription, is_suppressed
from newsletter.readers.tables import Side, address_side
from newsletter.tokens import Purpose

MOST_ATTEMPTS = 5

_KINDS = {Side.OLD: "address_old", Side.NEW: "address_new"}
"""Their templates. What goes to the new address does not name the old one: it may be anybody's."""


def submit_address_letter(post: Post, stationery: Stationery, side_id: int, now: datetime) -> bool:
    """Mail one side's letter if it is owed now and still open; return whether the relay took it.

    Raises RelayError when the relay refuses us, and ContentError when the mail cannot be written.
    """
    with post.database.transaction() as connection:
        change = find_side(connection, side_id)
        if change is None:
            return False
        reader = find_subscription(connection, change.subscription_id)
        assert reader is not None, "its changes go with it"
        newsletter = get_newsletter_by_id(connection, reader.newsletter_id)
    is_old = change.side is Side.OLD
    to = change.old_address if is_old else change.new_address
    facts = {"address_url": post.link(Purpose.ADDRESS, change.id, change.asked_at)}
    if is_old:
        facts["new_address"] = change.new_address
    suppressed = is_suppressed(sa.literal(canonical_address(to)), sa.literal(now))
    holds = sa.and_(address_side.c.id == side_id, address_side.c.agreed_at.is_(None), ~suppressed)
    debt = Debt(address_side, holds, MOST_ATTEMPTS)
    owed = OwedMail(_KINDS[change.side], replace(reader, address=to), newsletter, facts, change.asked_at, debt)
    return submit_owed(post, stationery, replace(owed, is_to_reader=is_old), now)
