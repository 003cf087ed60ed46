"""The box: one field, one button. Its answer is the same whoever asks, so it tells nobody who reads us."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from newsletter.bell import Bell, TaskName
from newsletter.errors import AddressError
from newsletter.publication.newsletters import Newsletter, list_newsletters
from newsletter.readers.address import read_address
from newsletter.readers.store import Origin, set_language
from newsletter.readers.subscribe import request_subscription
from newsletter.web.doorway import Door, Doorway, network_of
from newsletter.web.tongue import CHOSEN, Tongue, tongue_between

router = APIRouter()


class SignUp(BaseModel):
    """What the box asks for. ``website`` is hidden from people; only a machine fills it in.

    ``language`` is that of the page, so that the mail that follows speaks it too.
    """

    address: str = ""
    newsletter: str = ""
    website: str = ""
    language: Annotated[str, Field(alias=CHOSEN)] = ""


@router.get("/")
def show_box(door: Door, request: Request) -> Response:
    """Show the form of each newsletter."""
    with door.services.database.transaction() as connection:
        newsletters = list_newsletters(connection)
    return _Box(door, newsletters, tongue_between(request, newsletters)).show()


@router.post("/subscribe")
def subscribe(door: Door, request: Request, after: BackgroundTasks, form: Annotated[SignUp, Form()]) -> Response:
    """Ask for a newsletter."""
    with door.services.database.transaction() as connection:
        newsletters = list_newsletters(connection)
        box = _Box(door, newsletters, tongue_between(request, newsletters, form.language))
        named = [
            each
            for each in newsletters
            if each.slug == form.newsletter or (not form.newsletter and len(newsletters) == 1)
        ]
        if not named:
            return box.show(form, box.phrases.gettext("Choose one of these newsletters."))
        try:
            readable = read_address(form.address)
        except AddressError as error:
            unfit = box.phrases.gettext("That is not an address we can mail. Check it for a slip.")
            return box.show(form, box.phrases.told(str(error), unfit), named[0])
        answer = door.pages.go("/subscribed", box.tongue)
        if form.website:
            return answer
        origin = Origin("form", network_of(request))
        owed = request_subscription(connection, named[0].id, readable, origin, door.now())
        if owed is not None:
            set_language(connection, owed, named[0].other_language(form.language))
    if owed is not None:
        # After the answer: whether a bell is rung must not show in how long the answer takes.
        after.add_task(door.services.ringer.ring, [Bell(TaskName.SUBMIT_CONFIRMATION, owed)])
    return answer


@router.get("/subscribed")
def show_subscribed(door: Door, request: Request) -> Response:
    """Say that a mail may follow."""
    with door.services.database.transaction() as connection:
        tongue = tongue_between(request, list_newsletters(connection))
    return door.pages.show("public/subscribed.html", tongue=tongue)


class _Box:
    """The page with the forms, in its language."""

    def __init__(self, door: Doorway, newsletters: list[Newsletter], tongue: Tongue) -> None:
        self._door, self._newsletters = door, newsletters
        self.tongue = tongue
        self.phrases = door.pages.phrases(tongue)

    def show(self, form: SignUp | None = None, fault: str = "", at: Newsletter | None = None) -> Response:
        """Return the page, with what was wrong in a form that was sent, ``at`` a newsletter if it names one."""
        return self._door.pages.show(
            "public/box.html",
            422 if fault else 200,
            tongue=self.tongue,
            newsletters=self._newsletters,
            fault=fault,
            slug=at.slug if at else "",
            address=form.address if form else "",
        )
