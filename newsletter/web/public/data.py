"""All that we hold of a reader: to see, to take along, and at a second press to erase (GDPR articles 15, 17, 20).

The link is mailed on demand and good for an hour, because the links in editions are passed on with them.
"""

import json
import re
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from newsletter.insight.erasure import erase_reader
from newsletter.insight.holdings import holdings_of
from newsletter.publication.newsletters import list_newsletters
from newsletter.readers.store import find_subscription
from newsletter.readers.subscribe import get_subscription
from newsletter.tokens import Purpose
from newsletter.web.doorway import Door, Doorway
from newsletter.web.public.bearer import Bearer, read_bearer
from newsletter.web.tongue import tongue_between

router = APIRouter()

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+\d\d:\d\d")
_TO_KEEP = {"Content-Disposition": 'attachment; filename="my-data.json"'}


@router.get("/data/{token}")
def show_data(door: Door, request: Request, token: str) -> Response:
    """Show everything, and the ways to take it and to have it erased."""
    bearer, held = _read(door, request, token)
    return bearer.show("public/data.html", held=_legible(held), token=token)


@router.get("/data/{token}/download")
def download(door: Door, request: Request, token: str) -> Response:
    """Return everything as JSON, for the reader to keep or to take elsewhere."""
    _, held = _read(door, request, token)
    text = json.dumps(held, ensure_ascii=False, indent=2)
    return Response(text, media_type="application/json", headers=_TO_KEEP)


@router.get("/data/{token}/erase")
def show_erasing(door: Door, request: Request, token: str) -> Response:
    """Ask once more, and say what erasing ends."""
    bearer, held = _read(door, request, token)
    return bearer.show("public/erase.html", held=held, token=token)


@router.post("/data/{token}/erase")
def erase(door: Door, request: Request, token: str) -> Response:
    """Erase the reader. A second time finds nothing, and says the same."""
    now = door.now()
    subscription_id, _ = door.services.tokens.read(token, Purpose.DATA, now)
    with door.services.database.transaction() as connection:
        found = find_subscription(connection, subscription_id)
        if found is not None:
            erase_reader(connection, door.services.tokens, found.address, now)
        tongue = tongue_between(request, list_newsletters(connection))
    return door.pages.show("public/erased.html", tongue=tongue)


def _read(door: Doorway, request: Request, token: str) -> tuple[Bearer, dict[str, object]]:
    with door.services.database.transaction() as connection:
        bearer = read_bearer(door, request, connection, token, Purpose.DATA)
        subscriber_id = get_subscription(connection, bearer.reader.id).subscriber_id
        return bearer, holdings_of(connection, subscriber_id)


def _legible(value: object) -> object:
    """Return what is held with its moments as people read them, to the minute; the file is exact."""
    match value:
        case dict():
            return {name: _legible(each) for name, each in value.items()}
        case list():
            return [_legible(each) for each in value]
        case str() if _MOMENT.fullmatch(value):
            return f"{datetime.fromisoformat(value).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        case _:
            return value
