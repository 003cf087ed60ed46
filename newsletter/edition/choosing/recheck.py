"""The last look: each chosen article's page is asked for once more before the edition is assembled.

A page that is gone takes its article out of the edition, and the next in rank is looked at in its place. A network
that fails takes nothing out. The pictures of what is left are fetched. Nothing is asked for inside a transaction.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter import log
from newsletter.db import Database
from newsletter.edition import store
from newsletter.edition.choosing.candidates import background_of
from newsletter.edition.choosing.decide import Decision, decide
from newsletter.edition.choosing.last_look import Finding, Looked, judge_answer, judge_error, taken_out
from newsletter.edition.choosing.outlook import choose_for
from newsletter.edition.states import EditionState
from newsletter.edition.tables import edition as edition_table
from newsletter.errors import FetchError
from newsletter.gather.http.fetch import Validators, fetch
from newsletter.gather.http.network import FetchPolicy
from newsletter.gather.http.robots import Robots
from newsletter.gather.image.images import fetch_images
from newsletter.gather.story.likeness import Background
from newsletter.gather.tables import SourceKind, article, sighting, source
from newsletter.publication.newsletters import get_newsletter_by_id

_log = log.get("edition")

ROUNDS = 3
"""Times that places are filled anew; whoever stands in them after that is taken as it is."""

PAGE_LIMIT = timedelta(seconds=5)
"""Time for one page, and as much for its site's robots.txt."""

_TOGETHER = 16
"""Pages asked for at the same time."""

_STILL_GOOD = timedelta(minutes=10)
"""A page looked at since then is not asked for again."""


@dataclass(frozen=True, slots=True)
class _Page:
    """A chosen article's page, and what we know of it."""

    article_id: int
    url: str
    title: str
    source_id: int
    reads_pages: bool
    has_page_title: bool
    known: Validators


def recheck(database: Database, edition_id: int, policy: FetchPolicy, clock: Callable[[], datetime]) -> int | None:
    """Look at the pages of what an edition would choose now; return how many articles that took out.

    None where the edition does not wait for it.
    """
    policy = replace(policy, timeout=min(policy.timeout, PAGE_LIMIT))
    robots = Robots(policy, clock)
    looked: dict[int, Looked] = {}
    out: set[int] = set()
    background: Background | None = None
    for _ in range(ROUNDS):
        with database.transaction() as connection:
            edition = store.get_edition(connection, edition_id)
            if edition.state is not EditionState.GATHERING or edition.rechecked_at is not None:
                return None
            background = background or background_of(connection)
            newsletter = get_newsletter_by_id(connection, edition.newsletter_id)
            choice = choose_for(connection, edition, clock(), background)
            chosen = _places(choice.decision)
            pages = _pages(connection, [each for each in chosen if each not in looked], clock() - _STILL_GOOD)
        if not pages:
            break
        with ThreadPoolExecutor(min(_TOGETHER, len(pages))) as pool:
            answers = list(pool.map(lambda page: _look(page, policy, robots), pages))
        looked |= {each.article_id: each for each in answers}
        gone = {number: why for number, why in taken_out(looked.values()).items() if number not in out}
        with database.transaction() as connection:
            _note(connection, pages, answers, gone, clock())
        out |= gone.keys()
        if not gone:
            break
    else:
        # Nothing but what is gone changed since the last choice was made.
        left = [each for each in choice.facts if each.candidate.id not in out]
        chosen = _places(decide(left, newsletter, clock()))
    fetch_images(database, chosen, policy, clock)
    with database.transaction() as connection:
        unmarked = sa.update(edition_table).where(
            edition_table.c.id == edition_id, edition_table.c.state == EditionState.GATHERING
        )
        connection.execute(unmarked.values(rechecked_at=clock()))
    _log.info("edition_rechecked", edition_id=edition_id, pages=len(looked), withdrawn=len(out))
    return len(out)


def _places(decision: Decision) -> list[int]:
    return [each.candidate.id for each in decision.picked]


def _pages(connection: sa.Connection, article_ids: Sequence[int], since: datetime) -> list[_Page]:
    """Return the pages of these articles that were not looked at since a moment; none of a file's articles."""
    query = (
        sa.select(
            *(article.c.id, article.c.url, article.c.title, article.c.page_etag, article.c.page_last_modified),
            sa.func.min(source.c.id),
            sa.func.bool_or(source.c.reads_pages),
            article.c.origins.has_key("title"),
        )
        .join(sighting, sighting.c.article_id == article.c.id)
        .join(source, source.c.id == sighting.c.source_id)
        .where(
            article.c.id.in_(article_ids),
            source.c.kind != SourceKind.FILE,
            article.c.url.regexp_match("^https?://"),
            sa.or_(article.c.page_checked_at.is_(None), article.c.page_checked_at < since),
        )
        .group_by(article.c.id)
        .order_by(article.c.id)
    )
    return [
        _Page(number, url, title, source_id, reads, titled, Validators(etag, modified))
        for number, url, title, etag, modified, source_id, reads, titled in connection.execute(query)
    ]


def _look(page: _Page, policy: FetchPolicy, robots: Robots) -> Looked:
    if not robots.allows(page.url):
        return Looked(page.article_id, page.source_id, Finding.UNHEARD)
    try:
        fetched = fetch(page.url, policy, page.known)
    except FetchError as error:
        return judge_error(page.article_id, page.source_id, error)
    return judge_answer(page.article_id, page.source_id, page.url, fetched)


def _note(
    connection: sa.Connection,
    pages: Iterable[_Page],
    answers: Iterable[Looked],
    gone: dict[int, str],
    now: datetime,
) -> None:
    """Write what was seen: withdrawn, or checked, with the headline where the page's is the one we use."""
    for page, looked in zip(pages, answers, strict=True):
        if looked.finding is not Finding.UNHEARD:
            changes = _changes(page, looked, now)
            connection.execute(sa.update(article).where(article.c.id == page.article_id).values(changes))
    for article_id, why in sorted(gone.items()):
        connection.execute(
            sa.update(article)
            .where(article.c.id == article_id, article.c.withdrawn_at.is_(None))
            .values(withdrawn_at=now, withdrawn_why=why)
        )
        _log.warning("article_withdrawn", article_id=article_id, why=why)


def _changes(page: _Page, looked: Looked, now: datetime) -> dict[str, Any]:
    changes: dict[str, Any] = {"page_checked_at": now}
    if looked.validators is None:
        return changes
    if page.reads_pages:
        # Whoever reads the page's other facts must be given them too, and not be told "not modified".
        changes["page_due_at"] = now
        if page.has_page_title and looked.title and looked.title != page.title:
            changes["title"] = looked.title
        return changes
    return {**changes, "page_etag": looked.validators.etag, "page_last_modified": looked.validators.last_modified}
