"""Assemble an edition: choose its articles, render it once, and freeze both in one transaction."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter import log
from newsletter.edition import store
from newsletter.edition.addresses import edition_url
from newsletter.edition.choosing.choose import Choice
from newsletter.edition.choosing.outlook import choose_for, least_articles
from newsletter.edition.choosing.runs import Occasion, record_run
from newsletter.edition.rendering.budget import Fitted, fit
from newsletter.edition.rendering.content import Content, Stationery
from newsletter.edition.rendering.illustrate import illustrate
from newsletter.edition.rendering.selection import ChosenArticle, Masthead, Selection
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition
from newsletter.edition.tables import Part, edition_article, edition_content, edition_link
from newsletter.errors import ContentError
from newsletter.gather.image.images import StoredImage, images_of
from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id
from newsletter.tokens import Tokens

_log = log.get("edition")


@dataclass(frozen=True, slots=True)
class Workshop:
    """What rendering needs from outside: the templates, where our pages are reached, and who seals addresses.

    Without ``tokens`` an edition for named readers has no address at which they could read it on the web.
    """

    stationery: Stationery
    public_url: str
    tokens: Tokens | None = None


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
        state = end_unsent(connection, edition, EditionState.SKIPPED, reason, now)
        record_run(connection, Occasion(newsletter, edition.edition_on, edition.id, now), choice)
        return state
    if not choice.selection.articles:
        reason = "Nothing of what there is may stand first: `newsletter candidates` says why."
        state = end_unsent(connection, edition, EditionState.SKIPPED, reason, now)
        record_run(connection, Occasion(newsletter, edition.edition_on, edition.id, now), choice)
        return state
    if least < newsletter.min_articles:
        notes = [*notes, f"{newsletter.most_skips} days brought too little: this one goes with what there is."]
    try:
        selection = illustrate(choice.selection, _images(connection, choice), workshop.public_url)
        fitted = _render(workshop, edition, newsletter, selection)
    except ContentError as error:
        return end_unsent(connection, edition, EditionState.FAILED, str(error), now)
    freeze_contents(
        connection, edition, fitted.contents, ready_at=now, notes=[*choice.notes, *notes, *fitted.notes]
    )
    _freeze_articles(connection, edition, _as_chosen(choice.selection, fitted.selection))
    record_run(connection, Occasion(newsletter, edition.edition_on, edition.id, now), choice)
    _log.info("edition_ready", edition_id=edition.id, articles=len(fitted.selection.articles))
    return EditionState.READY


def _render(workshop: Workshop, edition: Edition, newsletter: Newsletter, selection: Selection) -> Fitted:
    """Return as much of a selection as fits, in every language of the newsletter."""

    def digest(tried: Selection, language: str) -> Content:
        url = edition_url(workshop.public_url, edition, _other(language, newsletter), workshop.tokens)
        head = replace(masthead(newsletter), language=language)
        return workshop.stationery.digest(tried, head, edition.edition_on, url)

    full_stories = workshop.stationery.theme(newsletter.theme).full_stories
    return fit(selection, full_stories, newsletter.all_languages, digest, workshop.public_url)


def _as_chosen(chosen: Selection, fitted: Selection) -> Selection:
    """Return what of the chosen articles is in the mail, with all that is known of them."""
    kept = {each.article_id for each in fitted.articles}
    return replace(
        chosen,
        top_stories=tuple(each for each in chosen.top_stories if each.article_id in kept),
        blog_posts=tuple(each for each in chosen.blog_posts if each.article_id in kept),
    )


def _other(language: str, newsletter: Newsletter) -> str:
    """Return the language, or nothing where it is the newsletter's own."""
    return "" if language == newsletter.language else language


def _images(connection: sa.Connection, choice: Choice) -> dict[int, StoredImage]:
    return images_of(connection, [each.article_id for each in choice.selection.articles])


def _freeze_articles(connection: sa.Connection, edition: Edition, selection: Selection) -> None:
    connection.execute(sa.delete(edition_article).where(edition_article.c.edition_id == edition.id))
    connection.execute(sa.insert(edition_article), _rows(edition.id, selection))


def freeze_contents(
    connection: sa.Connection, edition: Edition, contents: Mapping[str, Content], **values: Any
) -> None:
    """Make an edition ready with these contents by language, the newsletter's own first, and set ``values``.

    Raises ConflictError when another task was first.
    """
    states = (EditionState.GATHERING, EditionState.READY)
    store.move(connection, edition.id, states, content_hash=_hash_of(contents), **values)
    connection.execute(sa.delete(edition_content).where(edition_content.c.edition_id == edition.id))
    connection.execute(sa.insert(edition_content), _content_rows(edition.id, contents))
    connection.execute(sa.delete(edition_link).where(edition_link.c.edition_id == edition.id))
    links = next(iter(contents.values())).links
    if links:
        connection.execute(sa.insert(edition_link), _link_rows(edition.id, links))


def end_unsent(
    connection: sa.Connection, edition: Edition, state: EditionState, reason: str, now: datetime
) -> EditionState:
    """End an edition that cannot become ready, for a reason; return the state."""
    store.move(connection, edition.id, (EditionState.GATHERING, state), reason=reason, finished_at=now)
    _log.info("edition_ended", edition_id=edition.id, state=state, reason=reason)
    return state


_PARTS = ("subject", "preheader", "text", "html", "marker")


def _hash_of(contents: Mapping[str, Content]) -> str:
    hashed = [(language, *(getattr(content, name) for name in _PARTS)) for language, content in contents.items()]
    links = next(iter(contents.values())).links
    return hashlib.sha256("\0".join([*(part for parts in hashed for part in parts), *links]).encode()).hexdigest()


def _content_rows(edition_id: int, contents: Mapping[str, Content]) -> list[dict[str, Any]]:
    return [
        {
            "edition_id": edition_id,
            "language": language,
            "place": place,
            **{name: getattr(content, name) for name in _PARTS},
        }
        for place, (language, content) in enumerate(contents.items())
    ]


def _rows(edition_id: int, selection: Selection) -> list[dict[str, Any]]:
    parts = [(Part.TOP_STORIES, each) for each in selection.top_stories]
    parts += [(Part.BLOG_POSTS, each) for each in selection.blog_posts]
    return [_row(edition_id, place, part, each) for place, (part, each) in enumerate(parts, start=1)]


def _link_rows(edition_id: int, links: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{"edition_id": edition_id, "number": number, "url": url} for number, url in enumerate(links, start=1)]


def _row(edition_id: int, place: int, part: Part, chosen: ChosenArticle) -> dict[str, Any]:
    facts = ("article_id", "title", "url", "source", "points", "parts", "why", "is_update")
    row = {name: getattr(chosen, name) for name in facts}
    also_in = [each.article_id for each in chosen.also_in if each.article_id]
    return {"edition_id": edition_id, "place": place, "part": part, "also_in": also_in, **row}
