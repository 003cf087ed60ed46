"""What must stop: whoever commits it, by whatever program, is heard; and deafness is noticed."""

import asyncio
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from newsletter.delivery import control
from newsletter.delivery.stops import Stops
from newsletter.publication.newsletters import NewsletterSettings, add_newsletter
from newsletter.readers.subscribe import add_reader
from newsletter.readers.tables import SubscriptionState, SuppressionReason, subscriber, subscription, suppression
from tests.delivery.press import NOW, ORIGIN, Press

PATIENCE = 10.0
"""Seconds after which something is taken never to come."""

Change = Callable[[sa.Connection], object]


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, for as long as a slow machine may need."""
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110 — what is waited for is another program's, and has no event
            await asyncio.sleep(0.01)


def hear(press: Press, *changes: Change) -> Stops:
    """Return what was heard of changes, each committed in a transaction of its own, up to a last pause."""
    last = press.make_ready([])
    with press.database.transaction() as connection:
        connection.execute(sa.text("UPDATE edition SET state = 'sending' WHERE id = :id"), {"id": last})

    async def listen() -> Stops:
        async with Stops(press.database.plain_url) as stops:
            for change in changes:
                with press.database.transaction() as connection:
                    change(connection)
            with press.database.transaction() as connection:
                control.pause(connection, last, "This comes last.")
            await until(lambda: last in stops.editions)
            return stops

    stops = asyncio.run(listen())
    stops.editions.remove(last)
    return stops


def suppress_ann(connection: sa.Connection) -> None:
    """Never mail Ann again."""
    row = {"canonical_address": "ann@example.org", "reason": SuppressionReason.COMPLAINT}
    connection.execute(sa.insert(suppression).values(row))


READERS: dict[str, Change] = {
    "unsubscribed": lambda connection: connection.execute(
        sa.update(subscription).where(subscription.c.id == 1).values(state=SubscriptionState.UNSUBSCRIBED)
    ),
    "paused": lambda connection: connection.execute(
        sa.update(subscription).where(subscription.c.id == 1).values(state=SubscriptionState.PAUSED)
    ),
    "erased": lambda connection: connection.execute(sa.delete(subscription).where(subscription.c.id == 1)),
    "erased with all subscriptions": lambda connection: connection.execute(
        sa.delete(subscriber).where(subscriber.c.canonical_address == "ann@example.org")
    ),
    "suppressed": suppress_ann,
    "with another address": lambda connection: connection.execute(
        sa.update(subscriber)
        .where(subscriber.c.canonical_address == "ann@example.org")
        .values(address="ANN@example.org")
    ),
}


@pytest.mark.parametrize("change", READERS.values(), ids=READERS)
def test_a_reader_who_must_be_looked_at_again(press: Press, change: Change) -> None:
    """Whatever happened to a reader, that reader is heard of, and the others are not."""
    press.add_readers("Ann", "bo")
    assert {1} == hear(press, change).subscriptions


@pytest.mark.parametrize("end", ["paused", "cancelled", "done"])
def test_an_edition_that_is_not_sent_any_more(press: Press, end: str) -> None:
    """A pause, a cancellation and an end are all heard of; going on is not."""
    press.add_readers("ann")
    edition_id = press.make_ready([], on=NOW.date().replace(day=3))
    press.start(edition_id)

    def stop(connection: sa.Connection) -> None:
        connection.execute(
            sa.text("UPDATE edition SET state = :end WHERE id = :id"), {"end": end, "id": edition_id}
        )

    assert {edition_id} == hear(press, stop).editions


def test_what_stops_nothing(press: Press) -> None:
    """Joining, coming back, a new name for an edition and a change that was rolled back are not heard of."""
    press.add_readers("ann")
    with press.database.transaction() as connection:
        connection.execute(sa.update(subscription).values(state=SubscriptionState.PAUSED))

    def come_back(connection: sa.Connection) -> None:
        connection.execute(sa.update(subscription).values(state=SubscriptionState.ACTIVE))

    def think_better_of_it(connection: sa.Connection) -> None:
        with connection.begin_nested() as attempt:
            connection.execute(sa.update(subscription).values(state=SubscriptionState.UNSUBSCRIBED))
            attempt.rollback()

    stops = hear(press, lambda _: press.add_readers("bo"), come_back, think_better_of_it)
    assert (set(), set()) == (stops.editions, stops.subscriptions)


def test_one_suppression_stops_every_newsletter(press: Press) -> None:
    """An address that is suppressed is heard of once for each newsletter that it reads."""
    press.add_readers("ann")
    with press.database.transaction() as connection:
        weekly = add_newsletter(connection, NewsletterSettings("weekly", "Weekly", "Paper", "news@paper.example"))
        add_reader(connection, weekly.id, "ann@example.org", ORIGIN, NOW)
    assert {1, 2} == hear(press, suppress_ann).subscriptions


def test_deafness_is_noticed(press: Press) -> None:
    """A task whose ear was cut off knows it, so that it begins nothing that it might have been told to stop."""

    async def listen() -> bool:
        async with Stops(press.database.plain_url) as stops:
            with press.database.transaction() as connection:
                listening = "application_name = 'newsletter stops'"
                connection.execute(
                    sa.text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {listening}")
                )
            await until(lambda: stops.is_deaf)
            return stops.is_deaf

    assert asyncio.run(listen())
