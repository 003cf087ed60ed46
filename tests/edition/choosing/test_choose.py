"""From what is stored to what is chosen: the window, the widening and the two parts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.edition.choosing.candidates import Asked, find_candidates, in_window
from newsletter.edition.choosing.choose import Choice, Reach, choose
from newsletter.gather.article import Genre
from newsletter.gather.polling.sources import source_ids_of
from newsletter.publication.newsletters import Newsletter
from tests.publication.newsroom import a_source, an_article, publish

HOUR = timedelta(hours=1)


class Newsroom:
    """One newsletter's sources, and the choice it would make now."""

    def __init__(self, connection: sa.Connection, newsletter: Newsletter, now: datetime) -> None:
        self.connection, self.newsletter, self.now = connection, newsletter, now

    def lists(
        self, *articles: Any, source: str = "paper", genre: Genre = Genre.NEWS, ago: timedelta = HOUR
    ) -> None:
        origin = a_source(self.connection, self.newsletter.id, source, genre)
        publish(self.connection, origin, articles, self.now - ago)

    def choose(self, *, may_widen: bool = False, **settings: Any) -> Choice:
        newsletter = replace(self.newsletter, **settings)
        source_ids = source_ids_of(self.connection, newsletter.id)
        found = find_candidates(self.connection, Asked(newsletter, source_ids, self.now))
        reach = Reach(timedelta(hours=newsletter.window_hours), may_widen)
        return choose(found, newsletter, self.now, reach)

    def titles(self, *, may_widen: bool = False, **settings: Any) -> list[str]:
        return [each.title for each in self.choose(may_widen=may_widen, **settings).selection.articles]


@pytest.fixture
def newsroom(database: Database, daily: Newsletter, noon: datetime) -> Iterator[Newsroom]:
    """Give the newsroom of the usual newsletter."""
    with database.transaction() as connection:
        yield Newsroom(connection, daily, noon)


@pytest.mark.parametrize(
    ("is_new", "published", "seen"),
    [
        (True, timedelta(hours=24), timedelta(hours=24)),
        (False, timedelta(hours=24, seconds=1), timedelta(hours=24, seconds=1)),
        (True, timedelta(hours=47), timedelta(hours=1)),
        (True, timedelta(hours=48), timedelta(hours=24)),
        (False, timedelta(hours=49), timedelta(hours=1)),
        (False, timedelta(hours=30), timedelta(hours=25)),
        (True, None, timedelta(hours=24)),
        (False, None, timedelta(hours=25)),
    ],
)
def test_the_window(newsroom: Newsroom, is_new: bool, published: timedelta | None, seen: timedelta) -> None:
    """The date counts, for what was found late up to two days, and the finding where there is none."""
    date = None if published is None else newsroom.now - published
    newsroom.lists(an_article(1, published_at=date), ago=seen)
    source_ids = source_ids_of(newsroom.connection, newsroom.newsletter.id)
    found = find_candidates(newsroom.connection, Asked(newsroom.newsletter, source_ids, newsroom.now))
    assert is_new == bool(in_window(found, timedelta(hours=24), newsroom.now, timedelta(hours=48)))


def test_an_article_of_the_future_waits_for_its_date(newsroom: Newsroom) -> None:
    """What a source dates ahead is not news yet, however far the window reaches."""
    newsroom.lists(an_article(1, published_at=newsroom.now + timedelta(minutes=1)))
    assert [] == newsroom.titles(may_widen=True)
    newsroom.now += timedelta(minutes=1)
    assert ["Headline1"] == newsroom.titles()


def test_a_thin_first_edition_reaches_back(newsroom: Newsroom) -> None:
    """It reaches back just as far as it must, and says so."""
    ages = {1: 1, 2: 30, 3: 47, 4: 100, 5: 2000}
    for number, age in sorted(ages.items(), reverse=True):
        newsroom.lists(an_article(number, published_at=newsroom.now - age * HOUR), ago=age * HOUR)
    assert ["Headline1"] == newsroom.titles(max_per_source=9)
    choice = newsroom.choose(may_widen=True, max_per_source=9)
    assert ["Headline1", "Headline2", "Headline3"] == sorted(each.title for each in choice.selection.articles)
    assert ("Too little was published in 24 h, so 48 h counts.",) == choice.notes
    wider = newsroom.choose(may_widen=True, max_per_source=9, min_articles=4)
    assert ("Too little was published in 24 h, so 168 h counts.",) == wider.notes
    widest = newsroom.choose(may_widen=True, max_per_source=9, min_articles=5)
    assert ("Too little was published in 24 h, so everything there is counts.",) == widest.notes
    assert 5 == len(widest.selection.articles)


