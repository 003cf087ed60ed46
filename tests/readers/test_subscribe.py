"""Subscribe, confirm, unsubscribe: whatever the order and however often."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from threading import Barrier, Event

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.db import Database
from newsletter.errors import NotFoundError, TokenError
from newsletter.publication.newsletters import Newsletter, NewsletterSettings, add_newsletter
from newsletter.readers.gate import DAY, WEEKLY_ASKS
from newsletter.readers.joining import join
from newsletter.readers.store import Origin, find_subscription_id, put_subscriber
from newsletter.readers.subscribe import (
    add_reader,
    confirm,
    get_subscription,
    unsubscribe,
)
from newsletter.readers.tables import (
    ConsentEvent,
    SubscriptionState,
    SuppressionReason,
    consent,
    subscriber,
    subscription,
    suppression,
)
from newsletter.tokens import Purpose, Tokens
from tests.readers.asking import ask_for

ANN = "ann@reader.example"
FORM = Origin("form", "192.0.2.0/24")
LINK = Origin("link", "192.0.2.0/24")
OPERATOR = Origin("command line")
MINUTE = timedelta(minutes=1)


@dataclass
class Desk:
    """Says one thing for one address at a given moment, each in its own transaction."""

    database: Database
    newsletter: Newsletter
    tokens: Tokens
    address: str = ANN

    def request(self, now: datetime) -> int | None:
        with self.database.transaction() as connection:
            return ask_for(connection, self.newsletter.id, self.address, FORM, now)

    def add(self, now: datetime) -> int:
        with self.database.transaction() as connection:
            return add_reader(connection, self.newsletter.id, self.address, OPERATOR, now)

    def link(self, subscription_id: int, issued_at: datetime) -> str:
        return self.tokens.sign(Purpose.CONFIRM, subscription_id, issued_at)

    def confirm(self, link: str, now: datetime) -> None:
        with self.database.transaction() as connection:
            confirm(connection, self.tokens.read(link, Purpose.CONFIRM, now), LINK, now)

    def unsubscribe(self, now: datetime) -> None:
        with self.database.transaction() as connection:
            unsubscribe(connection, self.id, LINK, now)

    def suppress(self, until: datetime | None = None) -> None:
        with self.database.transaction() as connection:
            row = {"canonical_address": self.address, "reason": SuppressionReason.BOUNCE, "expires_at": until}
            connection.execute(sa.insert(suppression).values(row))

    @property
    def id(self) -> int:
        with self.database.transaction() as connection:
            found = find_subscription_id(connection, self.newsletter.id, self.address)
        assert found
        return found

    @property
    def state(self) -> SubscriptionState | None:
        with self.database.transaction() as connection:
            found = find_subscription_id(connection, self.newsletter.id, self.address)
            return get_subscription(connection, found).state if found else None

    @property
    def events(self) -> list[str]:
        with self.database.transaction() as connection:
            query = sa.select(consent.c.event).order_by(consent.c.id)
            return list(connection.execute(query.where(consent.c.subscription_id == self.id)).scalars())

    @property
    def is_owed(self) -> bool:
        with self.database.transaction() as connection:
            query = sa.select(subscription.c.confirmation_due_at).where(subscription.c.id == self.id)
            return connection.execute(query).scalar_one() is not None


@pytest.fixture
def desk(database: Database, daily: Newsletter, tokens: Tokens) -> Desk:
    """Give the desk of the usual newsletter."""
    return Desk(database, daily, tokens)


@pytest.fixture
def evening(desk: Desk) -> Desk:
    """Give the desk of a second newsletter."""
    chosen = NewsletterSettings(slug="evening", name="E", publisher="P", sender_address="e@paper.example")
    with desk.database.transaction() as connection:
        return replace(desk, newsletter=add_newsletter(connection, chosen))


def test_a_reader_joins_by_confirming(desk: Desk, noon: datetime) -> None:
    """A request is owed a confirmation, its link makes the reader active, and the log holds both wishes."""
    subscription_id = desk.request(noon)
    assert subscription_id
    assert (SubscriptionState.UNCONFIRMED, True) == (desk.state, desk.is_owed)
    desk.confirm(desk.link(subscription_id, noon), noon + MINUTE)
    assert (SubscriptionState.ACTIVE, False) == (desk.state, desk.is_owed)
    assert [ConsentEvent.REQUESTED, ConsentEvent.CONFIRMED] == desk.events


def test_the_consent_log_says_where_a_wish_came_from(desk: Desk, noon: datetime) -> None:
    """Each line has its moment, its door and its network."""
    subscription_id = desk.request(noon)
    assert subscription_id
    desk.confirm(desk.link(subscription_id, noon), noon + MINUTE)
    with desk.database.transaction() as connection:
        columns = (consent.c.at, consent.c.how, consent.c.network)
        lines = connection.execute(sa.select(*columns).order_by(consent.c.id)).all()
    assert [(noon, "form", "192.0.2.0/24"), (noon + MINUTE, "link", "192.0.2.0/24")] == lines


def test_a_link_may_be_used_within_the_minute_it_was_made_in(desk: Desk, noon: datetime) -> None:
    """A token carries minutes; the seconds before its request do not spoil it."""
    moment = noon.replace(second=59, microsecond=999_999)
    subscription_id = desk.request(moment)
    assert subscription_id
    desk.confirm(desk.link(subscription_id, moment), moment)
    assert SubscriptionState.ACTIVE is desk.state


def test_a_link_used_twice_confirms_once(desk: Desk, noon: datetime) -> None:
    """Going back in the browser is no error and writes no second line into the log."""
    subscription_id = desk.request(noon)
    assert subscription_id
    for _ in range(2):
        desk.confirm(desk.link(subscription_id, noon), noon + MINUTE)
    assert [ConsentEvent.REQUESTED, ConsentEvent.CONFIRMED] == desk.events


def test_one_confirmation_a_day(desk: Desk, noon: datetime) -> None:
    """Whoever presses the button all day gets one mail, and the next after the pause."""
    assert desk.request(noon)
    assert desk.request(noon + MINUTE) is None
    assert desk.request(noon + DAY - MINUTE) is None
    assert desk.request(noon + DAY)


def test_one_confirmation_a_day_over_all_newsletters(desk: Desk, evening: Desk, noon: datetime) -> None:
    """The form of another newsletter sends no second mail to the same address, however it is spelled."""
    assert desk.request(noon)
    assert evening.request(noon + MINUTE) is None
    assert replace(evening, address=ANN.upper()).request(noon + MINUTE) is None
    assert evening.request(noon + DAY)


def test_asking_again_leaves_the_first_link_good(desk: Desk, noon: datetime) -> None:
    """A request that is answered by no mail does not spoil the mail that is on its way."""
    subscription_id = desk.request(noon)
    assert subscription_id
    desk.request(noon + 60 * MINUTE)
    desk.confirm(desk.link(subscription_id, noon), noon + 61 * MINUTE)
    assert SubscriptionState.ACTIVE is desk.state


@pytest.mark.parametrize("which", [0, 1])
def test_of_two_confirmations_either_is_good(desk: Desk, noon: datetime, which: int) -> None:
    """Whoever asked twice presses the button of whichever mail comes first to hand."""
    moments = (noon, noon + DAY)
    subscription_id = desk.request(moments[0])
    assert subscription_id
    assert subscription_id == desk.request(moments[1])
    desk.confirm(desk.link(subscription_id, moments[which]), moments[1] + MINUTE)
    assert SubscriptionState.ACTIVE is desk.state


def test_an_active_reader_is_asked_nothing(desk: Desk, noon: datetime) -> None:
    """Subscribing again changes nothing for whoever is subscribed."""
    desk.add(noon)
    assert desk.request(noon + MINUTE) is None
    assert (SubscriptionState.ACTIVE, False) == (desk.state, desk.is_owed)


def test_leaving_is_one_step_and_can_be_repeated(desk: Desk, noon: datetime) -> None:
    """A second click ends nothing twice and is no error."""
    desk.add(noon)
    desk.unsubscribe(noon + MINUTE)
    desk.unsubscribe(noon + 2 * MINUTE)
    assert SubscriptionState.UNSUBSCRIBED is desk.state
    assert [ConsentEvent.ADDED, ConsentEvent.UNSUBSCRIBED] == desk.events


def test_leaving_before_confirming_ends_the_debt(desk: Desk, noon: datetime) -> None:
    """Whoever says no to a request they never made gets no mail about it."""
    desk.request(noon)
    desk.unsubscribe(noon + MINUTE)
    assert (SubscriptionState.UNSUBSCRIBED, False) == (desk.state, desk.is_owed)


def test_a_used_link_does_not_bring_back_who_left(desk: Desk, noon: datetime) -> None:
    """The link of an old mail is refused after its reader unsubscribed."""
    subscription_id = desk.request(noon)
    assert subscription_id
    link = desk.link(subscription_id, noon)
    desk.confirm(link, noon + MINUTE)
    desk.unsubscribe(noon + 2 * MINUTE)
    with pytest.raises(TokenError, match="used up"):
        desk.confirm(link, noon + 3 * MINUTE)
    assert SubscriptionState.UNSUBSCRIBED is desk.state


def test_a_stranger_s_request_does_not_make_a_used_link_good_again(desk: Desk, noon: datetime) -> None:
    """Anybody can type the address of someone who left; their old mail must not subscribe them then."""
    subscription_id = desk.request(noon)
    assert subscription_id
    link = desk.link(subscription_id, noon)
    desk.confirm(link, noon + MINUTE)
    desk.unsubscribe(noon + 2 * MINUTE)
    assert desk.request(noon + 10 * MINUTE) == subscription_id
    assert desk.request(noon + 11 * MINUTE) is None
    with pytest.raises(TokenError, match="used up"):
        desk.confirm(link, noon + 12 * MINUTE)
    assert SubscriptionState.UNCONFIRMED is desk.state


def test_who_left_can_come_back(desk: Desk, noon: datetime) -> None:
    """A new request after the pause brings a new link, and that one works."""
    desk.add(noon)
    desk.unsubscribe(noon + MINUTE)
    later = noon + 2 * MINUTE
    subscription_id = desk.request(later)
    assert subscription_id
    desk.confirm(desk.link(subscription_id, later), later + MINUTE)
    assert SubscriptionState.ACTIVE is desk.state


def test_the_operator_cannot_add_who_left(desk: Desk, noon: datetime) -> None:
    """An import never brings back a reader who unsubscribed."""
    subscription_id = desk.add(noon)
    desk.unsubscribe(noon + MINUTE)
    assert subscription_id == desk.add(noon + 2 * MINUTE)
    assert SubscriptionState.UNSUBSCRIBED is desk.state
    assert ConsentEvent.ADDED != desk.events[-1]


def test_a_stranger_s_request_does_not_let_the_operator_add_who_left(desk: Desk, noon: datetime) -> None:
    """A request alone may be anybody's: it opens no way around the reader's own no."""
    desk.add(noon)
    desk.unsubscribe(noon + MINUTE)
    desk.request(noon + 2 * MINUTE)
    desk.add(noon + 3 * MINUTE)
    assert SubscriptionState.UNCONFIRMED is desk.state


def test_the_operator_can_add_who_only_asked(desk: Desk, noon: datetime) -> None:
    """An unconfirmed reader becomes active on the operator's word, and is owed no confirmation any more."""
    subscription_id = desk.request(noon)
    assert subscription_id == desk.add(noon + MINUTE)
    assert SubscriptionState.ACTIVE is desk.state
    assert [ConsentEvent.REQUESTED, ConsentEvent.ADDED] == desk.events


