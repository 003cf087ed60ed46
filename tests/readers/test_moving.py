"""Another address: both mailboxes agree, nobody learns who reads us, and nobody is mailed more than once a day."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.errors import ConflictError, NotFoundError
from newsletter.insight.erasure import erase_reader
from newsletter.publication.newsletters import Newsletter, NewsletterSettings, add_newsletter
from newsletter.readers.address_changes import AGREE_TIME, due_sides, find_side, forget_changes
from newsletter.readers.gate import Gate
from newsletter.readers.moving import agree, ask_change
from newsletter.readers.pauses import pause
from newsletter.readers.preferences import Preferences, come_back, get_preferences
from newsletter.readers.store import Origin, find_subscription_id, put_subscriber
from newsletter.readers.subscribe import add_reader, confirm, unsubscribe
from newsletter.readers.suppressions import suppress
from newsletter.readers.tables import (
    ConsentEvent,
    Side,
    SubscriptionState,
    SuppressionReason,
    address_change,
    consent,
    subscriber,
    subscription,
    suppression,
)
from newsletter.tokens import Tokens
from tests.readers.asking import ask_for

OLD, NEW = "ann@old.example", "ann@new.example"
HOW = Origin("address", "192.0.2.0/24")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@dataclass
class Reader:
    """One reader of the daily who moves, at a time that a test moves; each act in a transaction of its own."""

    database: Database
    newsletter: Newsletter
    gate: Gate
    now: datetime
    id: int = field(default=0)

    def __post_init__(self) -> None:
        self.id = self.add(OLD)

    def add(self, address: str, newsletter: Newsletter | None = None) -> int:
        with self.database.transaction() as connection:
            chosen = newsletter or self.newsletter
            return add_reader(connection, chosen.id, address, Origin("test"), self.now - DAY)

    def ask(self, address: str = NEW, by: int = 0) -> list[int]:
        """Ask for another address; return the sides whose letter is due."""
        with self.database.transaction() as connection:
            return ask_change(connection, self.gate, by or self.id, address, self.now)

    def agree(self, *sides: int) -> None:
        for each in sides:
            with self.database.transaction() as connection:
                agree(connection, each, HOW, self.now)

    def sides(self) -> dict[Side, int]:
        """Return the sides of every open change, mailed or not."""
        with self.database.transaction() as connection:
            found = [find_side(connection, each) for each in range(1, 20)]
        return {each.side: each.id for each in found if each is not None}

    def mailed_to(self, sides: list[int]) -> list[str]:
        with self.database.transaction() as connection:
            found = [find_side(connection, each) for each in sides]
        known = [each for each in found if each is not None]
        return [each.old_address if each.side is Side.OLD else each.new_address for each in known]

    def look(self, number: int = 0) -> Preferences:
        with self.database.transaction() as connection:
            return get_preferences(connection, number or self.id, self.now)

    def number(self, address: str, newsletter: Newsletter | None = None) -> int | None:
        with self.database.transaction() as connection:
            return find_subscription_id(connection, (newsletter or self.newsletter).id, address)

    def run(self, statement: Any) -> Any:
        with self.database.transaction() as connection:
            return connection.execute(statement)

    def do(self, act: Any, *values: object) -> None:
        with self.database.transaction() as connection:
            act(connection, *values, self.now)

    def log(self, number: int = 0) -> list[tuple[str, str, str]]:
        logged = sa.select(consent.c.event, consent.c.how, consent.c.network)
        rows = self.run(logged.where(consent.c.subscription_id == (number or self.id)).order_by(consent.c.id))
        return [tuple(row) for row in rows][1:]


@pytest.fixture
def reader(database: Database, daily: Newsletter, tokens: Tokens, noon: datetime) -> Reader:
    return Reader(database, daily, Gate(tokens, 30, 1000), noon)


@pytest.fixture
def sport(database: Database, daily: Newsletter) -> Newsletter:
    """Give a second newsletter."""
    settings = NewsletterSettings(slug="sport", name="Sport", publisher="P", sender_address="s@paper.example")
    with database.transaction() as connection:
        return add_newsletter(connection, settings)


@pytest.mark.parametrize("first", [Side.OLD, Side.NEW])
def test_both_mailboxes_agree(reader: Reader, first: Side) -> None:
    """In either order: one alone changes nothing, the other's word is enough, and a third press is nothing."""
    owed = reader.ask()
    assert [OLD, NEW] == reader.mailed_to(owed)
    sides = reader.sides()
    second = sides[Side.NEW if first is Side.OLD else Side.OLD]
    reader.agree(sides[first], sides[first])
    assert OLD == reader.look().address
    reader.agree(second, second, sides[first])
    assert (NEW, SubscriptionState.ACTIVE) == (reader.look().address, reader.look().state)
    assert [("moved", "address", "192.0.2.0/24")] == reader.log()


