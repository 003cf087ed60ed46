"""The edition that the benchmark sends, made by the product's own steps from the sample publication's articles.

Nothing of it is invented for speed: the articles are polled from a file as from any source, chosen, rendered with
the templates and inlined as on any day. Only the readers are put in by one statement, because a million of them
would have to confirm otherwise.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from newsletter.delivery.tables import delivery
from newsletter.edition import store
from newsletter.edition.plan import EditionRequest
from newsletter.edition.rendering.slots import Slot, segments
from newsletter.edition.states import EditionState
from newsletter.errors import ContentError
from newsletter.gather.polling.poll import poll_source
from newsletter.gather.polling.sources import attach_source, put_source
from newsletter.gather.tables import ImageState, SourceKind, article, image
from newsletter.preflight.store import save_check
from newsletter.publication.newsletters import NewsletterSettings, add_newsletter
from newsletter.readers.tables import SubscriptionState
from newsletter.sample import identity
from newsletter.sample.article import SampleArticle, all_articles
from newsletter.schedule.advance import advance
from newsletter.schedule.request import request_edition
from newsletter.services import Services

ARTICLES = 25
"""Articles of the edition: one counted link in either part each, and 57 kB in all."""

_SUMMARISED = 18
"""So many have a summary; those after them are headlines alone."""

_IN_HEADERS = 7
"""To, List-Unsubscribe, Message-ID, and the boundary, which is named once and stands three times.

Where mail comes back to us, List-Unsubscribe has a second one.
"""

_SITE = "https://www.lantern.example"
_NEWSLETTER = NewsletterSettings(
    slug="daily",
    name=identity.NEWSLETTER_NAME,
    publisher=identity.PUBLISHER,
    sender_address="news@lantern.example",
    tagline=identity.TAGLINE,
    postal_address=identity.POSTAL_ADDRESS,
    site_url=f"{_SITE}/",
    scheduled=False,
    top_stories=ARTICLES,
    blog_posts=0,
    max_per_source=ARTICLES,
    # Every article has a place, whatever is thought of its likeness to others.
    story_cut=1.0,
    section_share=100,
    track_clicks=True,
)
_READERS = sa.text(
    """
    WITH address AS (
        SELECT format('reader.%s@mail%s.example', to_char(number, 'FM0000000'), to_char(number % 50, 'FM00')) AS it
        FROM generate_series(1, :readers) AS number
    ), reader AS (
        INSERT INTO subscriber (address, canonical_address) SELECT it, it FROM address RETURNING id
    )
    INSERT INTO subscription (subscriber_id, newsletter_id, state, requested_at, confirmed_at)
    SELECT id, :newsletter_id, :state, now(), now() FROM reader
    """
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A newsletter, and its edition that is ready to be sent."""

    newsletter_id: int
    edition_id: int


def _illustrate(connection: sa.Connection) -> None:
    """Let every article have its image, as if it had been fetched: a mail shows where it is, and not what."""
    name = sa.func.left(sa.func.md5(article.c.image_url), 24)
    urls = sa.select(article.c.image_url, sa.literal(ImageState.READY), name).where(article.c.image_url != "")
    connection.execute(sa.insert(image).from_select(["url", "state", "name"], urls.distinct()))
    connection.execute(sa.update(article).where(article.c.image_url == image.c.url).values(image_id=image.c.id))


def set_stage(services: Services, folder: Path, now: datetime) -> Stage:
    """Make the newsletter and bring its edition to ready. Raises ContentError where it cannot be made."""
    feed = folder / "feed.json"
    feed.write_text(feed_of(_one_an_event(all_articles())[:ARTICLES]))
    with services.database.transaction() as connection:
        newsletter = add_newsletter(connection, _NEWSLETTER)
        source_id = put_source(connection, feed.as_uri(), SourceKind.FILE)
        attach_source(connection, newsletter.id, source_id)
        request = EditionRequest(newsletter.id, now.date(), now, "benchmark", sends_when_ready=False)
        edition_id = request_edition(connection, request, now).edition_id
        advance(connection, edition_id, services.workshop, services.pace, now)
    poll_source(services.database, source_id, services.manners, lambda: now)
    with services.database.transaction() as connection:
        _illustrate(connection)
        # Without the last look: nothing here asks the network.
        advance(connection, edition_id, services.workshop, replace(services.pace, recheck_limit=timedelta(0)), now)
        edition = store.get_edition(connection, edition_id)
    if edition.state is not EditionState.READY:
        raise ContentError(
            f"The benchmark's edition is {edition.state}: {edition.reason}", "Its templates must be usable."
        )
    with services.database.transaction() as connection:
        # What a sending costs is measured: the check before it asks the network for addresses that there are not.
        save_check(connection, edition, (), now)
    return Stage(newsletter.id, edition_id)


def seat_readers(services: Services, stage: Stage, readers: int) -> None:
    """Subscribe this many readers, active at once, and let PostgreSQL look at its tables as it would by itself."""
    with services.database.transaction() as connection:
        given = {"newsletter_id": stage.newsletter_id, "readers": readers, "state": SubscriptionState.ACTIVE}
        connection.execute(_READERS, given)
    with services.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE subscriber, subscription"))


def outcomes(services: Services, stage: Stage) -> dict[str, int]:
    """Return how many deliveries of the edition are in each state, counted from their rows."""
    query = (
        sa.select(delivery.c.state, sa.func.count())
        .where(delivery.c.edition_id == stage.edition_id)
        .group_by(delivery.c.state)
    )
    with services.database.transaction() as connection:
        return {str(state): int(count) for state, count in connection.execute(query)}


def personal_slots(services: Services, stage: Stage) -> int:
    """Return how many places of a message are filled in for its reader: in headers, boundaries and both parts."""
    with services.database.transaction() as connection:
        content = store.get_content(connection, stage.edition_id)
    pieces = [*segments(content.text, content.marker), *segments(content.html, content.marker)]
    in_headers = _IN_HEADERS + bool(services.post.inbound_domain)
    return in_headers + sum(isinstance(piece, Slot) for piece in pieces)


def _one_an_event(articles: Iterable[SampleArticle]) -> list[SampleArticle]:
    """Leave out what the edition would only name beside another article about the same event."""
    return list({article.event or article.slug: article for article in articles}.values())


def feed_of(articles: Sequence[SampleArticle]) -> str:
    """Return a feed (JSON Feed 1.1) of these articles: no dates, so that it is the same on every day."""
    written = [
        {
            "id": each.slug,
            "url": f"{_SITE}/{each.genre}/{each.slug}",
            "title": each.headline,
            "summary": each.summary if place < _SUMMARISED else "",
        }
        for place, each in enumerate(articles)
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": identity.PUBLISHER, "items": written}
    return json.dumps(feed, ensure_ascii=False)
