"""Sign-ups: written down by a door, decided once by a task, whatever dies in between."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.publication.newsletters import Newsletter, NewsletterSettings, add_newsletter
from newsletter.readers.forgotten import address_hash
from newsletter.readers.gate import DAY, Gate
from newsletter.readers.handling import handle_sign_up
from newsletter.readers.sign_ups import SignUp, put_sign_up, sign_up_queue, waiting_sign_ups
from newsletter.readers.store import Origin, find_reader
from newsletter.readers.subscribe import add_reader, asked_together, confirm, get_subscription, unsubscribe
from newsletter.readers.tables import (
    ConsentEvent,
    SubscriptionState,
    SuppressionReason,
    consent,
    owed_letter,
    subscriber,
    subscription,
    suppression,
)
from newsletter.schema import TABLES
from newsletter.tokens import Tokens

ANN = "ann@reader.example"
FORM = Origin("form", "192.0.2.0/24", "https://paper.example/news", "0123456789ab")
MINUTE = timedelta(minutes=1)


@dataclass
class House:
    """A house of three newsletters, and its gate."""

    database: Database
    newsletters: tuple[Newsletter, ...]
    gate: Gate

    def put(self, now: datetime, *places: int, address: str = ANN, language: str = "") -> int:
        """Write a wish down for the newsletters at these places."""
        ids = tuple(self.newsletters[place].id for place in places)
        with self.database.transaction() as connection:
            return put_sign_up(connection, SignUp(address, ids, FORM, language), now)

    def handle(self, sign_up_id: int, now: datetime) -> int | None:
        """Decide on a wish."""
        with self.database.transaction() as connection:
            return handle_sign_up(connection, self.gate, sign_up_id, now)

    def ask(self, now: datetime, *places: int, address: str = ANN, language: str = "") -> int | None:
        """Write a wish down and decide on it."""
        return self.handle(self.put(now, *places, address=address, language=language), now)

    def states(self, address: str = ANN) -> dict[str, SubscriptionState]:
        """Return how an address stands with each newsletter that it has to do with."""
        with self.database.transaction() as connection:
            return dict(find_reader(connection, address))

    def rows(self, query: sa.Select[Any]) -> list[tuple[object, ...]]:
        """Return what a query finds."""
        with self.database.transaction() as connection:
            return [tuple(each) for each in connection.execute(query)]

    def everything(self) -> dict[str, Sequence[object]]:
        """Return every row of every table."""
        with self.database.transaction() as connection:
            return {
                table.name: connection.execute(sa.text(f'SELECT t::text FROM "{table.name}" t')).scalars().all()
                for table in TABLES.sorted_tables
            }


@pytest.fixture
def house(database: Database, tokens: Tokens) -> House:
    """Give the house: the first newsletter speaks English and French, the others English alone."""
    with database.transaction() as connection:
        newsletters = tuple(
            add_newsletter(
                connection,
                NewsletterSettings(slug, slug.title(), "P", f"{slug}@paper.example", languages=languages),
            )
            for slug, languages in (("daily", "fr"), ("evening", ""), ("sport", ""))
        )
    return House(database, newsletters, Gate(tokens, per_network=1000, per_hour=1000))


def test_a_wish_is_decided_once(house: House, noon: datetime) -> None:
    """The row waits until it is decided, goes with the decision, and a second bell finds nothing."""
    sign_up_id = house.put(noon, 0)
    with house.database.transaction() as connection:
        assert [sign_up_id] == waiting_sign_ups(connection)
        assert (1, noon) == ((queue := sign_up_queue(connection)).count, queue.since)
    owed = house.handle(sign_up_id, noon + MINUTE)
    assert owed is not None
    assert house.handle(sign_up_id, noon + MINUTE) is None
    with house.database.transaction() as connection:
        assert ([], 0, None) == (
            waiting_sign_ups(connection),
            (queue := sign_up_queue(connection)).count,
            queue.since,
        )
    due = sa.select(subscription.c.id, subscription.c.confirmation_due_at)
    assert [(owed, noon + MINUTE)] == house.rows(due)


def test_a_task_that_dies_decides_nothing(house: House, noon: datetime) -> None:
    """Ended before its commit, it leaves all as it was, and the next decides as if it had never been."""
    sign_up_id = house.put(noon, 0)
    before = house.everything()
    with house.database.engine.connect() as connection:
        assert handle_sign_up(connection, house.gate, sign_up_id, noon) is not None
        connection.rollback()
    assert before == house.everything()
    assert house.handle(sign_up_id, noon) is not None


def test_tasks_that_hear_of_it_at_once_decide_once(house: House, noon: datetime) -> None:
    """Of four bells for one wish, and four wishes of one address, one brings a mail."""
    one, together = house.put(noon, 0), Barrier(8)
    wishes = [one] * 4 + [house.put(noon, 1, address=spelt) for spelt in (ANN, ANN.upper(), ANN, ANN.title())]

    def task(sign_up_id: int) -> int | None:
        together.wait()
        return house.handle(sign_up_id, noon)

    with ThreadPoolExecutor(8) as pool:
        owed = [each for each in pool.map(task, wishes) if each is not None]
    assert 1 == len(owed)
    due = sa.select(subscription.c.id).where(subscription.c.confirmation_due_at.is_not(None))
    assert [(owed[0],)] == house.rows(due)


def test_several_newsletters_are_one_mail_and_one_click(house: House, noon: datetime) -> None:
    """One is owed the confirmation, which names them all; its link makes all active, each with a welcome."""
    owed = house.ask(noon, 1, 0)
    assert owed is not None
    due = sa.select(subscription.c.id).where(subscription.c.confirmation_due_at.is_not(None))
    assert [(owed,)] == house.rows(due)
    with house.database.transaction() as connection:
        names = [each.slug for each in asked_together(connection, get_subscription(connection, owed), noon)]
        assert ["evening", "daily"] == names
        confirm(connection, (owed, noon), Origin("link"), noon + MINUTE)
    assert dict.fromkeys(["daily", "evening"], SubscriptionState.ACTIVE) == house.states()
    lines = sa.select(consent.c.event, sa.func.count()).group_by(consent.c.event).order_by(consent.c.event)
    assert [(ConsentEvent.CONFIRMED, 2), (ConsentEvent.REQUESTED, 2)] == house.rows(lines)
    assert [(2,)] == house.rows(sa.select(sa.func.count()).select_from(owed_letter))


def test_an_older_link_confirms_what_it_was_mailed_for(house: House, noon: datetime) -> None:
    """A newsletter that somebody adds to a later request is none that the earlier mail spoke of."""
    first = house.ask(noon, 0)
    second = house.ask(noon + DAY, 0, 1)
    assert first is not None
    assert first == second
    with house.database.transaction() as connection:
        found = get_subscription(connection, first)
        assert ["daily"] == [each.slug for each in asked_together(connection, found, noon)]
        confirm(connection, (first, noon), Origin("link"), noon + DAY + MINUTE)
    assert {"daily": SubscriptionState.ACTIVE, "evening": SubscriptionState.UNCONFIRMED} == house.states()


def test_a_request_for_one_leaves_the_link_for_another_good(house: House, noon: datetime) -> None:
    """Two mails, two days apart, for two newsletters: each link confirms its own."""
    first, second = house.ask(noon, 0), house.ask(noon + DAY, 1)
    assert first is not None
    assert second is not None
    with house.database.transaction() as connection:
        confirm(connection, (first, noon), Origin("link"), noon + DAY)
    assert {"daily": SubscriptionState.ACTIVE, "evening": SubscriptionState.UNCONFIRMED} == house.states()
    with house.database.transaction() as connection:
        confirm(connection, (second, noon + DAY), Origin("link"), noon + DAY)
    assert SubscriptionState.ACTIVE is house.states()["evening"]


def test_of_several_only_what_is_missing_is_asked_for(house: House, noon: datetime) -> None:
    """Who reads one and asks for two is asked about the other alone."""
    with house.database.transaction() as connection:
        add_reader(connection, house.newsletters[0].id, ANN, Origin("test"), noon)
    owed = house.ask(noon, 0, 1)
    assert owed is not None
    with house.database.transaction() as connection:
        found = get_subscription(connection, owed)
        assert ["evening"] == [each.slug for each in asked_together(connection, found, noon)]
    assert {"daily": SubscriptionState.ACTIVE, "evening": SubscriptionState.UNCONFIRMED} == house.states()


@pytest.mark.parametrize("why", ["active", "early", "suppressed", "erased and suppressed", "gone", "full"])
def test_where_nothing_is_owed_nothing_is_changed(house: House, noon: datetime, why: str) -> None:
    """A wish that brings no mail leaves no trace: not the address of a stranger, not a line in the log."""
    house = replace(house, gate=replace(house.gate, per_hour=1)) if why == "full" else house
    with house.database.transaction() as connection:
        if why == "active":
            add_reader(connection, house.newsletters[0].id, ANN, Origin("test"), noon)
        reason = {"reason": SuppressionReason.COMPLAINT}
        if why == "suppressed":
            connection.execute(sa.insert(suppression).values(canonical_address=ANN, **reason))
        if why == "erased and suppressed":
            hashed = address_hash(house.gate.tokens, ANN)
            connection.execute(sa.insert(suppression).values(address_hash=hashed, **reason))
    if why == "early":
        house.ask(noon - MINUTE, 0)
    if why == "full":
        for number in range(25):
            house.ask(noon, 0, address=f"reader{number}@reader.example")
    if why == "gone":
        sign_up = SignUp(ANN, (999,), FORM)
        with house.database.transaction() as connection:
            sign_up_id = put_sign_up(connection, sign_up, noon)
    else:
        sign_up_id = house.put(noon, 0)
    before = house.everything()
    assert house.handle(sign_up_id, noon) is None
    assert {**before, "sign_up": []} == house.everything()


def test_who_had_everything_erased_can_come_back(house: House, noon: datetime) -> None:
    """What keeps others from putting an erased reader back does not keep the reader out."""
    with house.database.transaction() as connection:
        hashed = address_hash(house.gate.tokens, ANN)
        row = {"address_hash": hashed, "reason": SuppressionReason.ERASED}
        connection.execute(sa.insert(suppression).values(row))
    owed = house.ask(noon, 0)
    assert owed is not None
    with house.database.transaction() as connection:
        confirm(connection, (owed, noon), Origin("link"), noon)
    assert {"daily": SubscriptionState.ACTIVE} == house.states()


def test_who_left_is_asked_at_once_but_not_for_ever(house: House, noon: datetime) -> None:
    """Leaving and coming back all day brings three mails a week."""
    moment, asked = noon, 0
    with house.database.transaction() as connection:
        reader = add_reader(connection, house.newsletters[0].id, ANN, Origin("test"), noon)
    for _ in range(6):
        with house.database.transaction() as connection:
            unsubscribe(connection, reader, Origin("page"), moment)
        moment += 2 * MINUTE
        owed = house.ask(moment, 0)
        if owed is not None:
            asked += 1
            with house.database.transaction() as connection:
                confirm(connection, (owed, moment), Origin("link"), moment)
    assert 3 == asked
    assert {"daily": SubscriptionState.UNSUBSCRIBED} == house.states()


def test_who_never_came_is_asked_once_a_day_whatever_they_leave(house: House, noon: datetime) -> None:
    """Anybody can ask in somebody's name, and write STOP in it: that does not make room for another mail."""
    asked = 0
    for minute in range(5):
        asked += house.ask(noon + minute * MINUTE, 0) is not None
        with house.database.transaction() as connection:
            unsubscribe(connection, 1, Origin("mail"), noon + minute * MINUTE)
    assert 1 == asked