def test_a_full_first_edition_does_not_reach_back(newsroom: Newsroom) -> None:
    """With enough in the window nothing older is taken, though it might be."""
    newsroom.lists(*(an_article(number, published_at=newsroom.now - HOUR) for number in (1, 2, 3)))
    newsroom.lists(an_article(4, published_at=newsroom.now - 40 * HOUR), source="radio", ago=40 * HOUR)
    choice = newsroom.choose(may_widen=True)
    assert ((), 3) == (choice.notes, len(choice.selection.articles))


def test_reaching_back_in_vain_is_not_told(newsroom: Newsroom) -> None:
    """A note says what was done; a search that found nothing more did nothing."""
    newsroom.lists(an_article(1, published_at=newsroom.now - HOUR))
    assert () == newsroom.choose(may_widen=True).notes


def test_each_part_has_its_own_size_and_genre(newsroom: Newsroom) -> None:
    """Blog posts never stand among the top stories, nor take their places."""
    newsroom.lists(*(an_article(number, published_at=newsroom.now - HOUR) for number in range(1, 6)))
    newsroom.lists(
        *(an_article(number, published_at=newsroom.now - HOUR) for number in range(6, 11)),
        source="blog",
        genre=Genre.BLOG,
    )
    selection = newsroom.choose(top_stories=3, blog_posts=2).selection
    assert (3, 2) == (len(selection.top_stories), len(selection.blog_posts))
    assert {each.article_id for each in selection.top_stories} <= set(range(1, 6))
    assert {each.article_id for each in selection.blog_posts} <= set(range(6, 11))
    assert () == newsroom.choose(blog_posts=0).selection.blog_posts


def test_the_chosen_carry_their_facts(newsroom: Newsroom) -> None:
    """Everything that the mail shows comes from the article's own row and the ranking."""
    article = an_article(
        1,
        published_at=newsroom.now - 5 * HOUR,
        summary="The council voted.",
        section="City",
        author="Mara",
        image_url="https://paper.example/1.jpg",
        image_alt="The bay",
        language="en",
        votes=132,
    )
    newsroom.lists(article)
    (chosen,) = newsroom.choose().selection.top_stories
    for name in ("title", "url", "summary", "section", "author", "image_url", "image_alt", "language", "votes"):
        assert getattr(article, name) == getattr(chosen, name)
    assert (article.published_at, "paper.example") == (chosen.published_at, chosen.source)
    assert "132 votes in 5 h" in chosen.why
    assert chosen.points == pytest.approx(sum(chosen.parts.values()), abs=0.001)


def test_a_story_is_chosen_once_and_names_its_other_sources(newsroom: Newsroom) -> None:
    """Two sources on one event give one place, and the other source beside it."""
    title = "Old ferry terminal becomes a library"
    newsroom.lists(an_article(1, title=title, published_at=newsroom.now - HOUR))
    newsroom.lists(
        an_article(2, title=f"{title} today", published_at=newsroom.now - HOUR),
        an_article(3, published_at=newsroom.now - HOUR),
        source="radio",
    )
    chosen = newsroom.choose().selection.articles
    (told,) = [each for each in chosen if "ferry" in each.title]
    assert 2 == len(chosen)
    (other,) = told.also_in
    assert {"paper.example", "radio.example"} == {told.source, other.source}
    assert other.url != told.url
    assert "in 2 sources" in told.why


def test_choosing_twice_is_choosing_the_same(newsroom: Newsroom) -> None:
    """A rerun over the same rows gives the same selection."""
    for source in ("paper", "radio", "post"):
        first = 10 * len(source)
        newsroom.lists(
            *(an_article(first + each, published_at=newsroom.now - each * HOUR) for each in range(8)),
            source=source,
        )
    assert newsroom.choose() == newsroom.choose()
