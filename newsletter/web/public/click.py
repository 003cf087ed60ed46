"""Counted links: on to the article, and nowhere else.

The token only says whose click it is. Where a link leads stands in a table that was frozen with the edition, so
nobody can make an address of ours lead to a place of their own.
"""

import re

from fastapi import APIRouter, Request
from starlette.responses import Response

from newsletter.edition.store import get_link
from newsletter.errors import NotFoundError, TokenError
from newsletter.insight.clicks import Click, record_click, seems_automatic
from newsletter.tokens import Purpose
from newsletter.web.doorman import came_as_head
from newsletter.web.doorway import Door

router = APIRouter()

_NUMBER = re.compile(r"[1-9][0-9]{0,4}")
_NOBODYS_BUSINESS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@router.get("/c/{token}/{number}")
def follow(door: Door, request: Request, token: str, number: str) -> Response:
    """Send the browser on to the link of that number (302, RFC 9110 §15.4.3). The subscription is not touched."""
    try:
        subscription_id, edition_id = door.services.tokens.read_pair(token, Purpose.CLICK)
    except TokenError as error:
        raise NotFoundError(error.what, error.mend) from None
    if not _NUMBER.fullmatch(number):
        raise NotFoundError("This link leads nowhere.", "Copy the whole link.")
    automatic = seems_automatic(request.headers, is_head=came_as_head(request.scope))
    followed = Click(edition_id, int(number), subscription_id, automatic)
    with door.services.database.transaction() as connection:
        url = get_link(connection, edition_id, followed.number)
        record_click(connection, followed, door.now())
    return Response(status_code=302, headers={**_NOBODYS_BUSINESS, "Location": url})
