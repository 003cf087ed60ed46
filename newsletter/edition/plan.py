"""Which edition is meant: one row for each newsletter and key, whoever asks and how often."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.edition.states import EditionState
from newsletter.edition.tables import EditionKind, edition


@dataclass(frozen=True, slots=True)
class EditionRequest:
    """An edition somebody wants: the newsletter's own of a local date, or one from named sources or readers only.

    ``source_ids`` and ``subscription_ids`` of None mean the newsletter's own sources and all of its readers. Only
    a digest asks sources, or goes to readers by name. ``article_id`` is what a correction corrects, or what is
    breaking news; ``number`` counts those of the same article and date.
    """

    newsletter_id: int
    edition_on: date
    due_at: datetime
    requested_by: str
    sends_when_ready: bool = True
    source_ids: tuple[int, ...] | None = None
    subscription_ids: tuple[int, ...] | None = None
    kind: EditionKind = EditionKind.DIGEST
    article_id: int | None = None
    number: int = 1

    @property
    def key(self) -> str:
        """The local date; with a mark of its kind and article, of named sources, or of there being named readers.

        Asking again is so the same edition, and one made for a few readers never takes the place of everybody's.
        """
        day = self.edition_on.isoformat()
        if self.kind is not EditionKind.DIGEST:
            article = "" if self.article_id is None else f"-{self.article_id}"
            return f"{day}~{self.kind}{article}" + (f"-{self.number}" if self.number > 1 else "")
        if self.source_ids is None and self.subscription_ids is None:
            return day
        sources = "own" if self.source_ids is None else ",".join(str(each) for each in sorted(self.source_ids))
        readers = "all" if self.subscription_ids is None else "named"
        return f"{day}~{hashlib.sha256(f'{sources} {readers}'.encode()).hexdigest()[:8]}"


def name_readers(connection: sa.Connection, edition_id: int, subscription_ids: Sequence[int]) -> None:
    """Let an edition for named readers go to these too."""
    row = connection.execute(sa.select(edition.c.subscription_ids).where(edition.c.id == edition_id)).one()
    together = sorted({*subscription_ids, *row.subscription_ids})
    connection.execute(sa.update(edition).where(edition.c.id == edition_id).values(subscription_ids=together))


def find_planned(connection: sa.Connection, newsletter_id: int, key: str) -> int | None:
    """Return the id of the edition with this key, or None."""
    query = sa.select(edition.c.id).where(edition.c.newsletter_id == newsletter_id, edition.c.key == key)
    return connection.execute(query).scalar_one_or_none()


def release_for_sending(connection: sa.Connection, edition_id: int, requested_by: str) -> None:
    """Let an edition be sent as soon as it is ready."""
    released = {"sends_when_ready": True, "requested_by": requested_by}
    connection.execute(
        sa.update(edition).where(edition.c.id == edition_id, ~edition.c.sends_when_ready).values(released)
    )


def plan_edition(connection: sa.Connection, request: EditionRequest) -> tuple[int, bool]:
    """Return the id of the requested edition and whether this call made it."""
    return _put(connection, request, EditionState.PLANNED, "")


def record_missed(connection: sa.Connection, request: EditionRequest, reason: str) -> tuple[int, bool]:
    """Record that an edition's time went by without it; an edition that exists is left alone."""
    return _put(connection, request, EditionState.MISSED, reason)


def _put(connection: sa.Connection, request: EditionRequest, state: EditionState, reason: str) -> tuple[int, bool]:
    row = connection.execute(
        insert(edition)
        .values(state=state, reason=reason, **_wishes(request))
        .on_conflict_do_nothing()
        .returning(edition.c.id)
    ).one_or_none()
    if row is not None:
        return row.id, True
    known = find_planned(connection, request.newsletter_id, request.key)
    assert known is not None, "the key is taken, and editions are never deleted"
    return known, False


def _wishes(request: EditionRequest) -> dict[str, Any]:
    wishes = {
        name: getattr(request, name)
        for name in (
            *("newsletter_id", "key", "edition_on", "requested_by", "sends_when_ready", "due_at"),
            *("kind", "article_id"),
        )
    }
    if request.kind is EditionKind.DIGEST:
        source_ids, subscription_ids = request.source_ids, request.subscription_ids
        return {
            **wishes,
            "source_ids": None if source_ids is None else list(source_ids),
            "subscription_ids": None if subscription_ids is None else list(subscription_ids),
        }
    return {
        **wishes,
        "source_ids": [],
        # The weekly edition is for all; of an article, nobody is named: who wants to know is looked up when it
        # starts (``delivery.audience``).
        "subscription_ids": None if request.article_id is None else [],
        # No source is asked, and no page looked at once more.
        "rechecked_at": request.due_at,
    }
