"""Whom an edition is for, by its kind and by what its readers chose.

A digest is for those who want each day's, a weekly for those who want one mail a week, breaking news for those who
asked to be told, a correction for those who were sent the article. Whoever is outside is not left out of anything.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from newsletter.delivery.corrections import has_delivery, is_owed_correction
from newsletter.delivery.states import MAY_HAVE_IT
from newsletter.delivery.tables import exclusion
from newsletter.edition.choosing.sections import left_of
from newsletter.edition.store import Edition
from newsletter.edition.tables import EditionKind, edition_article, edition_content
from newsletter.edition.tables import edition as edition_table
from newsletter.publication.tables import newsletter
from newsletter.readers.store import is_active
from newsletter.readers.tables import Frequency, subscription

_IN_SECTIONS = (EditionKind.DIGEST, EditionKind.WEEKLY)
"""Editions of many articles, of which readers may want some."""


def belongs(connection: sa.Connection, edition: Edition, named: Sequence[int] | None) -> sa.ColumnElement[bool]:
    """Return the condition that an edition is for a subscription, active or not; ``named`` are meant by id.

    Who is named is asked nothing else. A newsletter without a weekly edition has no weekly readers: they get each
    digest, so that nobody is forgotten when it is switched off.
    """
    columns = subscription.c
    own = columns.newsletter_id == edition.newsletter_id
    match edition.kind:
        case EditionKind.CORRECTION:
            return sa.and_(own, is_owed_correction(connection, edition))
        case EditionKind.BREAKING:
            return sa.and_(own, _wants_breaking(edition))
        case EditionKind.WEEKLY:
            chosen = columns.frequency == Frequency.WEEKLY
        case EditionKind.DIGEST:
            chosen = columns.frequency == Frequency.DAILY if _has_weekly(connection, edition) else sa.true()
    return sa.and_(own, chosen if named is None else columns.id.in_(named))


def count_audience(connection: sa.Connection, edition: Edition) -> int:
    """Return how many active readers an edition is for, suppressed or not."""
    query = sa.select(sa.func.count()).where(
        belongs(connection, edition, edition.subscription_ids), is_active(sa.func.now())
    )
    return int(connection.execute(query.select_from(subscription)).scalar_one())


def why_nobody(connection: sa.Connection, edition: Edition) -> str:
    """Return why an edition that was started has no delivery, in a sentence for its verdict."""
    of_edition = exclusion.c.edition_id == edition.id
    left_out = sa.select(sa.func.count()).select_from(exclusion).where(of_edition)
    count = connection.execute(left_out).scalar_one()
    if count:
        whom = "The only reader it is for is" if count == 1 else f"All {count} readers it is for are"
        return f"{whom} suppressed, or chose sections that it has nothing of."
    anybody = sa.exists().where(subscription.c.newsletter_id == edition.newsletter_id, is_active(sa.func.now()))
    if connection.execute(sa.select(anybody)).scalar_one():
        return f"No active reader is one whom a {edition.kind} edition is for."
    return "Nobody is subscribed and active."


def count_breaking_readers(connection: sa.Connection, newsletter_id: int) -> int:
    """Return how many active readers of a newsletter asked for breaking news."""
    own = subscription.c.newsletter_id == newsletter_id
    query = sa.select(sa.func.count()).where(own, subscription.c.breaking, is_active(sa.func.now()))
    return int(connection.execute(query.select_from(subscription)).scalar_one())


def has_weekly_readers(connection: sa.Connection, newsletter_id: int) -> bool:
    """Whether anybody active wants one mail a week of a newsletter."""
    # As the index has it, word for word.
    are_weekly = sa.literal_column("subscription.frequency = 'weekly'", sa.Boolean)
    own = subscription.c.newsletter_id == newsletter_id
    return bool(
        connection.execute(sa.select(sa.exists().where(own, are_weekly, is_active(sa.func.now())))).scalar_one()
    )


def section_wishes(connection: sa.Connection, edition: Edition) -> list[tuple[tuple[str, ...], int]]:
    """Return the choices of sections among an edition's audience, each with its readers."""
    if not _is_in_sections(connection, edition):
        return []
    chosen = subscription.c.sections
    query = (
        sa.select(chosen, sa.func.count())
        .where(belongs(connection, edition, None), is_active(sa.func.now()), _chose_sections())
        .group_by(chosen)
    )
    return [(tuple(sections), count) for sections, count in connection.execute(query)]


def section_contents(connection: sa.Connection, edition: Edition) -> dict[tuple[str, ...], str | None]:
    """Return which of an edition's contents each choice of sections leads to: its name, or None for nothing left.

    A choice for which there is no content leads to the whole edition, as one that leaves all of it; only choices
    that lead elsewhere are told.
    """
    if not _is_in_sections(connection, edition):
        return {}
    stood = edition_article.c
    articles = sa.select(stood.section).where(stood.edition_id == edition.id).order_by(stood.place)
    named = list(connection.execute(articles).scalars())
    made = sa.select(edition_content.c.sections).where(edition_content.c.edition_id == edition.id)
    known = set(connection.execute(made).scalars())
    choices = (
        sa.select(subscription.c.sections)
        .where(subscription.c.newsletter_id == edition.newsletter_id, _chose_sections())
        .distinct()
    )
    leads = {tuple(each): left_of(named, each) for each in connection.execute(choices).scalars()}
    return {choice: left for choice, left in leads.items() if left is None or (left and left in known)}


def _chose_sections() -> sa.ColumnElement[bool]:
    # As the index has it, word for word.
    return sa.literal_column("subscription.sections <> '{}'", sa.Boolean)


def _is_in_sections(connection: sa.Connection, edition: Edition) -> bool:
    if edition.kind not in _IN_SECTIONS or edition.is_for_named_readers:
        return False
    asked = sa.select(newsletter.c.reader_sections).where(newsletter.c.id == edition.newsletter_id)
    return bool(connection.execute(asked).scalar_one())


def _has_weekly(connection: sa.Connection, edition: Edition) -> bool:
    day = sa.select(newsletter.c.weekly_day).where(newsletter.c.id == edition.newsletter_id)
    return bool(connection.execute(day).scalar_one())


def _wants_breaking(edition: Edition) -> sa.ColumnElement[bool]:
    """Return the condition that a reader asked for breaking news, and was not told this by an edition before."""
    columns = edition_table.c
    told = sa.select(columns.id).where(
        columns.newsletter_id == edition.newsletter_id,
        columns.kind == EditionKind.BREAKING,
        columns.article_id == edition.article_id,
    )
    return sa.and_(subscription.c.breaking, ~has_delivery(told.where(columns.id != edition.id), MAY_HAVE_IT))