def test_asking_twice_is_asking_once(reader: Reader) -> None:
    """Nobody is mailed again, and the first links stay good; however the address is cased."""
    first = reader.ask()
    assert [] == reader.ask(NEW.upper())
    reader.agree(*first)
    assert NEW == reader.look().address


def test_one_s_own_address_is_no_change(reader: Reader) -> None:
    """Nothing is mailed and nothing waits."""
    assert [] == reader.ask(OLD.upper())
    assert {} == reader.sides()


def test_another_wish_takes_the_place_of_the_first(reader: Reader) -> None:
    """Whose links then open nothing."""
    first = reader.ask("typo@new.example")
    second = reader.ask()
    with pytest.raises(NotFoundError):
        reader.agree(first[0])
    reader.agree(*second)
    assert NEW == reader.look().address


def test_after_two_days_it_is_forgotten(reader: Reader) -> None:
    """Agreed to by one or by none: the address of somebody who never answered is not kept."""
    reader.agree(reader.ask()[0])
    reader.now += AGREE_TIME
    reader.do(forget_changes)
    assert 0 == reader.run(sa.select(sa.func.count()).select_from(address_change)).scalar_one()
    assert OLD == reader.look().address
    assert 2 == len(reader.ask())


def test_a_day_has_three_wishes(reader: Reader) -> None:
    """A link that was passed on is no way to mail the world."""
    wishes = [reader.ask(f"{name}@new.example") for name in ("a", "b", "c", "d", "e")]
    assert [2, 2, 2, 0, 0] == [len(each) for each in wishes]


def test_an_address_is_written_to_once_a_day(reader: Reader) -> None:
    """Whoever asks for it; the old address is mailed all the same, so that nobody can tell."""
    others = [reader.add(f"{name}@old.example") for name in ("bo", "cy")]
    assert [OLD, NEW] == reader.mailed_to(reader.ask())
    assert ["bo@old.example"] == reader.mailed_to(reader.ask(by=others[0]))
    reader.now += DAY + MINUTE
    assert ["cy@old.example", NEW] == reader.mailed_to(reader.ask(by=others[1]))


def test_a_letter_counts_as_a_confirmation(reader: Reader) -> None:
    """A reader who is known is asked once a day in all, through whichever door."""
    number = reader.add(NEW)
    reader.ask()
    reader.run(sa.delete(subscription).where(subscription.c.id == number))
    with reader.database.transaction() as connection:
        assert ask_for(connection, reader.newsletter.id, NEW, HOW, reader.now) is None


def test_who_was_just_asked_to_confirm_gets_no_letter(reader: Reader) -> None:
    """The same the other way round."""
    with reader.database.transaction() as connection:
        assert ask_for(connection, reader.newsletter.id, NEW, HOW, reader.now) is not None
    assert [OLD] == reader.mailed_to(reader.ask())


@pytest.mark.parametrize("reason", [SuppressionReason.BOUNCE, SuppressionReason.COMPLAINT])
def test_a_suppressed_address_gets_no_letter(reader: Reader, reason: SuppressionReason) -> None:
    """And is never moved to: also not by who was mailed before it was suppressed."""
    owed = reader.ask()
    with reader.database.transaction() as connection:
        suppress(connection, NEW, reason, "", reader.now)
    reader.agree(owed[0])
    with pytest.raises(ConflictError):
        reader.agree(owed[1])
    assert OLD == reader.look().address
    reader.now += AGREE_TIME
    reader.do(forget_changes)
    assert [OLD] == reader.mailed_to(reader.ask())


def test_one_mailbox_is_written_to_once_a_day_however_it_is_spelt(reader: Reader) -> None:
    """Many readers who ask for many addresses of one person cause one letter to them."""
    others = [reader.add(f"{name}@old.example") for name in ("bo", "cy", "di")]
    spelt = ["ann+1@new.example", "ANN@new.example", "ann+2@new.example"]
    wishes = [reader.ask(address, by) for address, by in zip(spelt, others, strict=True)]
    assert [2, 1, 1] == [len(each) for each in wishes]


