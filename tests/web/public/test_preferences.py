"""A reader's own page: GET shows, POST changes one thing, nobody logs in, and no other link opens it."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import available_timezones

import pytest
import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.gather.article import Article, Genre
from newsletter.gather.memory.store import store_articles
from newsletter.gather.polling.sources import attach_source, lease_source, put_source
from newsletter.gather.tables import SourceKind
from newsletter.publication.newsletters import NewsletterSettings, add_newsletter, change_newsletter
from newsletter.readers.store import Origin
from newsletter.readers.suppressions import suppress
from newsletter.readers.tables import SuppressionReason, consent, owed_letter, subscriber, subscription
from newsletter.tokens import Purpose
from newsletter.web.public.zones import zones_by_region
from tests.readers.asking import ask_for

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
    """Give a reader of a newsletter in two languages, with sections, that keeps its readers' hours."""
    _set(scene, languages="ar", reader_hours="true")
    now = scene.clock()
    with scene.database.transaction() as connection:
        source_id = put_source(connection, "https://paper.example/feed", SourceKind.FEED, Genre.NEWS)
        attach_source(connection, scene.newsletter.id, source_id)
        source = lease_source(connection, source_id, now + timedelta(minutes=1), now)
        assert source is not None
        articles = [
            Article(guid=each, url=f"https://paper.example/{each}", title=f"On {each}", section=each)
            for each in ("Sport", "Politics", "World")
        ]
        store_articles(connection, source, articles, now)
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
        ({"change": "what", "frequency": "weekly"}, "frequency", "weekly"),
        ({"change": "what", "shown": "breaking", "breaking": "true"}, "breaking", True),
        ({"change": "what", "shown": "sections", "sections": "Sport"}, "sections", ["Sport"]),
        ({"change": "what", "language": "ar"}, "language", "ar"),
        ({"change": "hour", "zone": "Asia/Damascus"}, "zone", "Asia/Damascus"),
        ({"change": "hour", "hour": "19:00"}, "hour", time(19)),
        ({"change": "pause", "days": "14"}, "paused_until", datetime(2026, 3, 17, tzinfo=UTC)),
        ({"change": "pause", "days": "0"}, "state", "paused"),
    ],
    ids=["frequency", "breaking", "sections", "language", "zone", "hour", "pause", "pause without end"],
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
    scene.browser().post(page, data={"change": "what", "language": "ar"})
    assert 'lang="ar" dir="rtl"' in scene.browser().get(page).text


def test_a_language_that_is_dropped_leaves_the_newsletter_s_own(scene: Any, reader: int) -> None:
    """The page shows what comes: the choice that nobody has any more is not an empty one."""
    scene.browser().post(_path(scene, reader), data={"change": "what", "language": "ar"})
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
        {"change": "what", "language": "de"},
        {"change": "hour", "zone": "Mars/Olympus"},
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
    assert not any(f'name="{each}"' in page for each in ("language", "sections", "hour", "newsletters"))
    assert page.index('id="pause"') < page.index('id="unsubscribe"')


def test_a_newsletter_that_leaves_nothing_to_choose(scene: Any) -> None:
    """Neither weekly nor breaking: the whole group is gone, and nothing of it can be sent either."""
    _set(scene, weekly_day="", breaking="false", reader_sections="false")
    page = _path(scene, scene.add_reader("reader@example.com"))
    assert 'id="what"' not in scene.browser().get(page).text
    for sent in ({"frequency": "weekly"}, {"shown": "breaking", "breaking": "true"}):
        assert 422 == scene.browser().post(page, data={"change": "what", **sent}).status_code


def test_boxes_that_are_not_ticked_are_taken_back(scene: Any, reader: int) -> None:
    """Where the form showed them; what it did not show stays as it was."""
    page = _path(scene, reader)
    ticked = {"breaking": "true", "sections": ["Sport", "World"]}
    scene.browser().post(page, data={"change": "what", "shown": ["breaking", "sections"], **ticked})
    scene.browser().post(page, data={"change": "what", "frequency": "weekly"})
    assert (True, ["Sport", "World"]) == (_row(scene, reader).breaking, _row(scene, reader).sections)
    scene.browser().post(page, data={"change": "what", "shown": ["breaking", "sections"]})
    assert (False, []) == (_row(scene, reader).breaking, _row(scene, reader).sections)


def test_the_page_shows_what_was_chosen(scene: Any, reader: int) -> None:
    """Beside each group in a few words, and ticked within it."""
    page = _path(scene, reader)
    said = {"frequency": "weekly", "shown": ["breaking", "sections"], "sections": "Sport"}
    scene.browser().post(page, data={"change": "what", **said})
    scene.browser().post(page, data={"change": "hour", "hour": "19:00", "zone": "Asia/Damascus"})
    shown = scene.browser().get(page).text
    assert "Once a week · Sport" in shown
    assert 'name="frequency" value="weekly" checked' in shown
    assert 'name="sections" value="Sport" checked' in shown
    assert 'name="sections" value="World">' in shown
    assert '<option value="19:00" selected>' in shown
    assert '<option value="Asia/Damascus" selected>' in shown


