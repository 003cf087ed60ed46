"""In and out of the console. Whatever is wrong with a login, the answer is the same."""

import math
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from newsletter.admins.attempts import charge_attempt, forgive
from newsletter.admins.password import verify_password
from newsletter.admins.sessions import LONGEST, close_session, open_session
from newsletter.admins.store import find_admin
from newsletter.readers.address import LONGEST as LONGEST_ADDRESS
from newsletter.readers.address import canonical_address
from newsletter.web.console.guard import check_origin, cookie_name
from newsletter.web.doorway import Door, Doorway, network_of

router = APIRouter(prefix="/console")
inside = APIRouter()

_WRONG = "Address or password is wrong."


@router.get("/login")
def show_login(door: Door) -> Response:
    """Show the form."""
    return _login(door)


@router.post("/login")
def log_in(
    door: Door,
    request: Request,
    address: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Open a session under a new cookie. There is no session yet that a form token could be bound to."""
    check_origin(door, request)
    now, network = door.now(), network_of(request)
    known_as = canonical_address(address.strip())[:LONGEST_ADDRESS]
    with door.services.database.transaction() as connection:
        wait = charge_attempt(connection, known_as, network, now)
        admin = find_admin(connection, known_as)
    if wait:
        minutes = math.ceil(wait.total_seconds() / 60)
        answer = _login(door, f"Too many attempts. Try again in {minutes} min.", address, 429)
        answer.headers["Retry-After"] = str(math.ceil(wait.total_seconds()))
        return answer
    # Outside of the transaction: it takes its time, and no lock should wait for it.
    if not verify_password(admin.password_hash if admin else None, password) or admin is None:
        return _login(door, _WRONG, address, 401)
    with door.services.database.transaction() as connection:
        forgive(connection, known_as, network)
        close_session(connection, request.cookies.get(cookie_name(door), ""))
        cookie = open_session(connection, admin.id, now)
    answer = door.pages.go("/console")
    lifetime = int(LONGEST.total_seconds())
    answer.set_cookie(
        cookie_name(door), cookie, max_age=lifetime, secure=door.is_https, httponly=True, samesite="lax"
    )
    return answer


@inside.post("/logout")
def log_out(door: Door, request: Request) -> Response:
    """End the session here and in the browser."""
    with door.services.database.transaction() as connection:
        close_session(connection, request.cookies.get(cookie_name(door), ""))
    answer = door.pages.go("/console/login")
    answer.delete_cookie(cookie_name(door), secure=door.is_https, httponly=True, samesite="lax")
    return answer


def _login(door: Doorway, fault: str = "", address: str = "", status: int = 200) -> Response:
    return door.pages.show("console/login.html", status, fault=fault, address=address)
