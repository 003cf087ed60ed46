"""Nobody gets into the console without a session, and no other site can act in it."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.admins.tables import console_session
from newsletter.tokens import Purpose
from tests.web.routes import all_routes

OUTSIDE = "/console/login"
COOKIE = "newsletter-console"


def _console_routes(scene: Any) -> list[tuple[str, str]]:
    return [
        (method, path.replace("{edition_id}", "1").replace("{slug}", "daily"))
        for method, path in all_routes(scene.app.routes)
        if path.startswith("/console") and path != OUTSIDE
    ]


def _edition(scene: Any) -> None:
    scene.add_reader("reader@example.com")
    scene.gather(["A mill opens", "A train returns", "A goat waits"])
    scene.make_edition(ready_only=False)


def _form_token(scene: Any, editor: Any) -> str:
    page = editor.get("/console").text
    return str(page.split('name="form_token" value="')[1].split('"')[0])


def test_every_route_but_the_login_refuses_strangers(scene: Any) -> None:
    """The list comes from the router, so that a new page is in it."""
    before = scene.everything()
    routes = _console_routes(scene)
    assert {("GET", "/console"), ("POST", "/console/editions/1/pause"), ("POST", "/console/logout")} <= set(routes)
    for method, path in routes:
        for cookie in ({}, {COOKIE: "forged"}):
            answer = scene.browser(**cookie).request(method, path, headers={"Accept": "*/*"})
            assert answer.status_code == 401, (method, path)
    assert scene.everything() == before


def test_a_browser_is_led_to_the_login(scene: Any) -> None:
    """A person who is not logged in sees the form, not an error."""
    answer = scene.browser().get("/console/editions/1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/login")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8000.evil.example"},
        {"Origin": "https://localhost:8000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:8000"},
        {},
    ],
)
def test_no_route_acts_for_another_site(scene: Any, editor: Any, headers: dict[str, str]) -> None:
    """Every unsafe route refuses a foreign origin, even with the right cookie and form token."""
    _edition(scene)
    token = _form_token(scene, editor)
    before = scene.everything()
    del editor.headers["Origin"]
    unsafe = [(method, path) for method, path in _console_routes(scene) if method != "GET"]
    assert len(unsafe) >= 6
    for method, path in [*unsafe, ("POST", OUTSIDE)]:
        answer = editor.request(method, path, data={"form_token": token}, headers=headers)
        assert answer.status_code == 403, (method, path)
    assert scene.everything() == before


def test_no_route_acts_without_this_sessions_form_token(scene: Any, editor: Any) -> None:
    """A missing, forged, foreign or old token is refused on every unsafe route."""
    _edition(scene)
    good = _form_token(scene, editor)
    tokens = scene.services.tokens
    bad = ["", "x", good[:-1], tokens.sign(Purpose.CONSOLE_FORM, 7, scene.clock())]
    before = scene.everything()
    for method, path in _console_routes(scene):
        for token in bad if method != "GET" else ():
            answer = editor.request(method, path, data={"form_token": token})
            assert answer.status_code == 403, (method, path)
    assert scene.everything() == before


def test_a_session_idles_out(scene: Any, editor: Any) -> None:
    """Twelve hours without a visit end it; visits keep it going."""
    for _ in range(3):
        scene.clock.pass_by(timedelta(hours=11))
        assert editor.get("/console").status_code == 200
    scene.clock.pass_by(timedelta(hours=12, minutes=1))
    assert editor.get("/console").headers["location"] == OUTSIDE


def test_a_session_ends_after_a_week_all_the_same(scene: Any, editor: Any) -> None:
    """However busy, a session is over after seven days."""
    for _ in range(16):
        scene.clock.pass_by(timedelta(hours=10))
        assert editor.get("/console").status_code == 200
    scene.clock.pass_by(timedelta(hours=9))
    assert editor.get("/console").headers["location"] == OUTSIDE


def test_logging_in_again_changes_the_cookie(scene: Any, editor: Any) -> None:
    """The session from before the login is over, so a planted cookie opens nothing."""
    old = editor.cookies[COOKIE]
    editor.post(OUTSIDE, data={"address": "EDITOR@paper.example", "password": "four words nobody joins"})
    new = editor.cookies[COOKIE]
    assert old != new
    assert scene.browser(**{COOKIE: old}).get("/console").status_code == 303
    assert scene.browser(**{COOKIE: new}).get("/console").status_code == 200


def test_logging_out_ends_the_session(scene: Any, editor: Any) -> None:
    """The cookie is worthless afterwards, in this browser and in any other."""
    cookie = editor.cookies[COOKIE]
    answer = editor.post("/console/logout", data={"form_token": _form_token(scene, editor)})
    assert answer.headers["location"] == OUTSIDE
    assert scene.browser(**{COOKIE: cookie}).get("/console").status_code == 303
    with scene.database.transaction() as connection:
        assert connection.execute(sa.select(console_session)).all() == []


def test_a_stolen_table_opens_nothing(scene: Any, editor: Any) -> None:
    """The cookie is nowhere in the database."""
    assert editor.cookies[COOKIE] not in repr(scene.everything())
