"""What went before an edition: when the last one that went out was cut off, and how many days brought none."""

from datetime import date, datetime

import sqlalchemy as sa

from newsletter.edition.states import SENT, EditionState
from newsletter.edition.tables import edition

_LONGEST = 400
"""Editions looked at: more skipped days in a row than any setting asks about."""


def _own(newsletter_id: int) -> sa.Select[tuple[date, str, datetime | None]]:
    """Return the query for the newsletter's own editions to all of its readers."""
    return sa.select(edition.c.edition_on, edition.c.state, edition.c.gathering_at).where(
        edition.c.newsletter_id == newsletter_id,
        edition.c.source_ids.is_(None),
        edition.c.subscription_ids.is_(None),
    )


def last_cut_off(connection: sa.Connection, newsletter_id: int, on: date) -> datetime | None:
    """Return when the gathering of the last edition began that went out before a date, or None."""
    query = _own(newsletter_id).where(edition.c.edition_on < on, edition.c.state.in_(SENT))
    row = connection.execute(query.order_by(edition.c.edition_on.desc()).limit(1)).one_or_none()
    return None if row is None else row.gathering_at


def skips_in_a_row(connection: sa.Connection, newsletter_id: int, on: date) -> int:
    """Return how many editions just before a date were skipped because there was too little to say."""
    has_content = edition.c.content_hash != ""
    query = _own(newsletter_id).where(edition.c.edition_on < on, ~has_content)
    skipped = 0
    ended = _own(newsletter_id).where(edition.c.edition_on < on, has_content)
    last = connection.execute(ended.order_by(edition.c.edition_on.desc()).limit(1)).one_or_none()
    if last is not None:
        query = query.where(edition.c.edition_on > last.edition_on)
    for row in connection.execute(query.order_by(edition.c.edition_on.desc()).limit(_LONGEST)):
        if row.state != EditionState.SKIPPED:
            break
        skipped += 1
    return skipped
