"""What to paste to put the box on a site of one's own, for each newsletter: ready to copy, and as it looks."""

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import Response

from newsletter.publication.newsletters import Newsletter, list_newsletters
from newsletter.web.console.guard import Visitor
from newsletter.web.doorway import Door, Doorway
from newsletter.web.public.consent_words import question, terms
from newsletter.web.tongue import Tongue

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Ways:
    """Three ways to put one newsletter's box on a page, as HTML to copy."""

    newsletter: Newsletter
    by_script: str
    by_frame: str
    by_form: str


@router.get("/embed")
def show_ways(door: Door, visit: Visitor) -> Response:
    """Show what to copy for each newsletter, in its own language."""
    with door.services.database.transaction() as connection:
        newsletters = list_newsletters(connection)
    return door.pages.show(
        "console/embed.html",
        visit=visit,
        ways=[_ways(door, each) for each in newsletters],
        sites=door.services.settings.sites,
    )


def _ways(door: Doorway, newsletter: Newsletter) -> Ways:
    tongue = Tongue(newsletter.language)
    phrases = door.pages.phrases(tongue)
    values = {
        "newsletter": newsletter,
        "root": door.public_url,
        "question": question(phrases),
        "terms": terms((newsletter,), phrases),
    }
    by_script, by_frame, by_form = (
        door.pages.write(f"console/embed/{name}.html", tongue, **values).strip()
        for name in ("script", "frame", "form")
    )
    return Ways(newsletter, by_script, by_frame, by_form)
