"""The box: one field, one button. Its answer is the same whoever asks, so it tells nobody who reads us."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Form, Request
from pydantic import BaseModel
from starlette.responses import Response

from newsletter.bell import Bell, TaskName
from newsletter.errors import AddressError
from newsletter.publication.newsletters import Newsletter, list_newsletters
from newsletter.readers.address import read_address
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import request_subscription
from newsletter.web.doorway import Door, Doorway, network_of

router = APIRouter()


class SignUp(BaseModel):
    """What the box asks for. ``website`` is hidden from people; only a machine fills it in."""

    address: str = ""
    newsletter: str = ""
    website: str = ""


@router.get("/")
def show_box(door: Door) -> Response:
    """Show the form of each newsletter."""
    with door.services.database.transaction() as connection:
        newsletters = list_newsletters(connection)
    return _box(door, newsletters)


@router.post("/subscribe")
def subscribe(door: Door, request: Request, after: BackgroundTasks, form: Annotated[SignUp, Form()]) -> Response:
    """Ask for a newsletter."""
    answer = door.pages.go("/subscribed")
    with door.services.database.transaction() as connection:
        newsletters = list_newsletters(connection)
        named = [
            each
            for each in newsletters
            if each.slug == form.newsletter or (not form.newsletter and len(newsletters) == 1)
        ]
        if not named:
            return _box(door, newsletters, fault="Choose one of these newsletters.", address=form.address)
        try:
            readable = read_address(form.address)
        except AddressError as error:
            return _box(door, newsletters, fault=str(error), slug=named[0].slug, address=form.address)
        if form.website:
            return answer
        origin = Origin("form", network_of(request))
        owed = request_subscription(connection, named[0].id, readable, origin, door.now())
    if owed is not None:
        # After the answer: whether a bell is rung must not show in how long the answer takes.
        after.add_task(door.services.ringer.ring, [Bell(TaskName.SUBMIT_CONFIRMATION, owed)])
    return answer


@router.get("/subscribed")
def show_subscribed(door: Door) -> Response:
    """Say that a mail may follow."""
    return door.pages.show("public/subscribed.html")


def _box(
    door: Doorway, newsletters: list[Newsletter], fault: str = "", slug: str = "", address: str = ""
) -> Response:
    status = 422 if fault else 200
    return door.pages.show(
        "public/box.html", status, newsletters=newsletters, fault=fault, slug=slug, address=address
    )
