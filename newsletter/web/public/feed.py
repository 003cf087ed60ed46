"""A newsletter's editions as an Atom feed (RFC 4287), for readers who would rather not be mailed."""

from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import Response

from newsletter.edition.archive import list_archived
from newsletter.edition.store import get_edition
from newsletter.publication.newsletters import get_newsletter
from newsletter.web.doorway import Door
from newsletter.web.fresh import answer_fresh
from newsletter.web.public.reading import Reading, read_archived
from newsletter.web.tongue import tongue_of

router = APIRouter()

MOST = 15
"""Editions in the feed, each whole: a megabyte at the most."""


@router.get("/archive/{slug}/feed.xml")
def show_feed(door: Door, request: Request, slug: str) -> Response:
    """Show the newest editions, each in full."""
    with door.services.database.transaction() as connection:
        newsletter = get_newsletter(connection, slug)
        tongue = tongue_of(request, newsletter)
        readings = [
            read_archived(connection, door, (get_edition(connection, each.id), each), tongue.language)
            for each in list_archived(connection, newsletter.id, most=MOST)
        ]
    changed_at = max((each.archived.changed_at for each in readings), default=newsletter.created_at)
    xml = door.pages.write(
        "public/feed.xml",
        tongue,
        newsletter=newsletter,
        url=f"{door.public_url}/archive/{newsletter.slug}",
        readings=readings,
        changed_at=changed_at,
        tag_of=tag_of,
    )
    return answer_fresh(request, xml.encode(), "application/atom+xml; charset=utf-8", changed_at, {})


def tag_of(reading: Reading) -> str:
    """Return a name that never changes, whether the edition is reached over http or https (RFC 4151)."""
    host = urlsplit(reading.door.public_url).hostname
    language = "" if reading.content is reading.contents[0] else f"/{reading.content.language}"
    return f"tag:{host},{reading.edition.edition_on.isoformat()}:{reading.edition.name}{language}"
