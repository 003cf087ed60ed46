"""The interface for programs, under /api/v1: JSON in, JSON out, described at /api/v1/openapi.json."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from newsletter import log
from newsletter.errors import NewsletterError
from newsletter.web.api import articles
from newsletter.web.doorway import Doorway

PREFIX = "/api/v1"
_SERVER_FAULT = 500
_log = log.get("web")


def create_api(door: Doorway) -> FastAPI:
    """Return the interface; every error of it is ``{"error": …, "mend": …}``."""
    api = FastAPI(title="newsletter", version="1", docs_url=None, redoc_url=None, redirect_slashes=False)
    api.state.doorway = door
    api.include_router(articles.router)
    api.add_exception_handler(NewsletterError, _ours)
    api.add_exception_handler(RequestValidationError, _unreadable)
    api.add_exception_handler(HTTPException, _other)
    return api


def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, NewsletterError)
    if error.status >= _SERVER_FAULT:
        # What these say is for the operator: it may name hosts and settings.
        _log.error("page_failed", route=getattr(request.scope.get("route"), "path", ""), error=str(error))
        return _told(error.status, "Something went wrong here.", "Try again in a minute.")
    return _told(error.status, error.what, error.mend)


def _unreadable(_request: Request, _error: Exception) -> Response:
    return _told(422, "The request cannot be read.", f"{PREFIX}/openapi.json describes it.")


def _other(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _told(error.status_code, f"{error.detail}.", f"{PREFIX}/openapi.json lists what there is.")


def _told(status: int, what: str, mend: str) -> Response:
    return JSONResponse({"error": what, "mend": mend}, status)
