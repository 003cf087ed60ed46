"""The console's way to breaking news: a page that says what would go to how many, and the button that sends it."""

from fastapi import APIRouter
from starlette.responses import Response

from newsletter.delivery.audience import count_breaking_readers
from newsletter.delivery.breaking import find_breaking, mail_breaking
from newsletter.edition.choosing import marks
from newsletter.publication.newsletters import get_newsletter
from newsletter.web.console.guard import Visitor
from newsletter.web.doorway import Door

router = APIRouter()


@router.get("/newsletters/{slug}/breaking/{article_id}")
def show_breaking(door: Door, visit: Visitor, slug: str, article_id: int) -> Response:
    """Show what would be sent, and to how many readers; nothing is sent by looking."""
    with door.services.database.transaction() as connection:
        newsletter = get_newsletter(connection, slug)
        found = marks.find_article(connection, str(article_id))
        told = find_breaking(connection, newsletter.id, found.id)
        readers = count_breaking_readers(connection, newsletter.id)
    return door.pages.show(
        "console/breaking.html", visit=visit, newsletter=newsletter, article=found, told=told, readers=readers
    )


@router.post("/newsletters/{slug}/breaking/{article_id}")
def send_breaking(door: Door, visit: Visitor, slug: str, article_id: int) -> Response:
    """Send an article now to the readers who asked to be told; pressed twice, it is sent once."""
    with door.services.database.transaction() as connection:
        newsletter = get_newsletter(connection, slug)
        found = marks.find_article(connection, str(article_id))
        asked = mail_breaking(connection, newsletter, found.id, visit.address, door.now())
    door.services.ringer.ring(asked.bells)
    return door.pages.go(f"/console/editions/{asked.edition.id}")
