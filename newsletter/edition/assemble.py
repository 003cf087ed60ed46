"""Assemble an edition: choose its articles, render it once, and freeze both in one transaction."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter import log
from newsletter.edition import store
from newsletter.edition.candidates import find_candidates, was_sent
from newsletter.edition.choose import Choice, choose
from newsletter.edition.content import Content, Stationery
from newsletter.edition.selection import ChosenArticle, Masthead
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition
from newsletter.edition.tables import Part, edition_article, edition_link
from newsletter.errors import ContentError
from newsletter.gather.sources import source_ids_of
from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id

_log = log.get("edition")


@dataclass(frozen=True, slots=True)
class Workshop:
    """What rendering needs from outside: the templates, and where our pages are reached."""

    stationery: Stationery
    public_url: str


def archive_url(public_url: str, slug: str, key: str) -> str:
    """Return the address at which an edition is read in a browser."""
    return f"{public_url.rstrip('/')}/archive/{slug}/{key}"


def masthead(newsletter: Newsletter) -> Masthead:
    """Return what every mail of the newsletter carries."""
    return Masthead(**{name: getattr(newsletter, name) for name in Masthead.__dataclass_fields__})


def choose_for(connection: sa.Connection, edition: Edition, now: datetime) -> Choice:
    """Choose from what is stored now, without changing anything."""
    newsletter = get_newsletter_by_id(connection, edition.newsletter_id)
    source_ids = edition.source_ids
    if source_ids is None:
        source_ids = source_ids_of(connection, newsletter.id)
    is_named = edition.is_for_named_readers
    found = find_candidates(connection, newsletter.id, source_ids, now, for_named_readers=is_named)
    any_sent = was_sent(newsletter.id, for_named_readers=is_named)
    is_first = connection.execute(sa.select(~any_sent)).scalar_one()
    return choose(found, newsletter, now, may_widen=is_first or edition.source_ids is not None)


def assemble(connection: sa.Connection, edition_id: int, workshop: Workshop, now: datetime) -> EditionState:
    """Bring an edition from gathering to ready, skipped or failed; return which.

    Raises ConflictError when another task did so first.
    """
    edition = store.get_edition(connection, edition_id)
    newsletter = get_newsletter_by_id(connection, edition.newsletter_id)
    choice = choose_for(connection, edition, now)
    if choice.unsent < newsletter.min_articles:
        reason = (
            f"{choice.unsent or 'No'} unsent article{'' if choice.unsent == 1 else 's'} to choose from; "
            f"an edition needs {newsletter.min_articles}."
        )
        return _end(connection, edition, EditionState.SKIPPED, reason, now)
    view_url = archive_url(workshop.public_url, edition.slug, edition.key)
    try:
        content = workshop.stationery.digest(choice.selection, masthead(newsletter), edition.edition_on, view_url)
    except ContentError as error:
        return _end(connection, edition, EditionState.FAILED, str(error), now)
    states = (EditionState.GATHERING, EditionState.READY)
    store.move(connection, edition.id, states, ready_at=now, notes=list(choice.notes), **_frozen(content))
    connection.execute(sa.delete(edition_article).where(edition_article.c.edition_id == edition.id))
    connection.execute(sa.insert(edition_article), _rows(edition.id, choice))
    if content.links:
        connection.execute(sa.insert(edition_link), _link_rows(edition.id, content.links))
    _log.info("edition_ready", edition_id=edition.id, articles=len(choice.selection.articles))
    return EditionState.READY


def _end(
    connection: sa.Connection, edition: Edition, state: EditionState, reason: str, now: datetime
) -> EditionState:
    store.move(connection, edition.id, (EditionState.GATHERING, state), reason=reason, finished_at=now)
    _log.info("edition_ended", edition_id=edition.id, state=state, reason=reason)
    return state


def _frozen(content: Content) -> dict[str, str]:
    fields = {name: getattr(content, name) for name in ("subject", "preheader", "text", "html", "marker")}
    hashed = "\0".join((*fields.values(), *content.links))
    return {**fields, "content_hash": hashlib.sha256(hashed.encode()).hexdigest()}


def _rows(edition_id: int, choice: Choice) -> list[dict[str, Any]]:
    parts = [(Part.TOP_STORIES, each) for each in choice.selection.top_stories]
    parts += [(Part.BLOG_POSTS, each) for each in choice.selection.blog_posts]
    return [_row(edition_id, place, part, each) for place, (part, each) in enumerate(parts, start=1)]


def _link_rows(edition_id: int, links: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{"edition_id": edition_id, "number": number, "url": url} for number, url in enumerate(links, start=1)]


def _row(edition_id: int, place: int, part: Part, chosen: ChosenArticle) -> dict[str, Any]:
    facts = ("article_id", "title", "url", "source", "points", "parts", "why")
    row = {name: getattr(chosen, name) for name in facts}
    return {"edition_id": edition_id, "place": place, "part": part, **row}
