"""A newsroom for tests: sources and what they list, stored the way a poll stores them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.gather.article import Article, Genre
from newsletter.gather.memory.store import store_articles
from newsletter.gather.polling.settle import is_dated_order
from newsletter.gather.polling.sources import (
    Poll,
    Source,
    attach_source,
    lease_source,
    list_sources,
    put_source,
    record_poll,
)
from newsletter.gather.tables import PollOutcome, SourceKind


def an_article(number: int, **facts: Any) -> Article:
    """Return an article whose headline shares no word with another number's."""
    url = f"https://paper.example/{number}"
    return Article(**{"title": f"Headline{number}", "url": url, "guid": url, "position": number, **facts})


def a_source(
    connection: sa.Connection, newsletter_id: int | None = None, name: str = "paper", genre: Genre = Genre.NEWS
) -> Source:
    """Add a source, to a newsletter if one is named."""
    source_id = put_source(connection, f"https://{name}.example/feed", SourceKind.FEED, genre)
    if newsletter_id is not None:
        attach_source(connection, newsletter_id, source_id)
    (source,) = list_sources(connection, [source_id])
    return source


def publish(
    connection: sa.Connection, source: Source, articles: Iterable[Article], at: datetime
) -> tuple[int, int]:
    """Let a source list these articles at a moment; return how many it lists and how many are new."""
    listed = tuple(articles)
    leased = lease_source(connection, source.id, at, at)
    assert leased
    counts = store_articles(connection, leased, listed, at)
    done = Poll(source.id, at, at, PollOutcome.OK, *counts)
    record_poll(connection, done, timedelta(minutes=20), is_dated_order=is_dated_order(listed))
    return counts
