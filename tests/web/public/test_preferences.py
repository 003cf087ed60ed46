"""A reader's own page: GET shows, POST changes one thing, nobody logs in, and no other link opens it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

import pytest
import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.publication.newsletters import change_newsletter
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import request_subscription
from newsletter.readers.tables import consent, subscriber, subscription
from newsletter.tokens import Purpose
from newsletter.web.public.zones import zones_by_region

BY_HAND = {"change": "pause", "days": "14"}


def _path(scene: Any, number: int, purpose: Purpose = Purpose.PREFERENCES) -> str:
    return f"/{purpose}/{scene.services.tokens.sign(purpose, number, scene.clock())}"


def _set(scene: Any, **settings: str) -> None:
    with scene.database.transaction() as connection:
        change_newsletter(connection, "daily", settings)


def _row(scene: Any, number: int) -> Any:
    with scene.database.transaction() as connection:
        return connection.execute(sa.select(subscription).where(subscription.c.id == number)).one()


def _log(scene: Any) -> list[tuple[str, str, str]]:
    with scene.database.transaction() as connection:
        columns = (consent.c.event, consent.c.how, consent.c.network)
        return [tuple(row) for row in connection.execute(sa.select(*columns).order_by(consent.c.id))]


@pytest.fixture
def reader(scene: Any) -> int:
    """Give a reader of a newsletter in two languages that keeps its readers' hours."""
    _set(scene, languages="ar", reader_hours="true")
    return int(scene.add_reader("reader@example.com"))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(scene: Any, reader: int, method: str) -> None:
    """Scanners may open it as often as they like; the answer is kept by nobody and tells no other site."""
    before = scene.everything()
    for query in ("", "?done=pause", "?change=pause&days=14", "?change=unsubscribe"):
        answer = scene.browser().request(method, _path(scene, reader) + query)
        assert 200 == answer.status_code
        assert "no-store" == answer.headers["cache-control"]
        assert "no-referrer" == answer.headers["referrer-policy"]
        assert "set-cookie" not in answer.headers
    assert before == scene.everything()
    assert [] == scene.ringer.rung


def test_the_page_says_whose_it_is(scene: Any, reader: int) -> None:
    """The newsletter, the address, and nothing to be found by search engines."""
    page = scene.browser().get(_path(scene, reader)).text
    assert "The Daily" in page
    assert "reader@example.com" in page
    assert '<meta name="robots" content="noindex">' in page


@pytest.mark.parametrize(
    ("sent", "column", "value"),
    [
        ({"change": "language", "language": "ar"}, "language", "ar"),
        ({"change": "zone", "zone": "Asia/Damascus"}, "zone", "Asia/Damascus"),
        ({"change": "pause", "days": "14"}, "paused_until", datetime(2026, 3, 17, tzinfo=UTC)),
        ({"change": "pause", "days": "0"}, "state", "paused"),
    ],
    ids=["language", "zone", "pause", "pause without end"],
)
def test_one_form_changes_one_thing(
    scene: Any, reader: int, sent: dict[str, str], column: str, value: object
) -> None:
    """The browser is sent back to the page, which says so; pressing twice is pressing once."""
    page = _path(scene, reader)
    for _ in range(2):
        answer = scene.browser().post(page, data=sent)
        assert (303, f"{page}?done={sent['change']}") == (answer.status_code, answer.headers["location"])
    assert value == _row(scene, reader)._mapping[column]
    assert 2 == len(_log(scene))
    assert ("preferences", "203.0.113.0/24") == _log(scene)[1][1:]
    assert 'role="status"' in scene.browser().get(answer.headers["location"]).text


def test_the_page_speaks_the_language_that_was_chosen(scene: Any, reader: int) -> None:
    """Right to left where it runs so."""
    page = _path(scene, reader)
    assert '<html lang="en"' in scene.browser().get(page).text
    scene.browser().post(page, data={"change": "language", "language": "ar"})
    assert 'lang="ar" dir="rtl"' in scene.browser().get(page).text


def test_a_language_that_is_dropped_leaves_the_newsletter_s_own(scene: Any, reader: int) -> None:
    """The page shows what comes: the choice that nobody has any more is not an empty one."""
    scene.browser().post(_path(scene, reader), data={"change": "language", "language": "ar"})
    _set(scene, languages="fr")
    page = scene.browser().get(_path(scene, reader)).text
    assert 1 == page.count('name="language" value="en" checked')
    assert 'value="fr" checked' not in page


def test_a_pause_and_its_end(scene: Any, reader: int) -> None:
    """The page says until when, offers to resume, and then to pause again."""
    page = _path(scene, reader)
    scene.browser().post(page, data=BY_HAND)
    paused = scene.browser().get(page).text
    assert "Nothing is mailed to you before Tuesday, March 17, 2026." in paused
    assert 'value="resume"' in paused
    assert 'value="pause"' not in paused
    answer = scene.browser().post(page, data={"change": "resume"})
    assert "Welcome back" in scene.browser().get(answer.headers["location"]).text
    assert ("active", None) == (_row(scene, reader).state, _row(scene, reader).paused_until)
    assert ["added", "paused", "resumed"] == [event for event, *_ in _log(scene)]