@pytest.mark.parametrize("way", ["added", "joined", "left", "confirmed by an older link"])
def test_the_one_mail_for_several_outlives_its_first(desk: Desk, evening: Desk, noon: datetime, way: str) -> None:
    """Where the newsletter that owes it needs no confirmation any more, the next of the same request owes it."""
    with desk.database.transaction() as connection:
        sport = NewsletterSettings(slug="sport", name="S", publisher="P", sender_address="s@paper.example")
        third = add_newsletter(connection, sport).id
    later = noon + 25 * 60 * MINUTE
    asked = (desk.newsletter.id, evening.newsletter.id)
    if way == "confirmed by an older link":
        older = desk.link(desk.request(noon) or 0, noon)
    with desk.database.transaction() as connection:
        owing = ask_for(connection, asked, ANN, FORM, later)
    assert owing == desk.id
    with desk.database.transaction() as connection:
        if way == "joined":
            own = add_reader(connection, third, ANN, OPERATOR, later)
            join(connection, own, ["daily"], FORM, later + MINUTE)
    if way == "added":
        desk.add(later + MINUTE)
    elif way == "left":
        desk.unsubscribe(later + MINUTE)
    elif way == "confirmed by an older link":
        desk.confirm(older, later + MINUTE)
    assert (False, True) == (desk.is_owed, evening.is_owed)