def test_letters_wait_for_their_turn_among_all_confirmations(reader: Reader) -> None:
    """What strangers are mailed in an hour is one number, by whichever door it is asked for."""
    reader.gate = Gate(reader.gate.tokens, 30, 1)
    others = [reader.add(f"{name}@old.example") for name in ("bo", "cy")]
    assert 2 == len(reader.ask("a@new.example", others[0]))
    (old,) = reader.ask("b@new.example", others[1])
    assert ["cy@old.example"] == reader.mailed_to([old])
    reader.now += timedelta(hours=1)
    with reader.database.transaction() as connection:
        assert "b@new.example" in reader.mailed_to(due_sides(connection, reader.now))


def test_nobody_learns_the_address_of_an_erased_reader_anew(reader: Reader) -> None:
    """Who complained and was erased gets no letter, and stays a hash: the wish is somebody else's."""
    with reader.database.transaction() as connection:
        suppress(connection, NEW, SuppressionReason.COMPLAINT, "", reader.now)
        erase_reader(connection, reader.gate.tokens, NEW, reader.now)
    assert [OLD] == reader.mailed_to(reader.ask())
    assert [None] == list(reader.run(sa.select(suppression.c.canonical_address)).scalars())


def test_who_left_moves_nowhere(reader: Reader) -> None:
    """There is nothing to mail to the new address."""
    reader.do(unsubscribe, reader.id, HOW)
    with pytest.raises(ConflictError):
        reader.ask()


def test_the_links_of_old_mails_stay_good(reader: Reader) -> None:
    """The subscription is the same; what bounced was the old mailbox's."""
    reader.run(sa.update(subscriber).values(bounce_score=3, bounced_on=reader.now.date()))
    reader.agree(*reader.ask())
    row = reader.run(sa.select(subscriber)).one()
    assert (NEW, NEW, 0, None) == (row.address, row.canonical_address, row.bounce_score, row.bounced_on)
    reader.do(unsubscribe, reader.id, HOW)
    assert SubscriptionState.UNSUBSCRIBED is reader.look().state


def test_a_reader_at_the_new_address_takes_over(reader: Reader, sport: Newsletter) -> None:
    """What one has of each newsletter goes to the new address, as it was; the old one is out for good."""
    reader.run(sa.update(subscription).values(zone="Asia/Damascus", sections=["Sport"], breaking=True))
    other = reader.add("Ann@New.example", sport)
    reader.agree(*reader.ask())
    taken_over = reader.number(NEW)
    assert taken_over is not None
    moved = reader.look(taken_over)
    assert (SubscriptionState.ACTIVE, "Asia/Damascus", ("Sport",), True) == (
        moved.state,
        moved.zone,
        moved.sections,
        moved.breaking,
    )
    assert SubscriptionState.ACTIVE is reader.look(other).state
    assert (OLD, SubscriptionState.UNSUBSCRIBED) == (reader.look().address, reader.look().state)
    assert not reader.look().may_come_back(reader.now)
    with pytest.raises(ConflictError):
        reader.do(come_back, reader.id, HOW)
    assert [("moved", "address", "192.0.2.0/24")] == reader.log()


@pytest.mark.parametrize("old", ["active", "paused"])
@pytest.mark.parametrize("new", ["active", "paused", "unsubscribed", "unconfirmed"])
def test_the_stronger_state_holds(reader: Reader, old: str, new: str) -> None:
    """Active before paused before any other; who had it already keeps their own choices."""
    if new == "unconfirmed":
        with reader.database.transaction() as connection:
            number = ask_for(connection, reader.newsletter.id, NEW, HOW, reader.now - 2 * DAY)
        assert number is not None
    else:
        number = reader.add(NEW)
    reader.run(sa.update(subscription).where(subscription.c.id == number).values(zone="Europe/Oslo"))
    if new == "unsubscribed":
        reader.do(unsubscribe, number, HOW)
    for state, each in ((old, reader.id), (new, number)):
        if state == "paused":
            reader.do(pause, each, 14, HOW)
    until = reader.look(number).paused_until or reader.look().paused_until
    reader.agree(*reader.ask())
    is_active = "active" in {old, new}
    found = reader.look(number)
    expected = (SubscriptionState.ACTIVE, None) if is_active else (SubscriptionState.PAUSED, until)
    assert expected == (found.state, found.paused_until)
    assert ("Europe/Oslo" if new in {"active", "paused"} else "") == found.zone
    assert (ConsentEvent.MOVED, "address", "192.0.2.0/24") == reader.log(number)[-1]


