"""The console's desk: what the next edition would be made of, why, and the marks that change it."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form
from starlette.responses import Response

from newsletter.bell import Bell
from newsletter.delivery.corrections import mail_correction
from newsletter.delivery.retract import retract as take_back
from newsletter.edition.choosing import marks
from newsletter.edition.choosing.desk import next_edition_on, outlook
from newsletter.edition.choosing.marks import MarkError, MarkRequest
from newsletter.edition.correction import write_correction
from newsletter.errors import NotFoundError
from newsletter.publication.newsletters import get_newsletter
from newsletter.publication.rules import LONGEST_LINE
from newsletter.schedule.marking import heed_marks
from newsletter.web.console.guard import Visitor
from newsletter.web.doorway import Door

router = APIRouter()


@router.get("/newsletters/{slug}/candidates")
def show_candidates(door: Door, visit: Visitor, slug: str) -> Response:
    """Show today's candidates as they would be chosen now, best first."""
    now = door.now()
    with door.services.database.transaction() as connection:
        newsletter = get_newsletter(connection, slug)
        told = outlook(connection, newsletter, next_edition_on(connection, newsletter, now), now)
    return door.pages.show("console/candidates.html", visit=visit, newsletter=newsletter, outlook=told)


@dataclass(frozen=True, slots=True)
class Word:
    """What a form says of an article: the mark, with the place of a pin and the points of a boost."""

    mark: str
    place: Annotated[int, Form()] = 1
    points: Annotated[int, Form()] = 0

    def write(self, connection: sa.Connection, request: MarkRequest, on: date) -> None:
        """Write the mark for the edition of a date. Raises NotFoundError where there is no such mark."""
        match self.mark:
            case "pin":
                marks.pin(connection, request, self.place, on)
            case "boost":
                marks.boost(connection, request, self.points)
            case "block":
                marks.block(connection, request)
            case "allow-update":
                marks.allow_update(connection, request)
            case "unmark":
                marks.clear(connection, request.newsletter_id, request.article_id)
            case _:
                raise NotFoundError("There is no such mark.", "Go back to the candidates.")


@router.post("/newsletters/{slug}/articles/{article_id}/{mark}")  # noqa: FAST003 — Word reads the mark
def make_mark(
    door: Door, visit: Visitor, slug: str, article_id: int, word: Annotated[Word, Depends()]
) -> Response:
    """Pin, boost, block, allow an update, or take every mark away."""
    now = door.now()
    with door.services.database.transaction() as connection:
        newsletter = get_newsletter(connection, slug)
        found = marks.find_article(connection, str(article_id))
        on = next_edition_on(connection, newsletter, now)
        word.write(connection, MarkRequest(newsletter.id, found.id, visit.address, now), on)
        bells = heed_marks(connection, newsletter.id, on, now)
    door.services.ringer.ring(bells)
    return door.pages.go(f"/console/newsletters/{newsletter.slug}/candidates")


@router.post("/articles/{article_id}/retract")
def retract(door: Door, article_id: int, why: Annotated[str, Form()] = "") -> Response:
    """Take an article back everywhere, and stop what is being sent of it."""
    reason = " ".join(why.split())[:LONGEST_LINE]
    if not reason:
        raise MarkError("An article is taken back for a reason.", "Say why: readers of the archive see it.")
    with door.services.database.transaction() as connection:
        found = marks.find_article(connection, str(article_id))
        done = take_back(connection, found.id, reason, door.now())
    door.services.ringer.ring(done.bells)
    return door.pages.go("/console")


@dataclass(frozen=True, slots=True)
class Mending:
    """What a form says of a correction: its text, and whether those who were sent the article are mailed it."""

    text: Annotated[str, Form()] = ""
    mail: Annotated[bool, Form()] = False


@router.post("/articles/{article_id}/correct")
def correct(door: Door, visit: Visitor, article_id: int, mending: Annotated[Mending, Depends()]) -> Response:
    """Write down what was wrong in an article, for the archive and the next edition; mail it if that is asked."""
    bells: tuple[Bell, ...] = ()
    with door.services.database.transaction() as connection:
        found = marks.find_article(connection, str(article_id))
        write_correction(connection, found.id, mending.text, door.now())
        if mending.mail:
            bells = mail_correction(connection, found.id, visit.address, door.now()).bells
    door.services.ringer.ring(bells)
    return door.pages.go("/console")
