"""Breaking news: one article at once, once, to those who asked to be told, whatever the timetable does."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.delivery import control
from newsletter.delivery.breaking import Breaking, find_breaking, mail_breaking
from newsletter.delivery.retract import retract
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import batch, delivery
from newsletter.edition.archive import list_archived
from newsletter.edition.breaking import BreakingError
from newsletter.edition.states import EditionState
from newsletter.edition.store import get_content, list_sent_editions
from newsletter.edition.tables import EditionKind, edition_article, sent_article
from newsletter.gather.tables import article
from newsletter.publication.newsletters import change_newsletter, get_newsletter
from newsletter.readers.tables import Frequency, subscription
from tests.schedule.conftest import Desk


@pytest.fixture
def news(ready_to_send: Desk) -> Desk:
    """Give the desk of a newsletter of which bo and cy asked for breaking news, cy reading once a week."""
    desk = ready_to_send
    bo, cy = desk.reader("bo"), desk.reader("cy")
    choose(desk, bo, breaking=True)
    choose(desk, cy, breaking=True, frequency=Frequency.WEEKLY)
    return desk


def choose(desk: Desk, subscription_id: int, **wishes: Any) -> None:
    with desk.database.transaction() as connection:
        connection.execute(sa.update(subscription).where(subscription.c.id == subscription_id).values(wishes))


def ask(desk: Desk, article_id: int = 1) -> Breaking:
    with desk.database.transaction() as connection:
        newsletter = get_newsletter(connection, "daily")
        return mail_breaking(connection, newsletter, article_id, "ed@paper.example", desk.now)


def readers(desk: Desk, edition_id: int) -> list[int]:
    query = sa.select(delivery.c.subscription_id).where(delivery.c.edition_id == edition_id)
    with desk.database.transaction() as connection:
        return list(connection.execute(query.order_by(delivery.c.subscription_id)).scalars())


def test_it_goes_at_once_to_who_asked(news: Desk) -> None:
    """Whether they read each day or once a week; it says what it is, and is an edition with a verdict."""
    asked = ask(news)
    assert (2, True, EditionKind.BREAKING) == (asked.readers, asked.is_new, asked.edition.kind)
    assert asked.bells == (Bell(TaskName.ADVANCE_EDITION, asked.edition.id),)
    news.advance(asked.edition.id)
    assert EditionState.SENDING is news.edition(asked.edition.id).state
    assert [2, 3] == readers(news, asked.edition.id)
    with news.database.transaction() as connection:
        content = get_content(connection, asked.edition.id)
        archived = list_archived(connection, news.newsletter.id)
    assert "Breaking: Headline1" == content.subject
    assert "BREAKING" in content.text
    assert ">Breaking</p>" in content.html
    assert "Headline2" not in content.html
    assert [] == archived
    news.accept_all()
    news.advance(asked.edition.id)
    assert EditionState.DONE is news.edition(asked.edition.id).state
    assert "daily/2026-03-02~breaking-1" == asked.edition.name


def test_an_article_breaks_once(news: Desk) -> None:
    """Asked again, on this day or another, the same edition is meant, and nobody is mailed twice."""
    first = ask(news)
    news.now += timedelta(days=3)
    again = ask(news)
    assert (first.edition.id, False, ()) == (again.edition.id, again.is_new, again.bells)
    assert first.edition.id != ask(news, 2).edition.id


def test_of_two_who_ask_one_begins_it(news: Desk) -> None:
    """Two editors press the button in the same moment."""
    together = Barrier(4)

    def press(_: int) -> Breaking:
        together.wait()
        return ask(news)

    with ThreadPoolExecutor(4) as pool:
        asked = list(pool.map(press, range(4)))
    assert 1 == len({each.edition.id for each in asked})
    assert 1 == sum(each.is_new for each in asked)


def test_the_next_digest_may_bring_it_too(news: Desk) -> None:
    """It is noted as sent by nothing: with all that is known by then, it can lead the day."""
    asked = ask(news)
    news.advance(asked.edition.id)
    with news.database.transaction() as connection:
        assert 0 == connection.execute(sa.select(sa.func.count()).select_from(sent_article)).scalar_one()
        assert [] == list_sent_editions(connection, news.newsletter.id)
    digest = news.plan()
    news.advance(digest)
    with news.database.transaction() as connection:
        brought = sa.select(edition_article.c.article_id).where(edition_article.c.edition_id == digest)
        assert 1 in list(connection.execute(brought).scalars())
    assert EditionState.SENDING is news.edition(digest).state


def test_what_ended_early_can_be_begun_anew(news: Desk) -> None:
    """It is another edition, for those who have no copy."""
    first = ask(news).edition.id
    news.advance(first)
    with news.database.transaction() as connection:
        is_bo = delivery.c.subscription_id == 2
        connection.execute(sa.update(delivery).where(is_bo).values(state=DeliveryState.ACCEPTED))
        control.cancel(connection, first, "A slip.", news.now)
    second = ask(news)
    assert ("daily/2026-03-02~breaking-1-2", 1) == (second.edition.name, second.readers)
    news.advance(second.edition.id)
    assert [3] == readers(news, second.edition.id)


def _let_nobody_ask(desk: Desk) -> None:
    with desk.database.transaction() as connection:
        connection.execute(sa.update(subscription).values(breaking=False))


def _switch_it_off(desk: Desk) -> None:
    with desk.database.transaction() as connection:
        change_newsletter(connection, "daily", {"breaking": "no"})


def _take_it_back(desk: Desk) -> None:
    with desk.database.transaction() as connection:
        retract(connection, 1, "It was wrong.", desk.now)


def _embargo_it(desk: Desk) -> None:
    with desk.database.transaction() as connection:
        connection.execute(sa.update(article).values(embargo_ends_at=desk.now + timedelta(hours=1)))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_let_nobody_ask, "No active reader"),
        (_switch_it_off, "sends no breaking news"),
        (_take_it_back, "was taken back: It was wrong."),
        (_embargo_it, "under embargo until 2026-03-02 13:00 UTC"),
    ],
)
def test_what_must_not_go_out(news: Desk, change: Callable[[Desk], None], expected: str) -> None:
    """It is refused with the reason, and there is no edition."""
    change(news)
    with pytest.raises(BreakingError, match=expected):
        ask(news)
    assert [] == news.editions()


def test_taken_back_in_between(news: Desk) -> None:
    """Asked for and taken back before it was made, it ends with the reason; being sent, it stops."""
    first = ask(news).edition.id
    _take_it_back(news)
    news.advance(first)
    ended = news.edition(first)
    assert (EditionState.FAILED, True) == (ended.state, "was taken back" in ended.reason)
    second = ask(news, 2).edition.id
    news.advance(second)
    with news.database.transaction() as connection:
        retract(connection, 2, "It was wrong.", news.now)
    assert EditionState.PAUSED is news.edition(second).state


def test_it_waits_for_nobody_s_hour(news: Desk) -> None:
    """Readers' own hours are for what has a time."""
    with news.database.transaction() as connection:
        change_newsletter(connection, "daily", {"reader_hours": "yes"})
        connection.execute(sa.update(subscription).values(zone="Pacific/Honolulu"))
    news.advance(ask(news).edition.id)
    with news.database.transaction() as connection:
        late = sa.select(sa.func.count()).where(batch.c.due_at > sa.func.now())
        assert 0 == connection.execute(late).scalar_one()


def test_it_is_found(news: Desk) -> None:
    """While it is told, and afterwards; not once it was cancelled."""
    with news.database.transaction() as connection:
        assert find_breaking(connection, news.newsletter.id, 1) is None
    edition_id = ask(news).edition.id
    with news.database.transaction() as connection:
        found = find_breaking(connection, news.newsletter.id, 1)
        assert found is not None
        assert edition_id == found.id
        control.cancel(connection, edition_id, "A slip.", news.now)
        assert find_breaking(connection, news.newsletter.id, 1) is None
