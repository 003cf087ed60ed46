"""Which of a source's dates count."""

from datetime import datetime, timedelta

import pytest

from newsletter.gather.article import Article
from newsletter.gather.memory.dating import Dates, dates_of

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("ahead", "counts", "held"),
    [
        (-3 * HOUR, -3 * HOUR, None),
        (5 * HOUR / 60, timedelta(0), None),
        (3 * HOUR, 3 * HOUR, 3 * HOUR),
        (8 * DAY, timedelta(0), None),
        # Midnight is a date without a time: today's, in the east tomorrow's, and one of the past.
        (-12 * HOUR, timedelta(0), None),
        (12 * HOUR, timedelta(0), None),
        (-36 * HOUR, -36 * HOUR, None),
    ],
)
def test_no_article_appears_before_it_has(
    noon: datetime, ahead: timedelta, counts: timedelta, held: timedelta | None
) -> None:
    """A date ahead holds the article back for a week at most; a day alone is the moment first seen on it."""
    dates = dates_of(Article("t", "https://a.example/", "g", published_at=noon + ahead), noon)
    assert dates == Dates(noon + counts, None, None if held is None else noon + held)


def test_a_stated_embargo_is_kept(noon: datetime) -> None:
    """However long, and its end is when the article appears; one that is over is none."""
    article = Article("t", "https://a.example/", "g", published_at=noon - HOUR, embargo_ends_at=noon + 30 * DAY)
    assert dates_of(article, noon) == Dates(noon + 30 * DAY, None, noon + 30 * DAY)
    assert dates_of(article, noon + 31 * DAY) == Dates(noon - HOUR, None, None)


def test_no_article_changes_before_it_has(noon: datetime) -> None:
    """A date of change ahead counts as now, none stays none."""
    article = Article("t", "https://a.example/", "g", updated_at=noon + HOUR)
    assert dates_of(article, noon) == Dates(None, noon, None)
