"""The latest edition, at once: for who has just confirmed, or comes back from a pause, and need not wait.

It is one delivery more of an edition that went to all, so the reader gets what the others got, and once: the
constraint on deliveries sees to that, however often they ask.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from newsletter.delivery.start import extend_audience
from newsletter.delivery.states import OPEN, DeliveryState
from newsletter.delivery.tables import delivery
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition, list_sent_editions
from newsletter.edition.tables import edition_article, edition_content
from newsletter.readers.preferences import Preferences
from newsletter.readers.tables import SubscriptionState

OLDEST = timedelta(days=7)
"""An edition that was due longer ago is no news to anybody."""


class Standing(StrEnum):
    """How the latest edition stands to one reader."""

    OFFERED = "offered"
    ON_ITS_WAY = "on its way"
    SENT = "sent"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Today:
    """The latest edition that went to all, and how it stands to one reader.

    ``language`` is that of its subject: the reader's, or empty for the newsletter's own.
    """

    edition: Edition
    subject: str
    language: str
    standing: Standing


def find_today(connection: sa.Connection, reader: Preferences, now: datetime) -> Today | None:
    """Return the newsletter's latest digest, as it stands to a reader; None where it is too old or there is none.

    It is closed, and only read in the archive, to who is not active; to all while it is paused, and once something
    of it was taken back; and to whom its delivery came to another end than their mailbox.
    """
    latest = next(iter(list_sent_editions(connection, reader.newsletter_id, limit=1)), None)
    if latest is None or latest.due_at < now - OLDEST:
        return None
    columns = edition_content.c
    in_reader_language = connection.execute(
        sa.select(columns.subject, columns.language).where(
            columns.edition_id == latest.id, columns.language == reader.language, columns.sections == ""
        )
    ).one_or_none()
    subject, language = in_reader_language or (latest.subject, "")
    return Today(latest, subject, language, _standing(connection, latest, reader))


def send_today(connection: sa.Connection, reader: Preferences, now: datetime) -> Today | None:
    """Plan a delivery of the latest edition to a reader who is active; return how it stands then.

    Asked for twice, or where they have it, nothing changes. Nobody else gets a delivery.
    """
    found = find_today(connection, reader, now)
    if found is None or found.standing is not Standing.OFFERED:
        return found
    extend_audience(connection, found.edition.id, [reader.id], now)
    return replace(found, standing=_standing(connection, found.edition, reader))


def _standing(connection: sa.Connection, latest: Edition, reader: Preferences) -> Standing:
    columns = delivery.c
    state = connection.execute(
        sa.select(columns.state).where(columns.edition_id == latest.id, columns.subscription_id == reader.id)
    ).scalar_one_or_none()
    if state is not None:
        if state == DeliveryState.ACCEPTED:
            return Standing.SENT
        return Standing.ON_ITS_WAY if state in OPEN else Standing.CLOSED
    articles = edition_article.c
    taken_back = sa.exists().where(articles.edition_id == latest.id, articles.withdrawn_at.is_not(None))
    is_whole = not connection.execute(sa.select(taken_back)).scalar_one()
    is_open = latest.state in {EditionState.SENDING, EditionState.DONE}
    may_go = is_open and is_whole and reader.state is SubscriptionState.ACTIVE
    return Standing.OFFERED if may_go else Standing.CLOSED
