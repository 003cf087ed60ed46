"""Which articles may stand in an edition."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.edition.choosing.candidates import Asked, Found, find_candidates
from newsletter.edition.choosing.marks import Mark
from newsletter.edition.plan import EditionRequest, plan_edition
from newsletter.edition.tables import sent_article
from newsletter.gather.article import Genre
from newsletter.gather.memory.store import keep_sightings
from newsletter.gather.polling.sources import attach_source
from newsletter.gather.tables import source
from newsletter.publication.newsletters import Newsletter, NewsletterSettings, add_newsletter
from tests.publication.newsroom import a_source, an_article, publish

HOUR = timedelta(hours=1)


def candidates(
    connection: sa.Connection, newsletter: Newsletter, source_ids: list[int], now: datetime
) -> list[Found]:
    found = find_candidates(connection, Asked(newsletter, source_ids, now))
    return [each for each in found if each.is_open]


def mark_sent(connection: sa.Connection, newsletter: Newsletter, article_id: int, now: datetime) -> None:
    request = EditionRequest(newsletter.id, now.date(), now, "test")
    edition_id, _ = plan_edition(connection, request)
    connection.execute(
        sa.insert(sent_article).values(
            newsletter_id=newsletter.id,
            for_named_readers=False,
            article_id=article_id,
            edition_id=edition_id,
            sent_at=now,
        )
    )


def test_an_article_is_sent_once_in_a_newsletter(database: Database, daily: Newsletter, noon: datetime) -> None:
    """What one newsletter sent is no candidate there ever again, and still one in another."""
    chosen = NewsletterSettings(slug="evening", name="E", publisher="P", sender_address="e@paper.example")
    with database.transaction() as connection:
        evening = add_newsletter(connection, chosen)
        origin = a_source(connection)
        publish(connection, origin, [an_article(1), an_article(2)], noon)
        mark_sent(connection, daily, 1, noon)
        later = noon + timedelta(days=400)
        assert [2] == [each.candidate.id for each in candidates(connection, daily, [origin.id], later)]
        assert {1, 2} == {each.candidate.id for each in candidates(connection, evening, [origin.id], later)}


def test_a_new_headline_does_not_make_a_sent_article_new(
    database: Database, daily: Newsletter, noon: datetime
) -> None:
    """A source that rewrites its headline and address after we sent it gives us nothing to send."""
    with database.transaction() as connection:
        origin = a_source(connection)
        publish(connection, origin, [an_article(1, guid="g1")], noon)
        mark_sent(connection, daily, 1, noon)
        moved = an_article(1, guid="g1", title="All different", url="https://paper.example/moved")
        publish(connection, origin, [moved], noon + HOUR)
        assert [] == candidates(connection, daily, [origin.id], noon + HOUR)


def test_only_the_named_sources_are_asked(database: Database, daily: Newsletter, noon: datetime) -> None:
    """Another source's articles do not slip in."""
    with database.transaction() as connection:
        paper, radio = a_source(connection), a_source(connection, name="radio")
        publish(connection, paper, [an_article(1)], noon)
        publish(connection, radio, [an_article(2)], noon)
        assert ["Headline2"] == [each.row.title for each in candidates(connection, daily, [radio.id], noon)]
        assert [] == candidates(connection, daily, [], noon)


def test_an_article_of_two_sources_is_one_candidate_at_its_best_place(
    database: Database, daily: Newsletter, noon: datetime
) -> None:
    """Both lists count once, with the better of the two places and both sources as coverage."""
    unsorted = [noon - 2 * HOUR, noon - HOUR]
    with database.transaction() as connection:
        paper, radio = a_source(connection), a_source(connection, name="radio")
        one, two = (an_article(number, published_at=unsorted[number - 1]) for number in (1, 2))
        publish(connection, paper, [one, two], noon)
        publish(connection, radio, [an_article(2, position=1), an_article(3, published_at=noon)], noon)
        found = {
            each.candidate.id: each.candidate for each in candidates(connection, daily, [paper.id, radio.id], noon)
        }
    assert 3 == len(found)
    assert 2 == found[2].position


@pytest.mark.parametrize(
    ("expected", "dates"),
    [
        ([1, 2, 3], [2, 1, 3]),
        ([None, None, None], [1, 2, 3]),
        ([None, None, None], [1, 1, 1]),
        ([None, None, None], [1, None, 3]),
    ],
)
def test_a_place_counts_where_the_list_is_not_merely_by_date(
    database: Database, daily: Newsletter, noon: datetime, expected: list[int | None], dates: list[int | None]
) -> None:
    """Newest first says nothing about importance; any other order is a newsroom's own."""
    listed = [
        an_article(number, published_at=hours and noon - hours * HOUR)
        for number, hours in enumerate(dates, start=1)
    ]
    with database.transaction() as connection:
        origin = a_source(connection)
        publish(connection, origin, listed, noon)
        found = sorted(candidates(connection, daily, [origin.id], noon), key=lambda each: each.candidate.id)
    assert expected == [each.candidate.position for each in found]


