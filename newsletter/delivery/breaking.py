"""Breaking news: an editor's word begins an edition with one article, once, for the readers who asked to be told.

It is an edition like any other, so it is checked, can be paused, is throttled and accounted for.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.delivery.audience import count_audience, count_breaking_readers
from newsletter.edition.breaking import BreakingError, refuse_unfit
from newsletter.edition.plan import EditionRequest, plan_edition
from newsletter.edition.states import TOLD
from newsletter.edition.store import Edition, editions_about, get_edition
from newsletter.edition.tables import EditionKind
from newsletter.gather.tables import article
from newsletter.publication.newsletters import Newsletter


@dataclass(frozen=True, slots=True)
class Breaking:
    """What asking led to: the edition, whether it began now, for how many readers, and the bells to ring."""

    edition: Edition
    is_new: bool
    readers: int
    bells: tuple[Bell, ...]


def mail_breaking(
    connection: sa.Connection, newsletter: Newsletter, article_id: int, requested_by: str, now: datetime
) -> Breaking:
    """Begin an edition with one article for the newsletter's readers of breaking news, unless one told it before.

    Whatever the date, an article breaks once: asked again, the edition that tells it is returned. One that ended
    early is begun anew, for whoever has no copy. Raises BreakingError for an article that must not go out, and
    where nobody asked to be told.
    """
    # Locked: of two who ask, one begins it.
    found = connection.execute(sa.select(article).where(article.c.id == article_id).with_for_update()).one()
    earlier = editions_about(connection, newsletter.id, EditionKind.BREAKING, article_id)
    told = [each for each in earlier if each.state in TOLD]
    if told:
        return Breaking(told[-1], is_new=False, readers=0, bells=())
    refuse_unfit(newsletter, found, now)
    on = now.astimezone(newsletter.timezone).date()
    number = 1 + sum(each.edition_on == on for each in earlier)
    kind = EditionKind.BREAKING
    request = EditionRequest(newsletter.id, on, now, requested_by, kind=kind, article_id=article_id, number=number)
    if not count_breaking_readers(connection, newsletter.id):
        raise BreakingError(
            f"No active reader of {newsletter.slug} asked for breaking news.",
            "Readers ask for it among their preferences.",
        )
    edition_id, _ = plan_edition(connection, request)
    edition = get_edition(connection, edition_id)
    readers = count_audience(connection, edition)
    return Breaking(edition, is_new=True, readers=readers, bells=(Bell(TaskName.ADVANCE_EDITION, edition_id),))


def find_breaking(connection: sa.Connection, newsletter_id: int, article_id: int) -> Edition | None:
    """Return the newsletter's edition that tells an article as breaking news, or told it; None where none does."""
    tellings = editions_about(connection, newsletter_id, EditionKind.BREAKING, article_id)
    told = [each for each in tellings if each.state in TOLD]
    return told[-1] if told else None
