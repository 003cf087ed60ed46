"""The archive: editions as they were sent, with nobody's own links in them, and what became of their articles."""

import re
from collections.abc import Sequence

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from newsletter.edition.choosing.corrections import Amendment, amendments_of
from newsletter.edition.rendering.slots import Slot, direct_html, direct_text, fill_html, fill_text
from newsletter.edition.states import SENT
from newsletter.edition.store import FrozenContent, find_edition, get_content, list_sent_editions
from newsletter.errors import NotFoundError
from newsletter.publication.newsletters import get_newsletter
from newsletter.web.doorway import Door
from newsletter.web.pages import Pages
from newsletter.web.policy import ARCHIVED

router = APIRouter()

_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_CACHED = {"Cache-Control": "public, max-age=300"}


@router.get("/archive/{slug}")
def show_index(door: Door, slug: str) -> Response:
    """List the editions of a newsletter that were sent, newest first."""
    with door.services.database.transaction() as connection:
        newsletter = get_newsletter(connection, slug)
        editions = list_sent_editions(connection, newsletter.id)
    return door.pages.show("public/archive.html", newsletter=newsletter, editions=editions)


@router.get("/archive/{slug}/{key}")
def show_edition(door: Door, slug: str, key: str) -> Response:
    """Show one edition as its readers got it, under a note of what was corrected or taken back since."""
    with door.services.database.transaction() as connection:
        edition = find_edition(connection, f"{slug}/{key}")
        if edition.state not in SENT:
            raise NotFoundError("This edition has not been sent.", "The archive lists those that were.")
        content = get_content(connection, edition.id)
        amendments = amendments_of(connection, edition.id)
    headers = {**_CACHED, "Content-Security-Policy": ARCHIVED}
    html = _amended(door.pages, nobodys_copy(content, door.public_url), amendments)
    return HTMLResponse(html, headers=headers)


def _amended(pages: Pages, html: str, amendments: Sequence[Amendment]) -> str:
    """Return an edition's HTML with a note on top of it, where there is one to make."""
    if not amendments:
        return html
    note = bytes(pages.show("public/amendments.html", amendments=amendments).body).decode()
    return _BODY.sub(lambda body: body.group() + note, html, count=1)


def nobodys_copy(content: FrozenContent, public_url: str) -> str:
    """Return an edition's HTML with harmless values for a reader's own, and links that nobody counts."""
    html = direct_html(content.html, content.marker, content.links, f"{public_url}/")
    return fill_html(html, content.marker, _nobodys(public_url))


def nobodys_text(content: FrozenContent, public_url: str) -> str:
    """Return an edition's text in the same way."""
    text = direct_text(content.text, content.marker, content.links, f"{public_url}/")
    return fill_text(text, content.marker, _nobodys(public_url))


def _nobodys(public_url: str) -> dict[Slot, str]:
    return {Slot.UNSUBSCRIBE: f"{public_url}/", Slot.ADDRESS: "a reader"}
