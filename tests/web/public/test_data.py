"""What a reader sees of what we hold, takes along, has erased: by a link good for an hour, and at two presses."""

import json
from datetime import timedelta
from typing import Any

import pytest

from newsletter.tokens import Purpose

ADDRESS = "reader@example.com"


@pytest.fixture
def link(scene: Any) -> str:
    """Give the link to a reader's data, who changed a preference; another reader has as much."""
    reader = scene.add_reader(ADDRESS)
    scene.add_reader("stranger@example.com")
    preferences = scene.services.tokens.sign(Purpose.PREFERENCES, reader, scene.clock())
    scene.browser().post(f"/preferences/{preferences}", data={"change": "pause", "days": "14"})
    return f"/data/{scene.services.tokens.sign(Purpose.DATA, reader, scene.clock())}"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(scene: Any, link: str, method: str) -> None:
    """The page, the file and the question before erasing are kept by no cache and found by no search."""
    before = scene.everything()
    for page in (link, f"{link}/download", f"{link}/erase"):
        answer = scene.browser().request(method, page)
        assert (200, "no-store") == (answer.status_code, answer.headers["cache-control"])
    assert before == scene.everything()


def test_everything_is_shown(scene: Any, link: str) -> None:
    """The reader's own address, state and consent with the network it came from; of others nothing."""
    page = scene.browser().get(link).text
    for told in (ADDRESS, "paused", "203.0.113.0/24", "preferences", f"{scene.clock():%Y-%m-%d %H:%M} UTC"):
        assert told in page
    assert "stranger" not in page


def test_it_can_be_taken_along(scene: Any, link: str) -> None:
    """As a file that programs read, with all that the page shows."""
    answer = scene.browser().get(f"{link}/download")
    assert "application/json" == answer.headers["content-type"].partition(";")[0]
    assert 'attachment; filename="my-data.json"' == answer.headers["content-disposition"]
    held = json.loads(answer.text)
    assert ADDRESS == held["address"]
    assert ["added", "paused"] == [each["event"] for each in held["subscriptions"][0]["consent"]]


def test_erasing_takes_two_presses(scene: Any, link: str) -> None:
    """The first only asks; after the second nothing of the reader is left, and again is harmless."""
    page = scene.browser().get(link).text
    assert f'href="{link}/erase' in page
    assert "method=" not in page
    assert "cannot be undone" in scene.browser().get(f"{link}/erase").text
    for _ in range(2):
        answer = scene.browser().post(f"{link}/erase")
        assert 200 == answer.status_code
        assert "Everything is erased" in answer.text
    rows = [row for rows in scene.everything().values() for row in rows]
    assert not any(ADDRESS in row for row in rows)
    assert any("stranger@example.com" in row for row in rows)
    assert 404 == scene.browser().get(link).status_code


def test_only_a_post_to_the_right_place_erases(scene: Any, link: str) -> None:
    """The page itself takes none."""
    before = scene.everything()
    assert [405, 405] == [scene.browser().post(each).status_code for each in (link, f"{link}/download")]
    assert before == scene.everything()


def test_after_an_hour_it_opens_nothing(scene: Any, link: str) -> None:
    """Whoever finds the mail later sees nothing, takes nothing and erases nothing."""
    scene.clock.pass_by(timedelta(minutes=62))
    before = scene.everything()
    for method, page in (
        ("GET", link),
        ("GET", f"{link}/download"),
        ("GET", f"{link}/erase"),
        ("POST", f"{link}/erase"),
    ):
        assert 403 == scene.browser().request(method, page).status_code
    assert before == scene.everything()


@pytest.mark.parametrize("purpose", [each for each in Purpose if each is not Purpose.DATA])
def test_no_other_token_opens_it(scene: Any, link: str, purpose: Purpose) -> None:
    """Least of all that of a mail that was passed on."""
    token = scene.services.tokens.sign(purpose, 1, scene.clock())
    before = scene.everything()
    for method, page in (("GET", ""), ("GET", "/download"), ("GET", "/erase"), ("POST", "/erase")):
        assert 403 == scene.browser().request(method, f"/data/{token}{page}").status_code
    assert before == scene.everything()
