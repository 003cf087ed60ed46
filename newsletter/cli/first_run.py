"""The first minutes of an empty database: a newsletter to look at, and readers whose mail stays here."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

import sqlalchemy as sa

from newsletter.config import Settings
from newsletter.errors import NotFoundError
from newsletter.gather.polling.sources import attach_source, put_source
from newsletter.gather.tables import SourceKind, source
from newsletter.publication.newsletters import (
    Newsletter,
    NewsletterSettings,
    add_newsletter,
    get_newsletter,
    list_newsletters,
)
from newsletter.publication.rules import LONGEST_NAME, is_web_address
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import add_reader
from newsletter.sample import identity

DEFAULT_SLUG = "daily"
SAMPLE_READERS = ("ann", "bashir", "chloe", "david", "elif")


def find_or_seed(
    connection: sa.Connection, slug: str, feeds: Sequence[str], settings: Settings
) -> tuple[Newsletter, bool]:
    """Return the newsletter and whether it is new: on a database without any, it is made from feeds or sample.

    Raises NotFoundError when there are newsletters but not this one.
    """
    try:
        return get_newsletter(connection, slug), False
    except NotFoundError:
        if list_newsletters(connection):
            raise
    newsletter = _seed_plain(connection, slug, feeds) if feeds else _seed_sample(connection, slug, settings)
    return newsletter, True


def add_sample_readers(connection: sa.Connection, newsletter_id: int, settings: Settings, now: datetime) -> None:
    """Give a new newsletter a few readers, where their mail stays on this machine."""
    if settings.mailbox_dir:
        for name in SAMPLE_READERS:
            add_reader(connection, newsletter_id, f"{name}@example.org", Origin("sample"), now)


def _seed_sample(connection: sa.Connection, slug: str, settings: Settings) -> Newsletter:
    if not settings.sample:
        raise NotFoundError(
            f"There is no newsletter {slug!r}, nor any other.",
            "Add one: `newsletter newsletters add`, then `newsletter sources add`.",
        )
    site = f"{settings.public_url.rstrip('/')}/sample"
    newsletter = add_newsletter(
        connection,
        NewsletterSettings(
            slug=slug,
            name=identity.NEWSLETTER_NAME,
            publisher=identity.PUBLISHER,
            tagline=identity.TAGLINE,
            postal_address=identity.POSTAL_ADDRESS,
            sender_address="news@example.org",
            site_url=f"{site}/",
        ),
    )
    for each in identity.SAMPLE_SOURCES:
        source_id = put_source(connection, f"{site}{each.path}", SourceKind.FEED, each.genre)
        attach_source(connection, newsletter.id, source_id, each.genre)
    return newsletter


def follow_site(connection: sa.Connection, settings: Settings) -> None:
    """Let the sample publication's sources follow our own address, which the operator may change."""
    if settings.sample:
        sample_path = sa.func.substring(source.c.url, "(/sample/feeds/.*)$")
        here = settings.public_url.rstrip("/")
        connection.execute(
            sa.update(source)
            .where(sample_path.is_not(None), source.c.url != here + sample_path)
            .values(url=here + sample_path)
        )


def _seed_plain(connection: sa.Connection, slug: str, feeds: Sequence[str]) -> Newsletter:
    host = urlsplit(feeds[0]).hostname if is_web_address(feeds[0]) else None
    publisher = host if host and len(host) <= LONGEST_NAME else "Your newsroom"
    return add_newsletter(
        connection,
        NewsletterSettings(
            slug=slug, name="Daily top stories", publisher=publisher, sender_address="news@example.org"
        ),
    )
