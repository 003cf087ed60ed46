"""The login says nothing but yes or no, and slows guessing down."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from newsletter.admins.store import create_admin

LOGIN = "/console/login"
ADMIN = "editor@paper.example"
PASSWORD = "four words nobody joins"


@pytest.fixture
def browser(scene: Any) -> Any:
    """Give a browser that is not logged in, and an admin who could be."""
    with scene.database.transaction() as connection:
        create_admin(connection, ADMIN, PASSWORD)
    browser = scene.browser()
    browser.headers["Origin"] = "http://localhost:8000"
    return browser


def _try(browser: Any, address: str = ADMIN, password: str = "wrong password") -> Any:
    return browser.post(LOGIN, data={"address": address, "password": password})


def test_wrong_address_and_wrong_password_look_alike(browser: Any) -> None:
    """Nobody learns from the answer who is an admin."""
    known, unknown = _try(browser), _try(browser, "nobodyy@paper.example"[: len(ADMIN)])
    assert [known.status_code, unknown.status_code] == [401, 401]
    assert known.text.replace(ADMIN, "") == unknown.text.replace("nobodyy@paper.example"[: len(ADMIN)], "")


def test_five_failures_make_the_next_wait(scene: Any, browser: Any) -> None:
    """After the fifth even the right password is refused, for a minute and then longer."""
    assert [_try(browser).status_code for _ in range(6)] == [401] * 5 + [429]
    answer = _try(browser, password=PASSWORD)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    scene.clock.pass_by(timedelta(seconds=61))
    assert _try(browser).status_code == 401
    assert _try(browser).headers["retry-after"] == "120"
    scene.clock.pass_by(timedelta(seconds=121))
    assert _try(browser, password=PASSWORD).status_code == 303


def test_another_network_is_not_locked_out(scene: Any, browser: Any) -> None:
    """An attacker elsewhere does not keep an admin out."""
    for _ in range(6):
        _try(browser)
    elsewhere = scene.browser()
    elsewhere.headers["Origin"] = "http://localhost:8000"
    elsewhere._transport.client = ("198.51.100.1", 1234)
    assert _try(elsewhere, password=PASSWORD).status_code == 303


def test_the_cookie_is_for_this_site_alone(browser: Any) -> None:
    """No script reads it, and no other site sends it."""
    cookie = _try(browser, password=PASSWORD).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/;" in cookie + ";"
    assert "secure" not in cookie


def test_over_tls_the_cookie_is_bound_to_the_host(make_scene: Callable[..., Any]) -> None:
    """With an https address the browser itself insists on a secure, host-only cookie."""
    scene = make_scene(public_url="https://news.example")
    with scene.database.transaction() as connection:
        create_admin(connection, ADMIN, PASSWORD)
    browser = scene.browser()
    browser.headers.update({"Origin": "https://news.example", "Host": "news.example"})
    answer = _try(browser, password=PASSWORD)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-console=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert "strict-transport-security" in answer.headers
