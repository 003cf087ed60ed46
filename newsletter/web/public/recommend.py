"""The recommend button of a mail: GET shows what it would do, POST votes; who only follows links never does."""

import re

from fastapi import APIRouter, Request
from starlette.responses import Response

from newsletter.errors import NotFoundError, TokenError
from newsletter.insight.recommendations import find_recommended, recommend
from newsletter.publication.newsletters import get_newsletter_by_id
from newsletter.readers.store import find_subscription
from newsletter.tokens import Purpose
from newsletter.web.doorway import Door, Doorway
from newsletter.web.tongue import tongue_of

router = APIRouter()

_PLACE = re.compile(r"[1-9][0-9]?")


@router.get("/c/{token}/r{place}")
def show_button(door: Door, request: Request, token: str, place: str) -> Response:
    """Show which article the button recommends."""
    return _page(door, request, (token, place), votes=False)


@router.post("/c/{token}/r{place}")
def press_button(door: Door, request: Request, token: str, place: str) -> Response:
    """Count the vote of this reader for this article, once."""
    return _page(door, request, (token, place), votes=True)


def _page(door: Doorway, request: Request, link: tuple[str, str], *, votes: bool) -> Response:
    token, place = link
    try:
        subscription_id, edition_id = door.services.tokens.read_pair(token, Purpose.CLICK)
    except TokenError as error:
        raise NotFoundError(error.what, error.mend) from None
    if not _PLACE.fullmatch(place):
        raise NotFoundError("This article cannot be recommended.", "Copy the whole link.")
    with door.services.database.transaction() as connection:
        found = find_recommended(connection, edition_id, int(place))
        newsletter = get_newsletter_by_id(connection, found.newsletter_id)
        reader = find_subscription(connection, subscription_id)
        if votes:
            recommend(connection, found, edition_id, subscription_id, door.now())
    name = "recommended" if votes else "recommend"
    tongue = tongue_of(request, newsletter, reader.language if reader else "")
    return door.pages.show(f"public/{name}.html", tongue=tongue, newsletter=newsletter, article=found)