def test_who_takes_over_is_owed_no_confirmation(reader: Reader) -> None:
    """The new mailbox has just said yes, and the link that it was mailed for a sign-up changes nothing more."""
    with reader.database.transaction() as connection:
        number = ask_for(connection, reader.newsletter.id, NEW, HOW, reader.now - 2 * DAY)
    assert number is not None
    reader.agree(*reader.ask())
    row = reader.run(sa.select(subscription).where(subscription.c.id == number)).one()
    assert ("active", None) == (row.state, row.confirmation_due_at)
    with reader.database.transaction() as connection:
        confirm(connection, (number, reader.now), HOW, reader.now)
    assert SubscriptionState.ACTIVE is reader.look(number).state


def test_who_takes_over_one_is_still_asked_about_the_other(reader: Reader, sport: Newsletter) -> None:
    """The one mail for all that the new address asked for is still owed for what has to be confirmed."""
    with reader.database.transaction() as connection:
        assert ask_for(connection, (reader.newsletter.id, sport.id), NEW, HOW, reader.now) is not None
    reader.ask()
    reader.agree(*reader.sides().values())
    owing = sa.select(subscription.c.newsletter_id).where(subscription.c.confirmation_due_at.is_not(None))
    assert [sport.id] == list(reader.run(owing).scalars())


def test_two_who_change_places(reader: Reader) -> None:
    """Each at the other's address: nobody is lost, and no promise of the database is broken."""
    other = reader.add(NEW)
    mine, theirs = reader.ask(NEW), reader.ask(OLD, by=other)
    reader.agree(*mine)
    with reader.database.transaction() as connection:
        left = [each for each in theirs if find_side(connection, each) is not None]
    reader.agree(*left)
    states = {reader.look(each).address: reader.look(each).state for each in (reader.id, other)}
    assert 1 == list(states.values()).count(SubscriptionState.ACTIVE)


def test_both_press_at_the_same_moment(reader: Reader) -> None:
    """Each twice: nobody waits for ever, and the reader has moved once."""
    owed = reader.ask()
    with ThreadPoolExecutor(4) as pool:
        presses = [pool.submit(reader.agree, each) for each in owed * 2]
        for press in presses:
            press.result()
    assert NEW == reader.look().address
    assert [("moved", "address", "192.0.2.0/24")] == reader.log()


def test_somebody_takes_the_new_address_at_the_same_moment(reader: Reader) -> None:
    """The two become one all the same, and no error tells anybody's address."""
    first, second = reader.ask()
    reader.agree(first)
    with ThreadPoolExecutor(1) as pool:
        with reader.database.transaction() as connection:
            other = put_subscriber(connection, NEW)
            agreed = pool.submit(reader.agree, second)
            # Until it waits for this transaction.
            wait([agreed], 1)
        agreed.result()
    active = sa.select(subscription.c.subscriber_id).where(subscription.c.state == SubscriptionState.ACTIVE)
    assert [other] == list(reader.run(active).scalars())


def test_the_reader_at_the_new_address_asks_at_the_same_moment(reader: Reader) -> None:
    """Neither waits for the other for ever: readers are locked before the ration that all share."""
    reader.add(NEW)
    with ThreadPoolExecutor(1) as pool:
        with reader.database.transaction() as connection:
            put_subscriber(connection, NEW)
            asked = pool.submit(reader.ask)
            # Until it waits for this transaction.
            wait([asked], 1)
            assert reader.gate.next_place(connection, reader.now) is not None
        assert 2 == len(asked.result())


def test_due_sides_are_those_not_agreed_to(reader: Reader) -> None:
    """The tick rings for what nobody was mailed yet."""
    owed = reader.ask()
    with reader.database.transaction() as connection:
        assert owed == due_sides(connection, reader.now)
    reader.agree(owed[0])
    with reader.database.transaction() as connection:
        assert owed[1:] == due_sides(connection, reader.now)