def test_a_pause_without_end_says_so(scene: Any, reader: int) -> None:
    """And lasts until the reader says otherwise."""
    scene.browser().post(_path(scene, reader), data={"change": "pause", "days": "0"})
    assert "until you resume" in scene.browser().get(_path(scene, reader)).text


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"change": "erase"},
        {"change": "pause", "days": "91"},
        {"change": "pause", "days": "-1"},
        {"change": "pause", "days": "ten"},
        {"change": "language", "language": "de"},
        {"change": "zone", "zone": "Mars/Olympus"},
    ],
)
def test_what_no_form_of_ours_sends(scene: Any, reader: int, sent: dict[str, str]) -> None:
    """It is refused as a page, and changes nothing."""
    before = scene.everything()
    answer = scene.browser().post(_path(scene, reader), data=sent)
    assert (422, "text/html; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
    assert before == scene.everything()


def test_only_what_there_is_to_choose_is_shown(scene: Any) -> None:
    """One language is no choice; hours are asked for only where the newsletter keeps them."""
    page = scene.browser().get(_path(scene, scene.add_reader("reader@example.com"))).text
    assert 'id="language"' not in page
    assert 'id="hour"' not in page
    assert page.index('id="pause"') < page.index('id="unsubscribe"')


def test_no_other_link_opens_it(scene: Any, reader: int) -> None:
    """Forged, cut, changed in one bit, or made for another purpose: refused, and nothing changes."""
    good = _path(scene, reader)
    others = [
        _path(scene, reader, purpose).replace(f"/{purpose}/", "/preferences/")
        for purpose in Purpose
        if purpose is not Purpose.PREFERENCES
    ]
    flipped = good[:-5] + ("A" if good[-5] != "A" else "B") + good[-4:]
    before = scene.everything()
    for link in (*others, good[:-1], good[:-10], good + "A", flipped, "/preferences/x", "/preferences/%00"):
        for method in ("GET", "HEAD", "POST"):
            answer = scene.browser().request(method, link, data=BY_HAND if method == "POST" else None)
            assert 403 == answer.status_code, link
            assert "reader@example.com" not in answer.text
    for purpose in (Purpose.UNSUBSCRIBE, Purpose.CONFIRM, Purpose.WELCOME):
        crossed = good.replace("/preferences/", f"/{purpose}/")
        assert 403 == scene.browser().post(crossed).status_code
    assert before == scene.everything()


def test_an_erased_reader_finds_a_clear_page(scene: Any, reader: int) -> None:
    """It says that all was erased, instead of that the link is bad."""
    with scene.database.transaction() as connection:
        connection.execute(sa.delete(subscriber))
    for method in ("GET", "POST"):
        answer = scene.browser().request(method, _path(scene, reader), data=BY_HAND if method == "POST" else None)
        assert 404 == answer.status_code
        assert "was erased" in answer.text


def test_leaving_from_the_page(scene: Any, reader: int) -> None:
    """One press, and the page says that it is done; during a pause too."""
    scene.browser().post(_path(scene, reader), data=BY_HAND)
    answer = scene.browser().post(_path(scene, reader), data={"change": "unsubscribe"})
    assert 303 == answer.status_code
    assert "You are unsubscribed" in scene.browser().get(answer.headers["location"]).text
    assert ("unsubscribed", None) == (_row(scene, reader).state, _row(scene, reader).paused_until)


def test_who_left_may_subscribe_again(scene: Any, reader: int) -> None:
    """By way of a mail to confirm, as anybody: the link of an old mail brings nobody back."""
    page = _path(scene, reader)
    scene.browser().post(page, data={"change": "unsubscribe"})
    scene.ringer.rung.clear()
    left = scene.browser().get(page).text
    assert "Subscribe again" in left
    assert 'value="pause"' not in left
    assert 409 == scene.browser().post(page, data=BY_HAND).status_code
    answer = scene.browser().post(page, data={"change": "subscribe"})
    assert "a mail with a link is on its way" in scene.browser().get(answer.headers["location"]).text
    assert [Bell(TaskName.SUBMIT_CONFIRMATION, reader)] == scene.ringer.rung
    assert "unconfirmed" == _row(scene, reader).state


def test_who_has_not_confirmed_is_told_so(scene: Any) -> None:
    """Nothing to choose yet, and no way around confirming."""
    with scene.database.transaction() as connection:
        asked = request_subscription(
            connection, scene.newsletter.id, "new@example.com", Origin("form"), scene.clock()
        )
    assert asked is not None
    page = _path(scene, asked)
    assert "not confirmed yet" in scene.browser().get(page).text
    for change in ("pause", "resume", "language", "zone"):
        assert 409 == scene.browser().post(page, data={"change": change}).status_code
    assert "unconfirmed" == _row(scene, asked).state


def test_a_pause_that_has_ended_is_not_shown(scene: Any, reader: int) -> None:
    """Even before the tick came."""
    scene.browser().post(_path(scene, reader), data={"change": "pause", "days": "1"})
    scene.clock.pass_by(timedelta(days=2))
    assert 'value="pause"' in scene.browser().get(_path(scene, reader)).text


def test_zones_are_found_by_their_place() -> None:
    """Every zone that is named after a place, by region; and the one that was chosen, whatever its name."""
    regions = zones_by_region("")
    assert "Asia/Damascus" in regions["Asia"]
    assert {name for names in regions.values() for name in names} < available_timezones()
    assert ("US/Eastern",) == zones_by_region("US/Eastern")["US"]
    assert "US" not in zones_by_region("")
