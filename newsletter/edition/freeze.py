"""What an edition is once it is ready: its contents, links and articles, as rows that nobody changes."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter import log
from newsletter.edition import store
from newsletter.edition.rendering.content import Content
from newsletter.edition.rendering.selection import ChosenArticle, Selection
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition, Wish
from newsletter.edition.tables import Part, edition_article, edition_content, edition_link

_log = log.get("edition")

_PARTS = ("subject", "preheader", "text", "html", "marker")


def freeze_contents(
    connection: sa.Connection, edition: Edition, contents: Mapping[Wish, Content], **values: Any
) -> None:
    """Make an edition ready with these contents, the whole in the newsletter's own language first; set ``values``.

    The links of one are those of another, or begin with them. Raises ConflictError when another task was first.
    """
    states = (EditionState.GATHERING, EditionState.READY)
    links = max((each.links for each in contents.values()), key=len)
    store.move(connection, edition.id, states, content_hash=_hash_of(contents, links), **values)
    connection.execute(sa.delete(edition_content).where(edition_content.c.edition_id == edition.id))
    connection.execute(sa.insert(edition_content), _content_rows(edition.id, contents))
    connection.execute(sa.delete(edition_link).where(edition_link.c.edition_id == edition.id))
    if links:
        connection.execute(sa.insert(edition_link), _link_rows(edition.id, links))


def freeze_articles(connection: sa.Connection, edition: Edition, selection: Selection) -> None:
    """Keep an edition's articles in their order, as they are called now."""
    connection.execute(sa.delete(edition_article).where(edition_article.c.edition_id == edition.id))
    connection.execute(sa.insert(edition_article), _rows(edition.id, selection))


def end_unsent(
    connection: sa.Connection, edition: Edition, state: EditionState, reason: str, now: datetime
) -> EditionState:
    """End an edition that cannot become ready, for a reason; return the state."""
    store.move(connection, edition.id, (EditionState.GATHERING, state), reason=reason, finished_at=now)
    _log.info("edition_ended", edition_id=edition.id, state=state, reason=reason)
    return state


def _hash_of(contents: Mapping[Wish, Content], links: tuple[str, ...]) -> str:
    hashed = [(*wish, *(getattr(content, name) for name in _PARTS)) for wish, content in contents.items()]
    return hashlib.sha256("\0".join([*(part for parts in hashed for part in parts), *links]).encode()).hexdigest()


def _content_rows(edition_id: int, contents: Mapping[Wish, Content]) -> list[dict[str, Any]]:
    return [
        {
            "edition_id": edition_id,
            "language": wish.language,
            "sections": wish.sections,
            "place": place,
            **{name: getattr(content, name) for name in _PARTS},
        }
        for place, (wish, content) in enumerate(contents.items())
    ]


def _rows(edition_id: int, selection: Selection) -> list[dict[str, Any]]:
    parts = [(Part.TOP_STORIES, each) for each in selection.top_stories]
    parts += [(Part.BLOG_POSTS, each) for each in selection.blog_posts]
    return [_row(edition_id, place, part, each) for place, (part, each) in enumerate(parts, start=1)]


def _link_rows(edition_id: int, links: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{"edition_id": edition_id, "number": number, "url": url} for number, url in enumerate(links, start=1)]


def _row(edition_id: int, place: int, part: Part, chosen: ChosenArticle) -> dict[str, Any]:
    facts = ("article_id", "title", "url", "source", "section", "points", "parts", "why", "is_update")
    row = {name: getattr(chosen, name) for name in facts}
    also_in = [each.article_id for each in chosen.also_in if each.article_id]
    return {"edition_id": edition_id, "place": place, "part": part, "also_in": also_in, **row}