def test_two_who_leave_all_at_once_do_not_wait_for_each_other(desk: Desk, evening: Desk, noon: datetime) -> None:
    """Pages of two newsletters that both leave all, in different orders: the reader is locked first."""
    first, second = desk.add(noon), evening.add(noon)
    has_begun = Event()

    def leave_the_other_way_round() -> None:
        with desk.database.transaction() as connection:
            unsubscribe(connection, second, LINK, noon)
            has_begun.set()
            unsubscribe(connection, first, LINK, noon)

    with ThreadPoolExecutor(1) as pool:
        with desk.database.transaction() as connection:
            unsubscribe(connection, first, LINK, noon)
            other = pool.submit(leave_the_other_way_round)
            # Never set where the other has to wait for this one.
            has_begun.wait(1)
            unsubscribe(connection, second, LINK, noon)
        other.result()
    assert [SubscriptionState.UNSUBSCRIBED] * 2 == [desk.state, evening.state]


def test_a_suppressed_address_is_asked_nothing(desk: Desk, noon: datetime) -> None:
    """An address we must not mail is owed no confirmation; the answer does not tell."""
    desk.suppress()
    assert desk.request(noon) is None
    assert desk.state is None


def test_a_suppression_ends_when_it_says_so(desk: Desk, noon: datetime) -> None:
    """Once it is over, a request is answered as any other."""
    desk.suppress(until=noon)
    assert desk.request(noon - MINUTE) is None
    assert desk.request(noon + MINUTE)


