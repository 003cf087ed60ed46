"""The box: one field, one button. Its answer is the same whoever asks, so it tells nobody who reads us."""

from fastapi import APIRouter, BackgroundTasks, Request
from starlette.responses import JSONResponse, Response

from newsletter.bell import Bell, TaskName
from newsletter.publication.newsletters import Newsletter, list_newsletters
from newsletter.web.cors import preflight, shared
from newsletter.web.doorway import Door
from newsletter.web.public.asking import Asking, Outcome, examine
from newsletter.web.public.box_page import Box
from newsletter.web.public.embed import go_to_taken, show_in_frame
from newsletter.web.public.form_token import seconds_to_wait
from newsletter.web.public.sign_up_form import Sent, SignUpForm, clean_source
from newsletter.web.tongue import tongue_between

router = APIRouter()

_ACCEPTED = 202


@router.get("/")
def show_box(door: Door, request: Request, newsletter: str = "", source: str = "") -> Response:
    """Show the form for all newsletters, or for one; none is ticked before its reader ticks it."""
    with door.services.database.transaction() as connection:
        newsletters = list_newsletters(connection)
    shown = [each for each in newsletters if each.slug == newsletter] or newsletters
    form = SignUpForm(source=clean_source(source))
    return Box(door, tongue_between(request, shown), tuple(shown), form).show("public/box.html")


@router.post("/subscribe")
def subscribe(door: Door, request: Request, after: BackgroundTasks, form: Sent) -> Response:
    """Ask for newsletters, by a page's form or as JSON."""
    with door.services.database.transaction() as connection:
        newsletters = list_newsletters(connection)
        named = _named(newsletters, form)
        tongue = tongue_between(request, named or newsletters, form.language)
        phrases = door.pages.phrases(tongue)
        found = examine(door, form, named, phrases)
        sign_up_id = None
        if found.outcome is Outcome.TAKEN:
            asking = Asking(door, request, form, tuple(named), phrases)
            sign_up_id = asking.store(connection, found.address)
    if sign_up_id is not None:
        # After the answer: whether a bell is rung must not show in how long the answer takes.
        after.add_task(door.services.ringer.ring, [Bell(TaskName.HANDLE_SIGN_UP, sign_up_id)])
    shown = named if form.framed or form.is_json else newsletters
    return _answer(request, Box(door, tongue, tuple(shown or newsletters), form, found))


@router.options("/subscribe")
def let_scripts_ask(door: Door, request: Request) -> Response:
    """Tell a browser which sites' scripts may send the form as JSON."""
    return preflight(request, door.services.settings.sites)


@router.get("/subscribed")
def show_subscribed(door: Door, request: Request) -> Response:
    """Say that a mail may follow."""
    with door.services.database.transaction() as connection:
        tongue = tongue_between(request, list_newsletters(connection))
    return door.pages.show("public/subscribed.html", tongue=tongue)


def _named(newsletters: list[Newsletter], form: SignUpForm) -> list[Newsletter]:
    """Return the newsletters that a form names; where there is only one it need not."""
    if len(newsletters) == 1 and not any(form.slugs):
        return newsletters
    return [each for each in newsletters if each.slug in form.slugs]


def _answer(request: Request, box: Box) -> Response:
    assert box.found
    is_taken = box.found.outcome is Outcome.TAKEN
    if box.form.is_json:
        return shared(_json(box), request, box.door.services.settings.sites)
    is_framed = bool(box.form.framed and box.newsletters)
    if is_taken:
        return go_to_taken(box) if is_framed else box.door.pages.go("/subscribed", box.tongue)
    return show_in_frame(box, "public/embed.html") if is_framed else box.show("public/box.html")


def _json(box: Box) -> Response:
    """Return the answer to a script: what to show, and with which token to send the form again if it is to."""
    found, phrases = box.found, box.phrases
    assert found
    if found.outcome is Outcome.TAKEN:
        text = phrases.gettext(
            "If this address can subscribe, a mail with a link is on its way. "
            "Open the link to confirm; until then nothing else is sent."
        )
        return JSONResponse({"outcome": found.outcome, "text": text}, _ACCEPTED)
    token = box.token
    told = {
        "outcome": found.outcome,
        "text": found.fault,
        "token": token,
        "wait": seconds_to_wait(box.door.services.tokens, token, box.door.now()),
    }
    if found.suggestion:
        told |= {
            "text": phrases.gettext("Did you mean {address}?", address=found.suggestion),
            "suggestion": found.suggestion,
            "keep": phrases.gettext("No, {address} is right", address=box.form.typed),
        }
    return JSONResponse(told, 200 if found.suggestion or found.outcome is Outcome.AGAIN else 422)
