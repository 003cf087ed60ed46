"""The archive: editions as they were sent, with nobody's own links in them."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from newsletter.edition.slots import Slot, direct_html, direct_text, fill_html, fill_text
from newsletter.edition.states import SENT
from newsletter.edition.store import FrozenContent, find_edition, get_content, list_sent_editions
from newsletter.errors import NotFoundError
from newsletter.publication.newsletters import get_newsletter
from newsletter.web.doorway import Door
from newsletter.web.policy import ARCHIVED

router = APIRouter()

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
    """Show one edition as its readers got it."""
    with door.services.database.transaction() as connection:
        edition = find_edition(connection, f"{slug}/{key}")
        if edition.state not in SENT:
            raise NotFoundError("This edition has not been sent.", "The archive lists those that were.")
        content = get_content(connection, edition.id)
    headers = {**_CACHED, "Content-Security-Policy": ARCHIVED}
    return HTMLResponse(nobodys_copy(content, door.public_url), headers=headers)


def nobodys_copy(content: FrozenContent, public_url: str) -> str:
    """Return an edition's HTML with harmless values for a reader's own, and links that nobody counts."""
    html = direct_html(content.html, content.marker, content.links)
    return fill_html(html, content.marker, _nobodys(public_url))


def nobodys_text(content: FrozenContent, public_url: str) -> str:
    """Return an edition's text in the same way."""
    text = direct_text(content.text, content.marker, content.links)
    return fill_text(text, content.marker, _nobodys(public_url))


def _nobodys(public_url: str) -> dict[Slot, str]:
    return {Slot.UNSUBSCRIBE: f"{public_url}/", Slot.ADDRESS: "a reader"}
