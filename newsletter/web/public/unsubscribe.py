"""The way out: one POST leaves (RFC 8058), from a mail program's button or from ours. GET changes nothing."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from newsletter.publication.newsletters import get_newsletter_by_id
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import get_subscription, unsubscribe
from newsletter.tokens import Purpose
from newsletter.web.doorway import Door, network_of

router = APIRouter()


@router.get("/unsubscribe/{token}")
def show_button(door: Door, token: str) -> Response:
    """Show whose subscription to what the button ends."""
    subscription_id, _ = door.services.tokens.read(token, Purpose.UNSUBSCRIBE, door.now())
    with door.services.database.transaction() as connection:
        found = get_subscription(connection, subscription_id)
        newsletter = get_newsletter_by_id(connection, found.newsletter_id)
    return door.pages.show("public/unsubscribe.html", newsletter=newsletter, address=found.address)


@router.post("/unsubscribe/{token}")
def press_button(door: Door, request: Request, token: str) -> Response:
    """End the subscription, without cookie, login or redirect.

    The form ``List-Unsubscribe=One-Click`` (RFC 8058 §3.2) is not read: the token alone says what is meant, and
    a mail program that encodes the form its own way must still be able to let its reader go.
    """
    subscription_id, _ = door.services.tokens.read(token, Purpose.UNSUBSCRIBE, door.now())
    with door.services.database.transaction() as connection:
        found = unsubscribe(connection, subscription_id, Origin("one-click", network_of(request)), door.now())
        newsletter = get_newsletter_by_id(connection, found.newsletter_id)
    return door.pages.show("public/unsubscribed.html", newsletter=newsletter)