def test_a_place_counts_only_while_it_is_held(database: Database, daily: Newsletter, noon: datetime) -> None:
    """An article that has left the list keeps no place in it; one that is listed still does."""
    dates = [noon - 2 * HOUR, noon - HOUR, noon - 3 * HOUR]
    one, two, three = (an_article(number, published_at=dates[number - 1]) for number in (1, 2, 3))
    with database.transaction() as connection:
        origin = a_source(connection)
        publish(connection, origin, [one, two, three], noon)
        publish(connection, origin, [an_article(3, position=1, published_at=dates[2]), two], noon + HOUR)
        found = candidates(connection, daily, [origin.id], noon + HOUR)
    assert {1: None, 2: 2, 3: 1} == {each.candidate.id: each.candidate.position for each in found}


def test_a_list_that_did_not_change_keeps_its_places(
    database: Database, daily: Newsletter, noon: datetime
) -> None:
    """A source that answers "not modified" lists still what it listed."""
    with database.transaction() as connection:
        origin = a_source(connection)
        listed = [an_article(1, published_at=noon - HOUR), an_article(2, published_at=noon)]
        publish(connection, origin, listed, noon)
        keep_sightings(connection, origin.id, noon + HOUR)
        connection.execute(sa.update(source).values(succeeded_at=noon + HOUR))
        found = candidates(connection, daily, [origin.id], noon + HOUR)
    assert {1: 1, 2: 2} == {each.candidate.id: each.candidate.position for each in found}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("The Harbour Post", {"url": "https://www.paper.example/feed", "title": "The Harbour Post"}),
        ("paper.example", {"url": "https://www.paper.example:8443/feed?x=1"}),
        ("paper.example", {"url": "http://paper.example"}),
        ("paper.example", {"url": "file:///feeds/paper.xml"}),
        ("paper.example", {"url": "push:cms", "kind": "push"}),
    ],
)
def test_a_source_has_a_name_a_reader_can_use(
    database: Database, daily: Newsletter, noon: datetime, name: str, told: dict[str, str]
) -> None:
    """Its title, else its host without www, else its address."""
    with database.transaction() as connection:
        origin = a_source(connection)
        publish(connection, origin, [an_article(1)], noon)
        connection.execute(sa.update(source).values(told))
        (found,) = candidates(connection, daily, [origin.id], noon)
    assert name == found.candidate.source


def test_ranking_learns_what_the_source_said(database: Database, daily: Newsletter, noon: datetime) -> None:
    """Votes, comments, section and both dates reach the ranking as they came; unknown stays unknown."""
    with database.transaction() as connection:
        origin = a_source(connection, genre=Genre.BLOG)
        known = an_article(1, votes=7, comments=0, section="City", published_at=noon - HOUR)
        publish(connection, origin, [known, an_article(2)], noon)
        found = {each.candidate.id: each for each in candidates(connection, daily, [origin.id], noon)}
    first, second = found[1].candidate, found[2].candidate
    assert (7, 0, "City", noon - HOUR, noon) == (
        first.votes,
        first.comments,
        first.section,
        first.published_at,
        first.first_seen_at,
    )
    assert (None, None, None) == (second.votes, second.comments, second.published_at)
    assert Genre.BLOG is found[1].genre


def test_the_genre_is_the_newsletters_own(database: Database, daily: Newsletter, noon: datetime) -> None:
    """An article stands in the part that this newsletter says, from the next edition on and in no other's."""
    chosen = NewsletterSettings(slug="evening", name="E", publisher="P", sender_address="e@paper.example")
    with database.transaction() as connection:
        origin = a_source(connection, daily.id)
        publish(connection, origin, [an_article(1)], noon)
        evening = add_newsletter(connection, chosen)
        attach_source(connection, evening.id, origin.id, Genre.BLOG)
        genres = [candidates(connection, each, [origin.id], noon)[0].genre for each in (daily, evening)]
        assert [Genre.NEWS, Genre.BLOG] == genres


def test_coverage_counts_sources_not_articles(database: Database, daily: Newsletter, noon: datetime) -> None:
    """A source that writes about an event three times is one source."""
    title = "Old ferry terminal becomes a library"
    with database.transaction() as connection:
        paper, radio = a_source(connection), a_source(connection, name="radio")
        publish(connection, paper, [an_article(number, title=title) for number in (1, 2, 3)], noon)
        publish(connection, radio, [an_article(4, title=title), an_article(5)], noon)
        found = {
            each.candidate.id: each.candidate for each in candidates(connection, daily, [paper.id, radio.id], noon)
        }
    assert {1: 2, 2: 2, 3: 2, 4: 2, 5: 1} == {number: each.coverage for number, each in found.items()}
    assert 2 == len({each.story for each in found.values()})


def test_what_no_window_reaches_is_not_read(database: Database, daily: Newsletter, noon: datetime) -> None:
    """Unsent articles of weeks ago would be grouped with today's each time; a pin still finds one."""
    old = noon - timedelta(days=20)
    with database.transaction() as connection:
        origin = a_source(connection, daily.id)
        publish(connection, origin, [an_article(1, published_at=old), an_article(2, published_at=old)], old)
        publish(connection, origin, [an_article(3, published_at=noon - HOUR)], noon)
        everything = Asked(daily, [origin.id], noon)
        windowed = replace(everything, window=24 * HOUR)
        pinned = replace(windowed, marks={1: Mark(pin=1), 2: Mark(boost=5)})
        found = [
            {each.candidate.id for each in find_candidates(connection, asked)}
            for asked in (everything, windowed, pinned)
        ]
    assert [{1, 2, 3}, {3}, {1, 3}] == found
