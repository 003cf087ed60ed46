"""Assemble an edition: choose its articles, render it once, and freeze both in one transaction."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter import log
from newsletter.edition import store
from newsletter.edition.choosing.choose import Choice
from newsletter.edition.choosing.outlook import choose_for, least_articles
from newsletter.edition.choosing.runs import Occasion, record_run
from newsletter.edition.rendering.content import Content, Stationery
from newsletter.edition.rendering.illustrate import illustrate
from newsletter.edition.rendering.selection import ChosenArticle, Masthead
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition
from newsletter.edition.tables import Part, edition_article, edition_link
from newsletter.errors import ContentError
from newsletter.gather.image.images import StoredImage, images_of
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


def assemble(
    connection: sa.Connection, edition_id: int, workshop: Workshop, now: datetime, notes: Sequence[str] = ()
) -> EditionState:
    """Bring an edition from gathering to ready, skipped or failed; return which.

    ``notes`` are what a person should know of how it came here. Raises ConflictError when another task was first.
    """
    edition = store.get_edition(connection, edition_id)
    newsletter = get_newsletter_by_id(connection, edition.newsletter_id)
    choice = choose_for(connection, edition, now)
    least = least_articles(connection, newsletter, edition)
    if choice.unsent < least:
        reason = (
            f"{choice.unsent or 'No'} unsent stor{'y' if choice.unsent == 1 else 'ies'} to choose from; "
            f"an edition needs {least}."
        )
        state = _end(connection, edition, EditionState.SKIPPED, reason, now)
        record_run(connection, Occasion(newsletter, edition.edition_on, edition.id, now), choice)
        return state
    if not choice.selection.articles:
        reason = "Nothing of what there is may stand first: `newsletter candidates` says why."
        state = _end(connection, edition, EditionState.SKIPPED, reason, now)
        record_run(connection, Occasion(newsletter, edition.edition_on, edition.id, now), choice)
        return state
    if least < newsletter.min_articles:
        notes = [*notes, f"{newsletter.most_skips} days brought too little: this one goes with what there is."]
    view_url = archive_url(workshop.public_url, edition.slug, edition.key)
    try:
        selection = illustrate(choice.selection, _images(connection, choice), workshop.public_url)
        content = workshop.stationery.digest(selection, masthead(newsletter), edition.edition_on, view_url)
    except ContentError as error:
        return _end(connection, edition, EditionState.FAILED, str(error), now)
    _freeze(connection, edition, choice, content, ready_at=now, notes=[*choice.notes, *notes])
    record_run(connection, Occasion(newsletter, edition.edition_on, edition.id, now), choice)
    _log.info("edition_ready", edition_id=edition.id, articles=len(choice.selection.articles))
    return EditionState.READY


def _images(connection: sa.Connection, choice: Choice) -> dict[int, StoredImage]:
    return images_of(connection, [each.article_id for each in choice.selection.articles])


def _freeze(connection: sa.Connection, edition: Edition, choice: Choice, content: Content, **values: Any) -> None:
    states = (EditionState.GATHERING, EditionState.READY)
    store.move(connection, edition.id, states, **values, **_frozen(content))
    connection.execute(sa.delete(edition_article).where(edition_article.c.edition_id == edition.id))
    connection.execute(sa.insert(edition_article), _rows(edition.id, choice))
    connection.execute(sa.delete(edition_link).where(edition_link.c.edition_id == edition.id))
    if content.links:
        connection.execute(sa.insert(edition_link), _link_rows(edition.id, content.links))


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
    facts = ("article_id", "title", "url", "source", "points", "parts", "why", "is_update")
    row = {name: getattr(chosen, name) for name in facts}
    also_in = [each.article_id for each in chosen.also_in if each.article_id]
    return {"edition_id": edition_id, "place": place, "part": part, "also_in": also_in, **row}
