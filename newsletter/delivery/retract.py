"""Take an article back: it is never chosen again, and what of it has not gone out stays in.

Editions that are being sent stop at once, with the reason; those that wait to be sent are made anew without it.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter import log
from newsletter.bell import Bell, TaskName
from newsletter.delivery import control
from newsletter.edition import store
from newsletter.edition.states import EditionState
from newsletter.edition.tables import edition, edition_article
from newsletter.gather.tables import article

_log = log.get("delivery")

_STANDING = (EditionState.READY, EditionState.SENDING)


@dataclass(frozen=True, slots=True)
class Retraction:
    """What taking an article back led to: the editions stopped, and those made anew, by name."""

    title: str
    paused: tuple[str, ...]
    made_anew: tuple[str, ...]
    bells: tuple[Bell, ...]


def heed_withdrawals(connection: sa.Connection, now: datetime) -> tuple[Bell, ...]:
    """Do the same for what its source took back, or whose page is gone, while an edition has it."""
    held = (
        sa.select(article.c.id, article.c.withdrawn_why)
        .join(edition_article, edition_article.c.article_id == article.c.id)
        .join(edition, edition.c.id == edition_article.c.edition_id)
        .where(edition.c.state.in_(_STANDING), edition_article.c.withdrawn_at.is_(None))
        .where(article.c.withdrawn_at.is_not(None))
        .distinct()
        .order_by(article.c.id)
    )
    found = connection.execute(held).all()
    return tuple(bell for row in found for bell in retract(connection, row.id, row.withdrawn_why, now).bells)


def retract(connection: sa.Connection, article_id: int, why: str, now: datetime) -> Retraction:
    """Take an article back, for the reason given; asked for twice, the first reason stays."""
    found = connection.execute(
        sa.update(article)
        .where(article.c.id == article_id)
        .values(
            withdrawn_at=sa.func.coalesce(article.c.withdrawn_at, now),
            withdrawn_why=sa.case((article.c.withdrawn_at.is_(None), why), else_=article.c.withdrawn_why),
        )
        .returning(article.c.title)
    ).one()
    holding = (
        sa.select(edition.c.id)
        .join(edition_article, edition_article.c.edition_id == edition.c.id)
        .where(edition_article.c.article_id == article_id, edition.c.state.in_(_STANDING))
        .order_by(edition.c.id)
    )
    paused, anew, bells = [], [], []
    for edition_id in connection.execute(holding).scalars().all():
        held = store.get_edition(connection, edition_id, lock=True)
        if held.state is EditionState.SENDING:
            control.pause(connection, held.id, f"“{found.title}” was taken back: {why}")
            paused.append(held.name)
        elif held.state is EditionState.READY:
            move = (EditionState.READY, EditionState.GATHERING)
            store.move(connection, held.id, move, gathering_at=now, rechecked_at=None)
            anew.append(held.name)
            bells.append(Bell(TaskName.ADVANCE_EDITION, held.id))
    connection.execute(
        sa.update(edition_article)
        .where(edition_article.c.article_id == article_id, edition_article.c.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    _log.warning("article_retracted", article_id=article_id, paused=paused, made_anew=anew)
    return Retraction(found.title, tuple(paused), tuple(anew), tuple(bells))
