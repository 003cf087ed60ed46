"""The correction of an article, mailed to those who were sent it and to nobody else, once for what it says.

It is an edition like any other, so it can be paused, is throttled and accounted for. Whoever was not mailed it
finds it in the next edition, which tells it to all.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.delivery.states import MAY_HAVE_IT, DeliveryState
from newsletter.delivery.tables import delivery
from newsletter.edition.choosing.sections import are_of_sections
from newsletter.edition.plan import EditionRequest, plan_edition
from newsletter.edition.states import SENT, TOLD, UNFINISHED, EditionState
from newsletter.edition.store import Edition, cancel, editions_about, get_edition
from newsletter.edition.tables import EditionKind, edition_article, edition_content
from newsletter.edition.tables import edition as edition_table
from newsletter.gather.tables import article
from newsletter.publication.newsletters import list_newsletters
from newsletter.readers.tables import subscription


@dataclass(frozen=True, slots=True)
class Corrections:
    """The editions that tell a correction, by name: those begun now, those that told the same before."""

    begun: tuple[str, ...]
    told_before: tuple[str, ...]
    bells: tuple[Bell, ...]


def mail_correction(connection: sa.Connection, article_id: int, requested_by: str, now: datetime) -> Corrections:
    """Begin an edition with an article's correction for each newsletter that sent it to anybody.

    One on its way that says something older ends, so that nobody is told that now, nor the same by both of them.
    The article must be locked (``edition.correction.write_correction``): of two who ask, one begins it.
    """
    corrected_at = connection.execute(
        sa.select(article.c.corrected_at).where(article.c.id == article_id)
    ).scalar_one()
    begun, told_before, bells = [], [], []
    for newsletter in list_newsletters(connection):
        if not connection.execute(sa.select(_was_sent_by(newsletter.id, article_id))).scalar_one():
            continue
        earlier = editions_about(connection, newsletter.id, EditionKind.CORRECTION, article_id)
        told = [each for each in earlier if each.state in TOLD and each.due_at >= corrected_at]
        if told:
            told_before.append(told[-1].name)
            continue
        _end_outdated(connection, earlier, now)
        on = now.astimezone(newsletter.timezone).date()
        number = 1 + sum(each.edition_on == on for each in earlier)
        kind = EditionKind.CORRECTION
        request = EditionRequest(
            newsletter.id, on, now, requested_by, kind=kind, article_id=article_id, number=number
        )
        edition_id, _ = plan_edition(connection, request)
        begun.append(get_edition(connection, edition_id).name)
        bells.append(Bell(TaskName.ADVANCE_EDITION, edition_id))
    return Corrections(tuple(begun), tuple(told_before), tuple(bells))


def is_owed_correction(connection: sa.Connection, edition: Edition) -> sa.ColumnElement[bool]:
    """Return the condition that a subscription had the article that an edition corrects, and not what it says.

    Readers of chosen sections had it where their selection has it.
    """
    columns = edition_table.c
    of_article = sa.select(edition_article.c.edition_id).where(edition_article.c.article_id == edition.article_id)
    sent_it = sa.select(columns.id).where(
        columns.newsletter_id == edition.newsletter_id, columns.id.in_(of_article)
    )
    corrected_at = sa.select(article.c.corrected_at).where(article.c.id == edition.article_id).scalar_subquery()
    told_it = sa.select(columns.id).where(
        columns.newsletter_id == edition.newsletter_id,
        columns.kind == EditionKind.CORRECTION,
        columns.article_id == edition.article_id,
        columns.due_at >= corrected_at,
    )
    selection = sa.tuple_(delivery.c.edition_id, delivery.c.sections)
    was_left = sa.or_(delivery.c.sections == "", selection.in_(_selections_with(connection, edition)))
    had_it = has_delivery(sent_it, (DeliveryState.ACCEPTED,), was_left)
    return sa.and_(had_it, ~has_delivery(told_it, MAY_HAVE_IT))


def _end_outdated(connection: sa.Connection, earlier: Sequence[Edition], now: datetime) -> None:
    for each in earlier:
        state = get_edition(connection, each.id, lock=True).state
        if state in UNFINISHED:
            cancel(connection, each.id, state, reason="A newer correction takes its place.", finished_at=now)


def _selections_with(connection: sa.Connection, edition: Edition) -> list[tuple[int, str]]:
    """Return in which selections, by edition and name of sections, the article of an edition stands."""
    stood, made = edition_article.c, edition_content.c
    query = (
        sa.select(stood.section, made.edition_id, made.sections)
        .join(edition_content, made.edition_id == stood.edition_id)
        .join(edition_table, edition_table.c.id == stood.edition_id)
        .where(edition_table.c.newsletter_id == edition.newsletter_id)
        .where(stood.article_id == edition.article_id, made.sections != "")
        .distinct()
    )
    return [
        (edition_id, sections)
        for section, edition_id, sections in connection.execute(query)
        if are_of_sections([section], sections.split("\n"))[0]
    ]


def has_delivery(
    edition_ids: sa.Select[tuple[int]],
    states: Collection[DeliveryState],
    which: sa.ColumnElement[bool] = sa.true(),  # noqa: B008 — a constant
) -> sa.ColumnElement[bool]:
    """Return the condition that a subscription has a delivery of these editions, in one of these states."""
    readers = sa.select(delivery.c.subscription_id).where(
        delivery.c.edition_id.in_(edition_ids), delivery.c.state.in_(states), which
    )
    return subscription.c.id.in_(readers)


def _was_sent_by(newsletter_id: int, article_id: int) -> sa.ColumnElement[bool]:
    return (
        sa.exists()
        .where(edition_article.c.edition_id == edition_table.c.id, edition_article.c.article_id == article_id)
        .where(
            edition_table.c.newsletter_id == newsletter_id,
            edition_table.c.state.in_((*SENT, EditionState.CANCELLED)),
        )
    )
