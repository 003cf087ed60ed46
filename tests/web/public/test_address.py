"""A change of address as its two mailboxes see it: GET shows, POST agrees, and the new one learns of no other."""

from datetime import timedelta
from typing import Any

import pytest

from newsletter.readers.moving import ask_change
from newsletter.readers.preferences import get_preferences
from newsletter.readers.suppressions import suppress
from newsletter.readers.tables import SuppressionReason
from newsletter.tokens import Purpose

OLD, NEW = "reader@example.com", "new@example.com"


@pytest.fixture
def links(scene: Any) -> list[str]:
    """Give the links to the old and to the new mailbox of a reader who has asked for another address."""
    reader = scene.add_reader(OLD)
    with scene.database.transaction() as connection:
        sides = ask_change(connection, scene.services.gate, reader, NEW, scene.clock())
    return [f"/address/{scene.services.tokens.sign(Purpose.ADDRESS, each, scene.clock())}" for each in sides]


def _address(scene: Any) -> str:
    with scene.database.transaction() as connection:
        return str(get_preferences(connection, 1, scene.clock()).address)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_following_the_links_changes_nothing(scene: Any, links: list[str], method: str) -> None:
    """Scanners may open both as often as they like."""
    before = scene.everything()
    for link in links * 2:
        answer = scene.browser().request(method, link)
        assert (200, "no-store") == (answer.status_code, answer.headers["cache-control"])
    assert before == scene.everything()


def test_each_mailbox_sees_what_it_may(scene: Any, links: list[str]) -> None:
    """The old one both addresses; the new one only itself, at every step, for it may be anybody's."""
    old, new = links
    for press in (None, old, new):
        if press:
            scene.browser().post(press)
        assert NEW in scene.browser().get(old).text
        shown = scene.browser().get(new).text
        assert NEW in shown
        assert OLD not in shown
        assert "/preferences/" not in shown


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_both_agree_and_it_is_done(scene: Any, links: list[str], order: tuple[int, int]) -> None:
    """The first is told that one more word is missing; pressing again is harmless before and after."""
    first, second = (links[place] for place in order)
    for _ in range(2):
        answer = scene.browser().post(first)
        assert (303, first) == (answer.status_code, answer.headers["location"])
    waiting = scene.browser().get(first).text
    assert "Until then nothing changes" in waiting
    assert "<button" not in waiting
    assert OLD == _address(scene)
    for _ in range(2):
        assert 303 == scene.browser().post(second).status_code
    assert NEW == _address(scene)
    for link in links:
        assert "Your address is changed" in scene.browser().get(link).text


def test_after_two_days_the_links_are_too_old(scene: Any, links: list[str]) -> None:
    """And say so."""
    scene.clock.pass_by(timedelta(hours=49))
    for link in links:
        assert [403, 403] == [scene.browser().get(link).status_code, scene.browser().post(link).status_code]
    assert OLD == _address(scene)


def test_a_change_that_is_not_open_any_more(scene: Any, links: list[str]) -> None:
    """Another wish took its place: a clear page, and nothing happens."""
    scene.clock.pass_by(timedelta(minutes=1))
    with scene.database.transaction() as connection:
        ask_change(connection, scene.services.gate, 1, "third@example.com", scene.clock())
    for link in links:
        answers = [scene.browser().get(link), scene.browser().post(link)]
        assert [404, 404] == [each.status_code for each in answers]
        assert "not open any more" in answers[0].text
    assert OLD == _address(scene)


def test_an_address_that_was_suppressed_meanwhile(scene: Any, links: list[str]) -> None:
    """Only its own mailbox is told; the old one sees what it would see of any other."""
    with scene.database.transaction() as connection:
        suppress(connection, NEW, SuppressionReason.COMPLAINT, "", scene.clock())
    old, new = (scene.browser().post(each).status_code for each in links)
    assert (303, 409) == (old, new)
    assert OLD == _address(scene)
