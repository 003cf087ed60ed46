"""The publication's four feeds, one in each format that news sites use.

RSS 2.0, Atom (RFC 4287) and RSS 1.0 are templates that escape everything put into them; JSON Feed 1.1 is JSON.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from jinja2 import Environment

from newsletter.sample.identity import DESCRIPTION, LANGUAGE, SAMPLE_SOURCES
from newsletter.sample.paper import PublishedArticle, in_blogs, in_news, in_section

_NEWS, _REGION, _WORLD, _BLOG = SAMPLE_SOURCES
MEDIA_TYPES = {
    _NEWS.path: "application/rss+xml",
    _REGION.path: "application/atom+xml",
    _WORLD.path: "application/rdf+xml",
    _BLOG.path: "application/feed+json",
}


def rfc822(moment: datetime) -> str:
    """Write a date as RSS 2.0 wants it."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def rfc3339(moment: datetime) -> str:
    """Write a date as Atom and JSON Feed want it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def newest(articles: Sequence[PublishedArticle]) -> datetime:
    """Return when the latest of the articles came out; our layout leaves no feed empty."""
    return max(one.published_at for one in articles)


def articles_in(path: str, shown: tuple[PublishedArticle, ...]) -> tuple[PublishedArticle, ...]:
    """Return what the feed at a path carries, out of all that is on show."""
    if path == _NEWS.path:
        return in_news(shown)
    return (
        in_blogs(shown) if path == _BLOG.path else in_section(shown, "Region" if path == _REGION.path else "World")
    )


def render(path: str, shown: tuple[PublishedArticle, ...], templates: Environment) -> str:
    """Return the text of the feed at a path; ``templates`` knows ``base_url``."""
    source = next(one for one in SAMPLE_SOURCES if one.path == path)
    articles = articles_in(path, shown)
    if path == _BLOG.path:
        return _json_feed(source.title, articles, str(templates.globals["base_url"]))
    template = templates.get_template(f"sample{path}")
    return template.render(source=source, articles=articles, changed_at=newest(articles))


def _json_feed(title: str, articles: Sequence[PublishedArticle], base_url: str) -> str:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title,
        "description": DESCRIPTION,
        "home_page_url": f"{base_url}/",
        "feed_url": base_url + _BLOG.path,
        "language": LANGUAGE,
        "items": [_json_article(one, base_url) for one in articles],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


def _json_article(one: PublishedArticle, base_url: str) -> dict[str, object]:
    article = one.article
    return {
        "id": one.guid,
        "url": base_url + one.path,
        "title": article.headline,
        "summary": article.summary,
        "content_text": "\n\n".join(paragraph.text for paragraph in article.paragraphs),
        "image": f"{base_url}/pictures/{article.picture.name}.jpg",
        "date_published": rfc3339(one.published_at),
        "authors": [{"name": article.author}],
        "tags": [article.section],
        "language": LANGUAGE,
        "_newsletter": {"votes": article.votes, "comments": article.comments},
    }