@pytest.mark.parametrize("lock", [False, True])
def test_an_erased_reader_is_not_found(desk: Desk, noon: datetime, lock: bool) -> None:
    """The link of a reader who was erased leads to an answer, not to a fault."""
    subscription_id = desk.add(noon)
    with desk.database.transaction() as connection:
        connection.execute(sa.delete(subscriber))
    with desk.database.transaction() as connection, pytest.raises(NotFoundError):
        get_subscription(connection, subscription_id, lock=lock)


def test_two_requests_at_once_are_one(desk: Desk, noon: datetime) -> None:
    """A double click makes one reader, one subscription, one line in the log and one confirmation."""
    together = Barrier(6)

    def ask(number: int) -> int | None:
        together.wait()
        return replace(desk, address=ANN if number % 2 else ANN.upper()).request(noon)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask, range(6)))
    assert 1 == sum(answer is not None for answer in answers)
    assert [ConsentEvent.REQUESTED] == desk.events
    with desk.database.transaction() as connection:
        assert 1 == connection.execute(sa.select(sa.func.count()).select_from(subscriber)).scalar_one()


def test_requests_for_two_newsletters_at_once_are_one_mail(desk: Desk, evening: Desk, noon: datetime) -> None:
    """The pause holds for a reader we know, over all newsletters, when many forms are sent in one moment."""
    with desk.database.transaction() as connection:
        put_subscriber(connection, ANN)
    together = Barrier(6)

    def ask(which: Desk) -> int | None:
        together.wait()
        return which.request(noon)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask, [desk, evening] * 3))
    assert 1 == sum(answer is not None for answer in answers)


