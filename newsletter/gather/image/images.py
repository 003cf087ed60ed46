"""Articles' images, fetched once each and kept, so that a mail never shows what a site put there since.

Only those of articles that were chosen are fetched: some ten a day, not each of two thousand.
"""

import hashlib
import re
import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter import log
from newsletter.db import Database
from newsletter.errors import FetchError, NotFoundError
from newsletter.gather.http.fetch import AnswerError, fetch
from newsletter.gather.http.network import FetchPolicy
from newsletter.gather.image.picture import Picture, UnfitImageError, recode
from newsletter.gather.memory.bulk import lock_articles
from newsletter.gather.tables import ImageState, article, image

LARGEST_FILE = 8_000_000
PATIENCE = timedelta(seconds=8)
MOST_ATTEMPTS = 4
_AT_ONCE = 4
_AGAIN = timedelta(minutes=10)
_ITS_OWN_FAULT = frozenset(range(400, 500)) - {408, 425, 429}
"""Answers that stay as they are; the others say "later"."""

_FILE = re.compile(r"([0-9a-f]{24})(-large)?\.jpg")
_log = log.get("gather")


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image that can be shown: its name on our host, and its size in pixels at the large size."""

    name: str
    width: int
    height: int

    def address(self, public_url: str, *, large: bool = False) -> str:
        """Return where readers find it; it never changes what it shows."""
        return f"{public_url.rstrip('/')}/image/{self.name}{'-large' if large else ''}.jpg"


def fetch_images(
    database: Database, article_ids: Collection[int], policy: FetchPolicy, clock: Callable[[], datetime]
) -> None:
    """Fetch the images of these articles that nobody has fetched yet, and join them to their articles.

    Never raises for what a site does: what cannot be fetched is tried again another time, and four times at most.
    """
    with database.transaction() as connection:
        owed = _owed(connection, article_ids, clock())
    patient = replace(policy, timeout=min(policy.timeout, PATIENCE), max_bytes=LARGEST_FILE)
    turn = threading.Lock()
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        results = list(threads.map(lambda url: _fetched(url, patient, turn), owed))
    with database.transaction() as connection:
        for url, result in zip(owed, results, strict=True):
            _record(connection, url, result, clock())
        _join(connection, article_ids)


def images_of(connection: sa.Connection, article_ids: Collection[int]) -> dict[int, StoredImage]:
    """Return the image of each of these articles that has one to show, by the article's id."""
    query = (
        sa.select(article.c.id, image.c.name, image.c.width, image.c.height)
        .join(image, image.c.id == article.c.image_id)
        # An article may have changed its image since the last was fetched.
        .where(image.c.url == article.c.image_url, image.c.state == ImageState.READY)
        .where(article.c.id.in_(article_ids))
    )
    return {row.id: StoredImage(row.name, row.width, row.height) for row in connection.execute(query)}


def read_image(connection: sa.Connection, file: str) -> bytes:
    """Return a stored JPEG by the last part of its address. Raises NotFoundError."""
    found = _FILE.fullmatch(file)
    content = None
    if found:
        column = image.c.large if found[2] else image.c.small
        content = connection.execute(sa.select(column).where(image.c.name == found[1])).scalar_one_or_none()
    if content is None:
        raise NotFoundError("There is no such image.", "Copy the whole address.")
    return bytes(content)


def size_of(connection: sa.Connection, file: str) -> tuple[int, int] | None:
    """Return width and height in pixels of a stored JPEG by the last part of its address; None where unknown."""
    found = _FILE.fullmatch(file)
    columns = image.c.width, image.c.height
    row = connection.execute(sa.select(*columns).where(image.c.name == found[1])).one_or_none() if found else None
    return (row.width, row.height) if row and row.width and row.height else None


def _owed(connection: sa.Connection, article_ids: Collection[int], now: datetime) -> list[str]:
    has_image = sa.and_(article.c.id.in_(article_ids), article.c.image_url != "")
    wanted = sa.select(article.c.image_url).distinct().where(has_image)
    new = wanted.add_columns(sa.literal(now))
    # In the order of their addresses: two editions with the same images must not wait for each other in a circle.
    ordered = new.order_by(article.c.image_url)
    connection.execute(insert(image).from_select(["url", "due_at"], ordered).on_conflict_do_nothing())
    query = sa.select(image.c.url).where(
        image.c.url.in_(wanted), image.c.state == ImageState.PENDING, image.c.due_at <= now
    )
    return list(connection.execute(query.order_by(image.c.id)).scalars())


def _fetched(url: str, policy: FetchPolicy, turn: threading.Lock) -> Picture | UnfitImageError | FetchError:
    try:
        content = fetch(url, policy).content
        with turn:  # an image unpacked is a hundred times its file
            return recode(content)
    except (UnfitImageError, FetchError) as error:
        return error


def _record(
    connection: sa.Connection, url: str, result: Picture | UnfitImageError | FetchError, now: datetime
) -> None:
    change = sa.update(image).where(image.c.url == url, image.c.state == ImageState.PENDING)
    if isinstance(result, Picture):
        named = hashlib.blake2b(url.encode() + result.large, digest_size=12).hexdigest()
        facts = {name: getattr(result, name) for name in Picture.__dataclass_fields__}
        change = change.values(state=ImageState.READY, name=named, fetched_at=now, error="", **facts)
    elif isinstance(result, UnfitImageError) or (
        isinstance(result, AnswerError) and result.answered in _ITS_OWN_FAULT
    ):
        change = change.values(state=ImageState.REFUSED, error=str(result), fetched_at=now)
        _log.info("image_refused", url=url, error=str(result))
    else:
        attempts = image.c.attempts + 1
        state = sa.case((attempts >= MOST_ATTEMPTS, ImageState.REFUSED), else_=ImageState.PENDING)
        wait = _AGAIN * sa.func.power(2, image.c.attempts)
        change = change.values(state=state, attempts=attempts, error=str(result), due_at=now + wait)
        _log.info("image_failed", url=url, error=str(result))
    connection.execute(change)


def _join(connection: sa.Connection, article_ids: Collection[int]) -> None:
    lock_articles(connection, article.c.id.in_(article_ids))
    connection.execute(
        sa.update(article)
        .where(article.c.id.in_(article_ids), article.c.image_url == image.c.url)
        .values(image_id=image.c.id)
    )
