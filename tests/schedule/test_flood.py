"""A crowd at the form is told once, for as long as confirmations wait."""

from datetime import timedelta

import sqlalchemy as sa

from newsletter.delivery.correspondence.confirmation import due_confirmations
from newsletter.readers.gate import Gate
from newsletter.readers.sign_ups import SignUp
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import request_subscription
from newsletter.readers.tables import subscription
from newsletter.schedule.alarms import Alarm, alarms_in_force
from newsletter.schedule.heartbeat import note_tick
from newsletter.schedule.tables import AlarmKind, alarm
from newsletter.schedule.watchdog import Patience, watch
from newsletter.tokens import Tokens
from tests.schedule.conftest import Desk

PATIENCE = Patience(timedelta(minutes=5), timedelta(hours=24))
GATE = Gate(Tokens("a-secret-only-for-tests-0123456789abcdef"), per_network=1000, per_hour=12)
HOUR = timedelta(hours=1)


def come(desk: Desk, first: int, count: int, hours: float = 0) -> None:
    """Let so many strangers ask."""
    with desk.database.transaction() as connection:
        for number in range(first, first + count):
            sign_up = SignUp(f"reader{number}@reader.example", (desk.newsletter.id,), Origin("form"))
            assert request_subscription(connection, GATE, sign_up, desk.now + hours * HOUR)


def pay(desk: Desk, hours: float) -> None:
    """Mail what is due by then."""
    with desk.database.transaction() as connection:
        due = due_confirmations(connection, desk.now + hours * HOUR)
        paid = sa.update(subscription).where(subscription.c.id.in_(due))
        connection.execute(paid.values(confirmation_due_at=None))


def look(desk: Desk, hours: float = 0) -> list[Alarm]:
    """Look after some hours, and return the alarms in force."""
    with desk.database.transaction() as connection:
        note_tick(connection)
        watch(connection, PATIENCE, desk.now + hours * HOUR, has_waited=False)
        return alarms_in_force(connection)


def test_an_hour_s_worth_is_no_alarm(desk: Desk) -> None:
    """Readers who find room at once are nobody's business."""
    come(desk, 0, 1)
    assert [] == look(desk)


def test_a_crowd_is_told_once_and_its_end(desk: Desk) -> None:
    """The alarm says how many wait and until when; it lasts until the last mail has left, and is not repeated."""
    come(desk, 0, 31)
    pay(desk, 0)
    (told,) = look(desk)
    assert (AlarmKind.SIGN_UPS, None) == (told.kind, told.newsletter_id)
    assert "30 confirmations wait" in told.reason
    assert "the last leaves at 2026-03-02 14:30 UTC" in told.reason
    come(desk, 40, 5, hours=1)
    pay(desk, 2)
    assert [told] == look(desk, 2)
    pay(desk, 3)
    assert [] == look(desk, 3)
    with desk.database.transaction() as connection:
        assert 1 == connection.execute(sa.select(sa.func.count()).select_from(alarm)).scalar_one()


def test_another_crowd_is_another_alarm(desk: Desk) -> None:
    """Weeks later it is told anew."""
    for week in range(2):
        come(desk, 100 * week, 31, hours=week * 168)
        (told,) = look(desk, week * 168)
        pay(desk, week * 168 + 4)
        assert [] == look(desk, week * 168 + 4)
    assert told.raised_at == desk.now + 168 * HOUR


def test_a_relay_that_is_away_is_no_crowd(desk: Desk) -> None:
    """Confirmations that wait for their next try do not wait for room."""
    come(desk, 0, 1)
    with desk.database.transaction() as connection:
        later = desk.now + timedelta(minutes=5)
        connection.execute(sa.update(subscription).values(confirmation_due_at=later, confirmation_attempts=1))
    assert [] == look(desk, 0.01)
    come(desk, 1, 1)
    with desk.database.transaction() as connection:
        connection.execute(sa.update(subscription).values(confirmation_due_at=later, confirmation_attempts=0))
    assert [] == look(desk, 0.09)
