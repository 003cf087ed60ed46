"""The archive: editions as they were sent, with nobody's own links in them, and what became of their articles."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated
from urllib.parse import urlencode

from babel.dates import format_skeleton
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from newsletter.edition.addresses import LANGUAGE
from newsletter.edition.archive import PAGE, Archived, count_archived, list_archived
from newsletter.edition.printing.pdf import can_press
from newsletter.edition.words.phrases import Phrases
from newsletter.errors import NotFoundError
from newsletter.publication.newsletters import get_newsletter
from newsletter.web.doorway import Door
from newsletter.web.fresh import answer_fresh
from newsletter.web.policy import ARCHIVED
from newsletter.web.printing import printed
from newsletter.web.public.reading import Reading, open_reading
from newsletter.web.tongue import Tongue, tongue_of

router = APIRouter()

_LAST_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Month:
    """A month's editions, newest first, under its name."""

    name: str
    editions: tuple[Archived, ...]


@router.get("/archive/{slug}")
def show_index(
    door: Door, request: Request, slug: str, page: Annotated[int, Query(ge=1, le=_LAST_PAGE)] = 1
) -> Response:
    """List the editions of a newsletter that were sent to all, newest first, a hundred on a page."""
    with door.services.database.transaction() as connection:
        newsletter = get_newsletter(connection, slug)
        editions = list_archived(connection, newsletter.id, page=page)
        pages = -(-count_archived(connection, newsletter.id) // PAGE)
    if page > max(pages, 1):
        raise NotFoundError("The archive has no page of this number.", "It begins with the newest editions.")
    tongue = tongue_of(request, newsletter)
    return door.pages.show(
        "public/archive.html",
        tongue=tongue,
        newsletter=newsletter,
        months=by_month(editions, door.pages.phrases(tongue)),
        newer=_page_query(tongue, page - 1) if page > 1 else None,
        older=_page_query(tongue, page + 1) if page < pages else None,
        has_pdf=can_press(),
    )


@router.get("/archive/{slug}/{key}.txt")
def show_text(door: Door, request: Request, slug: str, key: str) -> Response:
    """Show one edition's text part."""
    reading = open_reading(door, request, slug, key)
    return _answer(request, reading, reading.text().encode(), "text/plain; charset=utf-8")


@router.get("/archive/{slug}/{key}.pdf")
def show_pdf(door: Door, request: Request, slug: str, key: str) -> Response:
    """Show one edition on paper."""
    reading = open_reading(door, request, slug, key)
    return _answer(request, reading, printed(door, reading.page(on_paper=True)), "application/pdf")


@router.get("/archive/{slug}/{key}")
def show_edition(door: Door, request: Request, slug: str, key: str) -> Response:
    """Show one edition as its readers got it, under a note of what was corrected or taken back since."""
    reading = open_reading(door, request, slug, key)
    headers = {"Content-Security-Policy": ARCHIVED, "Content-Language": reading.content.language}
    return _answer(request, reading, reading.page().encode(), "text/html; charset=utf-8", headers)


def by_month(editions: Sequence[Archived], phrases: Phrases) -> list[Month]:
    """Return editions by the month of their day, in their own order, each month by its name. Pure."""
    months = groupby(editions, lambda each: each.edition_on.replace(day=1))
    return [Month(str(format_skeleton("yMMMM", on, locale=phrases.locale)), tuple(each)) for on, each in months]


def _answer(
    request: Request, reading: Reading, content: bytes, media_type: str, headers: dict[str, str] | None = None
) -> Response:
    """Return a file of an edition; other kinds than the page name it as the one to list (RFC 6596)."""
    told = dict(headers or {"Link": f'<{reading.url}>; rel="canonical"'})
    if not reading.is_public:
        told |= {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
    return answer_fresh(request, content, media_type, reading.archived.changed_at, told)


def _page_query(tongue: Tongue, page: int) -> str:
    chosen = {LANGUAGE: tongue.language} if tongue.is_chosen else {}
    paged = {"page": str(page)} if page > 1 else {}
    query = urlencode({**chosen, **paged})
    return f"?{query}" if query else ""
