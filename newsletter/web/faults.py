"""Errors as pages: what happened and how to mend it for ours, a plain sentence for the rest, never a traceback."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from newsletter import log
from newsletter.edition.words.languages import ENGLISH
from newsletter.edition.words.phrases import Phrases
from newsletter.errors import ContentError, NewsletterError
from newsletter.web.console.guard import SignedOutError
from newsletter.web.doorway import Doorway
from newsletter.web.tongue import Tongue, tongue_among

_log = log.get("web")
_SERVER_FAULT = 500
_FOR_THE_OPERATOR = ("/console", "/mailbox")


def install(app: FastAPI, door: Doorway) -> None:
    """Answer every error of the app with a page of its own."""

    def newsletter_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, NewsletterError)
        if isinstance(error, SignedOutError) and request.method == "GET" and _wants_page(request):
            return door.pages.go("/console/login")
        if error.status >= _SERVER_FAULT:
            # What these say is for the operator: it may name hosts and settings.
            _log.error("page_failed", route=getattr(request.scope.get("route"), "path", ""), error=str(error))
            return fault(door, request, error.status)
        return fault(door, request, error.status, (error.what, error.mend))

    def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return fault(door, request, error.status_code)

    def unreadable(request: Request, _error: Exception) -> Response:
        return fault(door, request, 422)

    def unstorable(request: Request, _error: Exception) -> Response:
        # A NUL in a name, a number beyond every id: no row can have it.
        return fault(door, request, 400)

    app.add_exception_handler(DataError, unstorable)
    app.add_exception_handler(NewsletterError, newsletter_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, unreadable)


def fault(door: Doorway, request: Request, status: int, said: tuple[str, str] | None = None) -> Response:
    """Return the page of an error in a language of the visitor; in the console it leads back to the console.

    ``said`` is what happened and how to mend it, in English; a language that has no words for it says what there
    is to say of the ``status``.
    """
    tongue = _tongue(door, request)
    phrases = door.pages.phrases(tongue)
    what, mend = _sentences(status, phrases)
    if said:
        what, mend = phrases.told(said[0], what), phrases.told(said[1], mend)
    in_console = request.url.path.startswith("/console")
    if "`" in mend and not in_console:
        mend = ""  # a command is for the operator, not for a reader
    return door.pages.show(
        "fault.html", status, tongue=tongue, status=status, what=what, mend=mend, in_console=in_console
    )


def _tongue(door: Doorway, request: Request) -> Tongue:
    """Return the best language for an error, without a choice; English where its catalogue is what is broken."""
    if request.url.path.startswith(_FOR_THE_OPERATOR):
        return Tongue(ENGLISH)
    tongue = Tongue(tongue_among(request, door.pages.languages.known()).language)
    try:
        door.pages.phrases(tongue)
    except ContentError:
        return Tongue(ENGLISH)
    return tongue


def _sentences(status: int, phrases: Phrases) -> tuple[str, str]:
    """Return what there is to say of a status (RFC 9110 §15) that nobody said more of."""
    match status:
        case 400:
            said = (
                phrases.gettext("This request cannot be read."),
                phrases.gettext("The address may have a slip in it."),
            )
        case 404:
            said = phrases.gettext("There is no page here."), phrases.gettext("The address may have a slip in it.")
        case 405:
            said = (
                phrases.gettext("This page cannot be used that way."),
                phrases.gettext("Go back and use its button."),
            )
        case 413:
            said = phrases.gettext("That is more than any form of ours needs."), phrases.gettext("Send less.")
        case 422:
            said = (
                phrases.gettext("This request cannot be read."),
                phrases.gettext("Go back and use the page's own form."),
            )
        case _ if status >= _SERVER_FAULT:
            said = phrases.gettext("Something went wrong here."), phrases.gettext("Try again in a minute.")
        case _:
            said = phrases.gettext("This cannot be done."), phrases.gettext("Go back and try again.")
    return said


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")
