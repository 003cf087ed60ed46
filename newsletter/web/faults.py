"""Errors as pages: what happened and how to mend it for ours, a plain sentence for the rest, never a traceback."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from newsletter import log
from newsletter.errors import NewsletterError
from newsletter.web.console.guard import SignedOutError
from newsletter.web.doorway import Doorway

_log = log.get("web")
_SERVER_FAULT = 500
_SENTENCES = {
    404: ("There is no page here.", "The address may have a slip in it."),
    405: ("This page cannot be used that way.", "Go back and use its button."),
    413: ("That is more than any form of ours needs.", "Send less."),
}


def install(app: FastAPI, door: Doorway) -> None:
    """Answer every error of the app with a page of its own."""

    def newsletter_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, NewsletterError)
        if isinstance(error, SignedOutError) and request.method == "GET" and _wants_page(request):
            return door.pages.go("/console/login")
        if error.status >= _SERVER_FAULT:
            # What these say is for the operator: it may name hosts and settings.
            _log.error("page_failed", route=getattr(request.scope.get("route"), "path", ""), error=str(error))
            return fault(door, error.status, "Something went wrong here.", "Try again in a minute.", request)
        return fault(door, error.status, error.what, error.mend, request)

    def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        phrase = HTTPStatus(error.status_code).phrase
        what, mend = _SENTENCES.get(error.status_code, (f"{phrase}.", "Go back and try again."))
        return fault(door, error.status_code, what, mend, request)

    def unreadable(request: Request, _error: Exception) -> Response:
        return fault(door, 422, "This request cannot be read.", "Go back and use the page's own form.", request)

    def unstorable(request: Request, _error: Exception) -> Response:
        # A NUL in a name, a number beyond every id: no row can have it.
        return fault(door, 400, "This request cannot be read.", "The address may have a slip in it.", request)

    app.add_exception_handler(DataError, unstorable)
    app.add_exception_handler(NewsletterError, newsletter_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, unreadable)


def fault(door: Doorway, status: int, what: str, mend: str, request: Request | None = None) -> Response:
    """Return the page of an error; in the console it leads back to the console."""
    in_console = request is not None and request.url.path.startswith("/console")
    if "`" in mend and not in_console:
        mend = ""  # a command is for the operator, not for a reader
    return door.pages.show("fault.html", status, status=status, what=what, mend=mend, in_console=in_console)


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")