def test_beyond_the_hour_s_number_mails_wait_for_their_turn(house: House, noon: datetime) -> None:
    """Nobody of a crowd is lost: who does not fit into the hour is owed the mail later, and was asked then."""
    house = replace(house, gate=replace(house.gate, per_hour=2))
    for number in range(6):
        assert house.ask(noon, 0, address=f"reader{number}@reader.example") is not None
    due = sa.select(subscription.c.confirmation_due_at).order_by(subscription.c.id)
    halves = [(noon + number * timedelta(minutes=30),) for number in range(6)]
    assert halves == house.rows(due)
    asks = sa.select(subscriber.c.confirmation_asks).order_by(subscriber.c.id)
    assert [([each],) for (each,) in halves] == house.rows(asks)
    later = noon + 2.5 * timedelta(hours=1) + DAY
    assert house.ask(later - MINUTE, 0, address="reader5@reader.example") is None
    assert house.ask(later, 0, address="reader5@reader.example") is not None


def test_the_log_says_what_the_door_was_told(house: House, noon: datetime) -> None:
    """Each line has the door, the network, the place of the form and the text that was shown."""
    house.ask(noon, 0, 1)
    columns = (consent.c.event, consent.c.at, consent.c.how, consent.c.network, consent.c.source)
    line = (ConsentEvent.REQUESTED, noon, "form", "192.0.2.0/24", "https://paper.example/news", "0123456789ab")
    assert [line, line] == house.rows(sa.select(*columns, consent.c.text_version))


def test_the_language_of_the_page_is_that_of_the_mail(house: House, noon: datetime) -> None:
    """A reader is written to as the form spoke, where the newsletter has that; asked without one, as before."""
    house.ask(noon, 0, 1, language="fr")
    languages = sa.select(subscription.c.language).order_by(subscription.c.newsletter_id)
    assert [("fr",), ("",)] == house.rows(languages)
    house.ask(noon + DAY, 0, 1)
    assert [("fr",), ("",)] == house.rows(languages)
    house.ask(noon + 2 * DAY, 0, language="en")
    assert [("",), ("",)] == house.rows(languages)
