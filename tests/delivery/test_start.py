"""The start of a sending: all of it or nothing, once, whoever presses the button."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
import sqlalchemy as sa

from newsletter.delivery.reconcile import close_edition
from newsletter.delivery.start import extend_audience, start_sending
from newsletter.delivery.states import DeliveryState
from newsletter.edition.states import EditionState
from newsletter.edition.tables import sent_article
from newsletter.errors import ConflictError
from tests.delivery.press import NOW, Press


def remembered(press: Press) -> list[tuple[int, int]]:
    """Return the articles remembered as sent, each with its edition."""
    query = sa.select(sent_article.c.article_id, sent_article.c.edition_id).order_by(sent_article.c.article_id)
    with press.database.transaction() as connection:
        return [(row.article_id, row.edition_id) for row in connection.execute(query)]


def test_a_start_does_everything(press: Press) -> None:
    """The audience, the memory and the state change together."""
    press.add_readers("ann", "bo")
    articles = press.put_articles("one", "two")
    edition_id = press.make_ready(articles)
    assert EditionState.SENDING is press.start(edition_id)
    edition = press.edition(edition_id)
    assert (EditionState.SENDING, NOW) == (edition.state, edition.sending_at)
    assert {DeliveryState.PENDING: 2} == press.counts(edition_id)
    assert [(each, edition_id) for each in articles] == remembered(press)


@pytest.mark.parametrize("starters", [2, 8])
def test_two_starts_at_once(press: Press, starters: int) -> None:
    """However many start it at one instant, one of them does, and the others are told so."""
    press.add_readers("ann", "bo", "cy")
    edition_id = press.make_ready(press.put_articles("one"))
    together = threading.Barrier(starters)

    def start() -> EditionState | None:
        with press.database.transaction() as connection:
            together.wait()
            try:
                return start_sending(connection, edition_id, NOW)
            except ConflictError:
                return None

    with ThreadPoolExecutor(starters) as pool:
        results = [future.result() for future in [pool.submit(start) for _ in range(starters)]]
    assert [EditionState.SENDING] == [each for each in results if each]
    assert {DeliveryState.PENDING: 3} == press.counts(edition_id)


def test_an_article_is_sent_once(press: Press) -> None:
    """A second edition with an article of the first goes back to gathering, and remembers nothing."""
    press.add_readers("ann")
    one, two, three = press.put_articles("one", "two", "three")
    first = press.make_ready([one, two])
    second = press.make_ready([two, three], on=date(2026, 3, 3))
    press.start(first)
    assert EditionState.GATHERING is press.start(second)
    assert EditionState.GATHERING is press.edition(second).state
    assert {} == press.counts(second)
    assert [(one, first), (two, first)] == remembered(press)


def test_two_editions_with_one_article_start_at_once(press: Press) -> None:
    """Started at one instant with the same articles, one edition is sent and the other one is assembled again."""
    press.add_readers("ann")
    articles = press.put_articles(*(f"article {number}" for number in range(30)))
    editions = [press.make_ready(articles), press.make_ready(articles[::-1], on=date(2026, 3, 3))]
    together = threading.Barrier(2)

    def start(edition_id: int) -> EditionState:
        with press.database.transaction() as connection:
            together.wait()
            return start_sending(connection, edition_id, NOW)

    with ThreadPoolExecutor(2) as pool:
        results = sorted(pool.map(start, editions))
    assert [EditionState.GATHERING, EditionState.SENDING] == results
    assert 1 == len({edition_id for _, edition_id in remembered(press)})


def test_nobody_is_subscribed(press: Press) -> None:
    """With nobody to mail the edition is skipped with the reason, and its articles stay unsent."""
    edition_id = press.make_ready(press.put_articles("one"))
    assert EditionState.SKIPPED is press.start(edition_id)
    edition = press.edition(edition_id)
    assert "Nobody is subscribed and active." == edition.reason
    assert NOW == edition.finished_at
    assert [] == remembered(press)


def test_a_start_needs_a_ready_edition(press: Press) -> None:
    """An edition that is under way, or was ended, is not started again."""
    edition_id = press.send("ann")
    with pytest.raises(ConflictError, match="sending"):
        press.start(edition_id)


def extend(press: Press, edition_id: int, subscription_ids: list[int] | None = None) -> int:
    """Extend an audience in a transaction of its own."""
    with press.database.transaction() as connection:
        return extend_audience(connection, edition_id, subscription_ids, NOW)


def close(press: Press, edition_id: int) -> bool:
    """Close an edition in a transaction of its own."""
    with press.database.transaction() as connection:
        return close_edition(connection, edition_id, NOW)


def test_readers_who_joined_since(press: Press) -> None:
    """An edition that is done goes on for readers who joined later, and for nobody else."""
    edition_id = press.send("ann")
    press.submit(edition_id)
    assert close(press, edition_id)
    assert 0 == extend(press, edition_id)
    assert EditionState.DONE is press.edition(edition_id).state
    bo, cy = press.add_readers("bo", "cy")
    assert 1 == extend(press, edition_id, [cy])
    assert EditionState.SENDING is press.edition(edition_id).state
    assert press.edition(edition_id).finished_at is None
    assert {DeliveryState.PENDING: 1, DeliveryState.ACCEPTED: 1} == press.counts(edition_id)
    assert 1 == extend(press, edition_id)
    assert [bo] == [row.subscription_id for row in press.rows(edition_id)][-1:]
    assert 2 == press.submit(edition_id).settled
    assert close(press, edition_id)


def test_an_edition_not_sent_is_not_extended(press: Press) -> None:
    """Before its start an edition has no audience to add to."""
    press.add_readers("ann")
    edition_id = press.make_ready([])
    assert 0 == extend(press, edition_id)
    assert {} == press.counts(edition_id)


def test_a_reader_who_joins_while_the_edition_ends(press: Press) -> None:
    """The end of an edition waits for a reader who is joining it: done means that nobody is open."""
    edition_id = press.send("ann")
    press.submit(edition_id)
    press.add_readers("bo")
    with ThreadPoolExecutor(1) as pool:
        with press.database.transaction() as connection:
            extend_audience(connection, edition_id, None, NOW)
            closing = pool.submit(close, press, edition_id)
            with pytest.raises(TimeoutError):
                closing.result(timeout=0.5)
        assert not closing.result(timeout=30)
    assert EditionState.SENDING is press.edition(edition_id).state
