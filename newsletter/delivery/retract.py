"""Take an article back: it is never chosen again, and what of it has not gone out stays in.

Editions that are being sent stop at once, with the reason; those that wait to be sent are made anew without it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter import log
from newsletter.bell import Bell, TaskName
from newsletter.delivery import control
from newsletter.edition import store
from newsletter.edition.choosing.last_look import DOUBTFUL
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition
from newsletter.edition.tables import edition, edition_article
from newsletter.gather.tables import article

_log = log.get("delivery")

_STANDING = (EditionState.READY, EditionState.SENDING, EditionState.PAUSED)


@dataclass(frozen=True, slots=True)
class Retraction:
    """What taking an article back led to: the editions stopped, and those made anew, by name."""

    title: str
    paused: tuple[str, ...]
    made_anew: tuple[str, ...]
    bells: tuple[Bell, ...]


def heed_withdrawals(connection: sa.Connection, now: datetime) -> tuple[Bell, ...]:
    """Do the same for what its source took back, or whose page is gone, while an edition has it.

    A page that only looks closed keeps its article out of what is not sent yet, and stops nothing that goes out.
    """
    is_doubtful = article.c.withdrawn_why.in_(DOUBTFUL)
    held = (
        sa.select(article.c.id, article.c.withdrawn_why, is_doubtful.label("is_doubtful"))
        .join(edition_article, edition_article.c.article_id == article.c.id)
        .join(edition, edition.c.id == edition_article.c.edition_id)
        .where(edition.c.state.in_(_STANDING), edition_article.c.withdrawn_at.is_(None))
        .where(article.c.withdrawn_at.is_not(None))
        .where(sa.or_(edition.c.state == EditionState.READY, ~is_doubtful))
        .distinct()
        .order_by(article.c.id)
    )
    found = connection.execute(held).all()
    bells: list[Bell] = []
    for row in found:
        if row.is_doubtful:
            ready = _holding(connection, row.id, (EditionState.READY,))
            bells += [_make_anew(connection, each, now) for each in ready]
        else:
            bells += retract(connection, row.id, row.withdrawn_why, now).bells
    return tuple(bells)


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
    paused, anew, bells = [], [], []
    for held in _holding(connection, article_id, _STANDING):
        told = f"“{found.title}” was taken back: {why}"
        if held.state is EditionState.SENDING:
            control.pause(connection, held.id, told)
            paused.append(held.name)
        elif held.state is EditionState.PAUSED:
            # Whoever resumes it must know what they let go.
            values = {"reason": f"{held.reason} {told}".strip()}
            connection.execute(sa.update(edition).where(edition.c.id == held.id).values(values))
            paused.append(held.name)
        elif held.state is EditionState.READY:
            anew.append(held.name)
            bells.append(_make_anew(connection, held, now))
    connection.execute(
        sa.update(edition_article)
        .where(edition_article.c.article_id == article_id, edition_article.c.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    _log.warning("article_retracted", article_id=article_id, paused=paused, made_anew=anew)
    return Retraction(found.title, tuple(paused), tuple(anew), tuple(bells))


def _holding(connection: sa.Connection, article_id: int, states: Sequence[EditionState]) -> list[Edition]:
    """Return the editions in these states that have an article, each locked."""
    query = (
        sa.select(edition.c.id)
        .join(edition_article, edition_article.c.edition_id == edition.c.id)
        .where(edition_article.c.article_id == article_id, edition.c.state.in_(states))
        .order_by(edition.c.id)
    )
    locked = [store.get_edition(connection, each, lock=True) for each in connection.execute(query).scalars().all()]
    return [each for each in locked if each.state in states]


def _make_anew(connection: sa.Connection, held: Edition, now: datetime) -> Bell:
    move = (EditionState.READY, EditionState.GATHERING)
    store.move(connection, held.id, move, gathering_at=now, rechecked_at=None)
    return Bell(TaskName.ADVANCE_EDITION, held.id)