def test_a_group_is_opened_from_elsewhere(scene: Any, reader: int) -> None:
    """By name; any other name opens nothing, and closed groups still hold their forms."""
    page = _path(scene, reader)
    opened = scene.browser().get(f"{page}?open=what").text
    assert 1 == opened.count('<details class="group" open>')
    assert "open>" not in scene.browser().get(f"{page}?open=%22%3E").text
    assert 'name="days"' in scene.browser().get(page).text


def test_another_address_is_asked_for(scene: Any, reader: int) -> None:
    """Two letters are rung for, once; the page says the same whether or not the address can be mailed."""
    page = _path(scene, reader)
    with scene.database.transaction() as connection:
        suppress(connection, "spent@example.com", SuppressionReason.BOUNCE, "", scene.clock())
    answers = [
        scene.browser().post(page, data={"change": "address", "address": each})
        for each in ("new@example.com", "new@example.com", "spent@example.com", "reader@example.com")
    ]
    assert {(303, f"{page}?done=address")} == {(each.status_code, each.headers["location"]) for each in answers}
    assert "each gets a link" in scene.browser().get(f"{page}?done=address").text
    assert [Bell(TaskName.SUBMIT_ADDRESS_LETTER, each) for each in (1, 2, 3)] == scene.ringer.rung
    assert "reader@example.com" in scene.browser().get(page).text


@pytest.mark.parametrize("address", ["", "nobody", "a@b", "x" * 300, "a@b.example\r\nBcc: c@d.example"])
def test_an_address_with_a_slip_comes_back(scene: Any, reader: int, address: str) -> None:
    """The page opens at it, filled in, and says what is wrong; nothing was changed."""
    before = scene.everything()
    answer = scene.browser().post(_path(scene, reader), data={"change": "address", "address": address})
    assert 422 == answer.status_code
    assert 'aria-invalid="true"' in answer.text
    assert 1 == answer.text.count('<details class="group" open>')
    assert before == scene.everything()


def test_other_newsletters_are_joined(scene: Any, reader: int) -> None:
    """Without a second confirmation; no box is ticked beforehand, and each joined leads to a page of its own."""
    with scene.database.transaction() as connection:
        for slug in ("sport", "books"):
            add_newsletter(
                connection,
                NewsletterSettings(slug=slug, name=slug.title(), publisher="P", sender_address="s@paper.example"),
            )
    page = _path(scene, reader)
    assert 'name="newsletters" value="sport">' in scene.browser().get(page).text
    for _ in range(2):
        answer = scene.browser().post(page, data={"change": "newsletters", "newsletters": ["sport"]})
        assert f"{page}?done=newsletters" == answer.headers["location"]
    assert [Bell(TaskName.SUBMIT_LETTER, 1)] == scene.ringer.rung
    assert [("requested", "preferences"), ("confirmed", "preferences")] == [each[:2] for each in _log(scene)[1:]]
    shown = scene.browser().get(answer.headers["location"]).text
    assert _path(scene, reader + 1) in shown
    assert "comes from now on" in shown


def test_leaving_all_newsletters_at_once(scene: Any, reader: int) -> None:
    """One box more, never ticked beforehand; without it only this one is left."""
    with scene.database.transaction() as connection:
        paper = NewsletterSettings(slug="sport", name="Sport", publisher="P", sender_address="s@paper.example")
        add_newsletter(connection, paper)
    page = _path(scene, reader)
    scene.browser().post(page, data={"change": "newsletters", "newsletters": ["sport"]})
    assert 'name="everything" value="true"> Unsubscribe from Sport too' in scene.browser().get(page).text
    scene.browser().post(page, data={"change": "unsubscribe", "everything": "true"})
    assert ["unsubscribed"] * 2 == [_row(scene, each).state for each in (reader, reader + 1)]


@pytest.mark.parametrize("leaves", [False, True])
def test_the_data_link_is_mailed(scene: Any, reader: int, leaves: bool) -> None:
    """To the reader, once an hour, also after leaving; the page itself shows nothing of it."""
    page = _path(scene, reader)
    if leaves:
        scene.browser().post(page, data={"change": "unsubscribe"})
        scene.ringer.rung.clear()
    answers = [scene.browser().post(page, data={"change": "data"}) for _ in range(2)]
    assert {f"{page}?done=data"} == {each.headers["location"] for each in answers}
    assert "A mail with a link" in scene.browser().get(f"{page}?done=data").text
    with scene.database.transaction() as connection:
        owed = sa.select(owed_letter.c.id).where(owed_letter.c.kind == "data")
        letter = connection.execute(owed).scalar_one()
    assert Bell(TaskName.SUBMIT_LETTER, letter) in scene.ringer.rung


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
    assert [Bell(TaskName.HANDLE_SIGN_UP, 1)] == scene.ringer.rung
    assert "unsubscribed" == _row(scene, reader).state


def test_who_has_not_confirmed_is_told_so(scene: Any) -> None:
    """Nothing to choose yet, and no way around confirming."""
    with scene.database.transaction() as connection:
        asked = ask_for(connection, scene.newsletter.id, "new@example.com", Origin("form"), scene.clock())
    assert asked is not None
    page = _path(scene, asked)
    assert "not confirmed yet" in scene.browser().get(page).text
    for change in ("pause", "resume", "what", "hour", "newsletters"):
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
