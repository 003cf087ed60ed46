"""The console's guard: nobody gets in without a session, and nothing is changed from another site's page.

It stands before every route under ``/console`` but the login, once, for the whole router: a new page is guarded
before anybody thinks of it.
"""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Form, Request

from newsletter.admins.sessions import use_session
from newsletter.errors import NewsletterError, TokenError
from newsletter.tokens import Purpose
from newsletter.web.doorway import Door, Doorway

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SignedOutError(NewsletterError):
    """There is no session, or it is over."""

    status = 401


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is here, and the token that each of their forms carries."""

    address: str
    number: int
    form_token: str


def cookie_name(door: Doorway) -> str:
    """Return the cookie's name; over TLS its prefix makes browsers insist on how it is set."""
    return "__Host-console" if door.is_https else "newsletter-console"


def _visit(door: Door, request: Request) -> Visit:
    cookie = request.cookies.get(cookie_name(door), "")
    now = door.now()
    with door.services.database.transaction() as connection:
        session = use_session(connection, cookie, now) if cookie else None
    if session is None:
        raise SignedOutError("You are not logged in, or were away for too long.", "Log in.")
    token = door.services.tokens.sign(Purpose.CONSOLE_FORM, session.number, now)
    return Visit(session.address, session.number, token)


Visitor = Annotated[Visit, Depends(_visit)]
"""How a handler asks who is here."""


def guard(door: Door, request: Request, visit: Visitor, form_token: Annotated[str, Form()] = "") -> None:
    """Let a visitor through; an unsafe request only from our own page. Raises SignedOutError or TokenError."""
    if request.method in _SAFE:
        return
    check_origin(door, request)
    number, _ = door.services.tokens.read(form_token, Purpose.CONSOLE_FORM, door.now())
    if number != visit.number:
        raise TokenError("This form belongs to another session.", "Open the page again.")


def check_origin(door: Doorway, request: Request) -> None:
    """Raise TokenError unless the browser says that the request comes from a page of ours.

    A request that says neither Origin nor Sec-Fetch-Site is refused: every browser of today says one of them.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    is_ours = origin in {_origin(door.public_url), _loopback_origin(request)}
    if (site in {None, "same-origin"}) and (is_ours if origin is not None else site is not None):
        return
    raise TokenError("This did not come from a page of the console.", f"Open {door.public_url}/console.")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _loopback_origin(request: Request) -> str | None:
    """Return our origin under the loopback name that was asked for: on one machine several mean the same."""
    is_loopback = request.url.hostname in {"localhost", "127.0.0.1", "::1"}
    return _origin(str(request.url)) if is_loopback else None
