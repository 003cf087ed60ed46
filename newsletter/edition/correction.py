"""The correction of one article as an edition of its own: written down, and rendered for whoever was sent it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter import log
from newsletter.edition import store
from newsletter.edition.assemble import Workshop, masthead
from newsletter.edition.freeze import end_unsent, freeze_contents
from newsletter.edition.rendering.facts import Fact
from newsletter.edition.rendering.paper import fit_tag
from newsletter.edition.states import EditionState
from newsletter.edition.store import Wish
from newsletter.edition.tables import sent_article
from newsletter.edition.words.bidi import direction_of
from newsletter.edition.words.phrases import direction
from newsletter.edition.words.wording import safe_link
from newsletter.errors import ContentError, SettingsError
from newsletter.gather.tables import article
from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id

_log = log.get("edition")

LONGEST_CORRECTION = 1000
"""Characters, as in what publishers push."""


class CorrectionError(SettingsError):
    """An editor's correction says nothing, or too much."""

    status = 422


def write_correction(connection: sa.Connection, article_id: int, text: str, now: datetime) -> bool:
    """Write down what was wrong in an article; return whether that is news.

    With no text the correction that stands is meant. The article stays locked until the transaction ends. Raises
    CorrectionError where there is none, and for one that is too long.
    """
    said = " ".join(text.split())
    if len(said) > LONGEST_CORRECTION:
        raise CorrectionError(
            f"A correction of {len(said)} characters is too long.", f"Say it in {LONGEST_CORRECTION}."
        )
    columns = article.c
    query = sa.select(columns.correction).where(columns.id == article_id).with_for_update()
    standing = connection.execute(query).scalar_one()
    if not said and not standing:
        raise CorrectionError("A correction says what was wrong.", "Give its text.")
    if said in {"", standing}:
        return False
    changed = sa.update(article).where(columns.id == article_id)
    connection.execute(changed.values(correction=said, corrected_at=now))
    _log.info("article_corrected", article_id=article_id)
    return True


def assemble_correction(
    connection: sa.Connection, edition_id: int, workshop: Workshop, now: datetime, notes: Sequence[str] = ()
) -> EditionState:
    """Bring a correction from gathering to ready or failed; return which.

    Raises ConflictError when another task was first.
    """
    edition = store.get_edition(connection, edition_id)
    newsletter = get_newsletter_by_id(connection, edition.newsletter_id)
    corrected = _corrected(connection, newsletter, edition.article_id)
    try:
        contents = {
            Wish(language): workshop.stationery.write(
                "correction",
                replace(masthead(newsletter), language=language),
                _facts(corrected, newsletter.language, language),
            )
            for language in newsletter.all_languages
        }
    except ContentError as error:
        return end_unsent(connection, edition, EditionState.FAILED, str(error), now)
    freeze_contents(connection, edition, contents, ready_at=now, notes=list(notes))
    _log.info("edition_ready", edition_id=edition.id, articles=0)
    return EditionState.READY


def _corrected(connection: sa.Connection, newsletter: Newsletter, article_id: int | None) -> Any:
    """Return the article with its correction; its headline is the one that readers saw."""
    was_sent = sa.and_(
        sent_article.c.article_id == article.c.id,
        sent_article.c.newsletter_id == newsletter.id,
        ~sent_article.c.for_named_readers,
    )
    title = sa.func.coalesce(sa.func.nullif(sent_article.c.title, ""), article.c.title).label("title")
    query = (
        sa.select(title, article.c.url, article.c.correction, article.c.language)
        .outerjoin(sent_article, was_sent)
        .where(article.c.id == article_id)
    )
    return connection.execute(query).one()


def _facts(corrected: Any, own_language: str, mail_language: str) -> dict[str, Fact]:
    language = fit_tag(corrected.language, own_language)
    # Feeds are wrong about their language; letters are not.
    way = direction_of(corrected.title + corrected.correction) or direction(language)
    return {
        "title": corrected.title,
        "link": safe_link(corrected.url),
        "correction": corrected.correction,
        "language": language,
        "direction": way,
        "is_turned": "yes" if way != direction(mail_language) else "",
    }
