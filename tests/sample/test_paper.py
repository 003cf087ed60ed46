"""The day's paper changes daily, its dates never."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.article import Genre
from newsletter.sample.paper import find, in_blogs, in_news, in_section, on_show, paper_of, published

DAY = timedelta(days=1)
days = st.dates(date(2020, 1, 1), date(2100, 1, 1))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 — hypothesis wants bounds without a zone


@given(days)
def test_consecutive_days_share_no_article(day: date) -> None:
    """Tomorrow's paper repeats nothing of today's."""
    assert set(paper_of(day)).isdisjoint(paper_of(day + DAY))


@given(days)
def test_each_paper_is_full(day: date) -> None:
    """Each paper has a dozen news articles or more from at least five sections, and four blog articles."""
    paper = paper_of(day)
    news = [article for article in paper if article.genre == Genre.NEWS]
    assert len(news) >= 12
    assert len({article.section for article in news}) >= 5
    assert len(paper) - len(news) >= 4


@given(moments)
def test_all_that_is_shown_is_from_the_last_24_hours(now: datetime) -> None:
    """No date lies in the future or more than a day back, at any time of any day."""
    for one in on_show(now):
        assert now - DAY < one.published_at <= now


@given(moments)
def test_each_place_is_filled_at_any_time(now: datetime) -> None:
    """Whenever somebody looks there is one article in each place, in the editors' order."""
    assert [one.article.place for one in on_show(now)] == list(range(1, 19))


@given(moments, st.timedeltas(timedelta(0), DAY))
def test_dates_never_move(now: datetime, later: timedelta) -> None:
    """An article that is still on show later has the same date, address and guid."""
    before = {one.article.slug: one for one in on_show(now)}
    for one in on_show(now + later):
        known = before.get(one.article.slug)
        if known is not None and later < DAY:
            assert (known.published_at, known.path, known.guid) == (one.published_at, one.path, one.guid)


@given(moments)
def test_a_day_later_everything_is_new(now: datetime) -> None:
    """Looking at the same time each day, a reader never sees an address twice."""
    today, tomorrow = on_show(now), on_show(now + DAY)
    assert {one.path for one in today}.isdisjoint(one.path for one in tomorrow)
    assert {one.guid for one in today}.isdisjoint(one.guid for one in tomorrow)


@given(moments, st.timedeltas(timedelta(0), timedelta(days=3000)))
def test_old_addresses_still_lead_to_the_article(now: datetime, later: timedelta) -> None:
    """Every address that was ever shown is found again, however late."""
    for one in on_show(now):
        found = find(one.path, now + later)
        assert found is not None
        assert (one.guid, one.published_at) == (found.guid, found.published_at)


def test_the_path_carries_the_day() -> None:
    """An address names the genre, the day and the slug."""
    shown = on_show(datetime(2026, 11, 22, 23, 59, tzinfo=UTC))
    assert shown[0].path == f"/news/2026/11/22/{shown[0].article.slug}"


def test_an_article_is_not_found_before_it_is_out() -> None:
    """Nobody can read tomorrow's paper today."""
    one = on_show(datetime(2026, 11, 22, 23, 59, tzinfo=UTC))[0]
    assert find(one.path, one.published_at - timedelta(seconds=1)) is None
    assert find(one.path, one.published_at) is not None


@pytest.mark.parametrize(
    "path", ["", "/", "/news/2026/13/40/x", "/news/2026/11/22/x", "/news/2026/11/x/y", "/a/b"]
)
def test_other_paths_lead_nowhere(path: str) -> None:
    """A path that names no article of that day gives None."""
    assert find(path, datetime(2026, 11, 23, tzinfo=UTC)) is None


@given(moments)
def test_the_feeds_share_out_the_paper(now: datetime) -> None:
    """Each article is in a feed, and only the events stand in two."""
    shown = on_show(now)
    region, world, news = in_section(shown, "Region"), in_section(shown, "World"), in_news(shown)
    assert {*news, *region, *world, *in_blogs(shown)} == set(shown)
    assert all(one.article.event for one in {*news} & {*region, *world})
    assert (len(region), len(world), len(in_blogs(shown))) == (3, 3, 4)


def test_votes_come_in_over_hours() -> None:
    """An article has few votes when it comes out, more later, and never fewer than before."""
    day = date(2026, 3, 2)
    one = next(one for one in (published(article, day) for article in paper_of(day)) if one.article.votes > 20)
    counts = []
    for hours in (0, 1, 4, 12, 23):
        seen = find(one.path, one.published_at + timedelta(hours=hours))
        assert seen is not None
        counts.append(seen.article.votes)
    assert sorted(counts) == counts
    assert counts[0] < one.article.votes / 4
    assert counts[-1] > one.article.votes * 0.9
