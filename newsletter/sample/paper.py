"""Which articles are out, and since when.

Every day has a paper of its own: the articles of even and of odd days take turns. An article of a day comes out
at a fixed minute of that day (UTC) and stays on show for exactly 24 hours. The two papers are laid out alike,
place by place, so whenever somebody looks, each place holds one article: today's if it is out already, else
yesterday's. Nothing on show is ever from the future or older than a day, and no date ever moves. Votes and
comments come in over hours, as they do on a real site.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from newsletter.gather.article import Genre
from newsletter.sample.article import SampleArticle, all_articles

_A_DAY = timedelta(days=1)
_HALF_OF_VOTES = timedelta(hours=4)
_JUST_OUT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class PublishedArticle:
    """An article in the paper of one day."""

    article: SampleArticle
    published_at: datetime

    @property
    def path(self) -> str:
        """Its address below the publication's; it carries the day and so is new whenever the article returns."""
        return f"/{self.article.genre}/{self.published_at:%Y/%m/%d}/{self.article.slug}"

    @property
    def guid(self) -> str:
        """Its identity in feeds (RFC 4151 tag)."""
        return f"tag:lantern.example,{self.published_at:%Y-%m-%d}:{self.article.slug}"


def paper_of(day: date) -> tuple[SampleArticle, ...]:
    """Return the articles of a day's paper in the editors' order; no article is in two papers running."""
    days = "odd" if day.toordinal() % 2 else "even"
    return tuple(article for article in all_articles() if article.days == days)


def published(article: SampleArticle, day: date) -> PublishedArticle:
    """Date an article of a day's paper."""
    day_ends_at = datetime.combine(day, time(), UTC) + _A_DAY
    return PublishedArticle(article, day_ends_at - timedelta(hours=article.hours_ago))


def on_show(now: datetime) -> tuple[PublishedArticle, ...]:
    """Return all that came out in the 24 hours up to ``now`` (aware), in the editors' order."""
    today = now.astimezone(UTC).date()
    both = [published(article, day) for day in (today, today - _A_DAY) for article in paper_of(day)]
    out = [_counted(one, now) for one in both if now - _A_DAY < one.published_at <= now]
    return tuple(sorted(out, key=lambda one: one.article.place))


def find(path: str, now: datetime) -> PublishedArticle | None:
    """Return the article at a path of the form ``/news/2026/11/22/slug``, however old; None if it is not out."""
    try:
        _, _, year, month, number, slug = path.split("/")
        day = date(int(year), int(month), int(number))
        candidates = [published(article, day) for article in paper_of(day) if article.slug == slug]
    except (ValueError, OverflowError):
        return None
    return next((_counted(one, now) for one in candidates if one.path == path and one.published_at <= now), None)


def _counted(one: PublishedArticle, now: datetime) -> PublishedArticle:
    """Return the article with the votes and comments it had at the full hour; the older page always has all."""
    if one.article.layout == "classic":
        return one
    full_hour = now.replace(minute=0, second=0, microsecond=0)
    age = max(full_hour - one.published_at, _JUST_OUT)
    share = 1 - 2 ** -(age / _HALF_OF_VOTES)
    grown = replace(
        one.article, votes=round(one.article.votes * share), comments=round(one.article.comments * share)
    )
    return replace(one, article=grown)


def in_news(shown: tuple[PublishedArticle, ...]) -> tuple[PublishedArticle, ...]:
    """Return what the news feed carries: the town's own sections, and events that two sections cover."""
    elsewhere = ("Region", "World")
    return tuple(
        one
        for one in shown
        if one.article.genre == Genre.NEWS and (one.article.section not in elsewhere or one.article.event)
    )


def in_section(shown: tuple[PublishedArticle, ...], section: str) -> tuple[PublishedArticle, ...]:
    """Return the articles of one section."""
    return tuple(one for one in shown if one.article.section == section)


def in_blogs(shown: tuple[PublishedArticle, ...]) -> tuple[PublishedArticle, ...]:
    """Return the articles of the bloggers."""
    return tuple(one for one in shown if one.article.genre == Genre.BLOG)