def test_confirming_and_leaving_at_once_both_count(desk: Desk, noon: datetime) -> None:
    """Whatever the order of two clicks, each is in the log and the last one holds."""
    subscription_id = desk.request(noon)
    assert subscription_id
    link, together = desk.link(subscription_id, noon), Barrier(2)

    def click(leaves: bool) -> bool:
        together.wait()
        try:
            desk.unsubscribe(noon + MINUTE) if leaves else desk.confirm(link, noon + MINUTE)
        except TokenError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        has_left, has_confirmed = pool.map(click, [True, False])
    assert has_left
    assert SubscriptionState.UNSUBSCRIBED is desk.state
    first = [ConsentEvent.CONFIRMED] if has_confirmed else []
    assert [ConsentEvent.REQUESTED, *first, ConsentEvent.UNSUBSCRIBED] == desk.events


@dataclass
class Expected:
    """What a person would say of one address after what has happened to it."""

    state: SubscriptionState | None = None
    asked_at: list[datetime] = field(default_factory=list)
    link_at: datetime | None = None
    has_left: bool = False
    had_come: bool = False

    def request(self, now: datetime) -> bool:
        is_active = self.state is SubscriptionState.ACTIVE
        of_week = [each for each in self.asked_at if now - each < timedelta(days=7)]
        is_new = not of_week or now - of_week[-1] >= DAY
        comes_back = self.state is SubscriptionState.UNSUBSCRIBED and self.had_come
        may_ask = len(of_week) < WEEKLY_ASKS and (is_new or comes_back)
        is_owed = not is_active and may_ask
        if is_owed:
            self.asked_at.append(now)
            self.link_at, self.state, self.had_come = now, SubscriptionState.UNCONFIRMED, False
        return is_owed

    def confirm(self) -> bool:
        if self.state is SubscriptionState.UNCONFIRMED and self.link_at:
            self.state, self.had_come = SubscriptionState.ACTIVE, True
        return self.state is SubscriptionState.ACTIVE

    def unsubscribe(self) -> None:
        self.state, self.link_at, self.has_left = SubscriptionState.UNSUBSCRIBED, None, True

    def add(self) -> None:
        asked = self.state is SubscriptionState.UNCONFIRMED and not self.has_left
        if self.state is None or asked:
            self.state, self.had_come = SubscriptionState.ACTIVE, True


numbers = count()
steps = st.lists(st.sampled_from(["request", "confirm", "unsubscribe", "add", "wait"]), max_size=12)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps)
def test_any_order_of_steps_ends_as_a_person_would_say(desk: Desk, noon: datetime, steps: list[str]) -> None:
    """Over every sequence of requests, clicks and additions the subscription stands where it should."""
    number = next(numbers)
    desk = replace(desk, address=f"reader{number}@reader.example")
    # All ask at one gate, for which time never goes back.
    now = last_link = noon + number * timedelta(days=20)
    expected = Expected()
    for step in steps:
        now += timedelta(hours=25) if step == "wait" else 2 * MINUTE
        if step == "request":
            is_owed = expected.request(now)
            assert is_owed == (desk.request(now) is not None)
            last_link = now if is_owed else last_link
        elif step == "add":
            expected.add()
            desk.add(now)
        elif step == "unsubscribe" and expected.state:
            expected.unsubscribe()
            desk.unsubscribe(now)
        elif step == "confirm" and expected.state:
            claim = (desk.id, last_link)
            with desk.database.transaction() as connection:
                try:
                    is_active = confirm(connection, claim, LINK, now) is not None
                except TokenError:
                    is_active = False
            assert expected.confirm() == is_active
        assert expected.state == desk.state
