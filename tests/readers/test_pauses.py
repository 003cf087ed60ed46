"""Pauses: who gets no edition for how long, and what ends that."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from newsletter.db import Database
from newsletter.errors import ConflictError, SettingsError
from newsletter.publication.newsletters import Newsletter
from newsletter.readers.pauses import LONGEST_PAUSE, end_pauses, pause, pause_end, resume
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import add_reader, unsubscribe
from newsletter.readers.tables import SubscriptionState, subscription
from tests.readers.asking import ask_for
from tests.readers.logged import Logged, log_after_adding

PAGE = Origin("preferences", "192.0.2.0/24")
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@dataclass
class Reader:
    """One active reader of the daily, and what they do at a given moment."""

    database: Database
    id: int

    def pause(self, days: int | None, now: datetime) -> datetime | None:
        with self.database.transaction() as connection:
            return pause(connection, self.id, days, PAGE, now).paused_until

    def resume(self, now: datetime) -> None:
        with self.database.transaction() as connection:
            resume(connection, self.id, PAGE, now)

    def leave(self, now: datetime) -> None:
        with self.database.transaction() as connection:
            unsubscribe(connection, self.id, Origin("one-click"), now)

    @property
    def standing(self) -> tuple[str, datetime | None]:
        """The state, and when a pause ends."""
        with self.database.transaction() as connection:
            columns = (subscription.c.state, subscription.c.paused_until)
            row = connection.execute(sa.select(*columns).where(subscription.c.id == self.id)).one()
        return row.state, row.paused_until

    @property
    def log(self) -> list[Logged]:
        return log_after_adding(self.database)


@pytest.fixture
def reader(database: Database, daily: Newsletter, noon: datetime) -> Reader:
    """Give a reader who was added yesterday."""
    with database.transaction() as connection:
        return Reader(database, add_reader(connection, daily.id, "ann@reader.example", Origin("test"), noon - DAY))


@pytest.mark.parametrize(
    ("now", "days", "end"),
    [
        ("2026-03-02T12:00", 1, "2026-03-04T00:00"),
        ("2026-03-02T05:59", 1, "2026-03-03T00:00"),
        ("2026-03-02T06:00", 1, "2026-03-04T00:00"),
        ("2026-03-02T12:00", 14, "2026-03-17T00:00"),
        ("2026-03-27T12:00", 3, "2026-03-31T00:00"),
    ],
    ids=["after today's", "before today's", "at its very time", "two weeks", "over a change of the clock"],
)
def test_a_pause_spares_so_many_editions(daily: Newsletter, now: str, days: int, end: str) -> None:
    """It begins with the next edition that would come, and ends with the date of the first that comes again."""
    paris = replace(daily, zone="Europe/Paris", send_time=time(7))
    ends_at = pause_end(paris, days, datetime.fromisoformat(f"{now}Z"))
    assert datetime.fromisoformat(end).replace(tzinfo=paris.timezone) == ends_at
    assert UTC is ends_at.tzinfo


@given(
    days=st.integers(1, LONGEST_PAUSE),
    zone=st.sampled_from(["UTC", "Europe/Paris", "Pacific/Auckland", "America/St_Johns", "Africa/Cairo"]),
    minutes=st.integers(0, 366 * 24 * 60),
)
def test_a_pause_is_never_longer_than_said_by_more_than_a_day(days: int, zone: str, minutes: int) -> None:
    """Whatever the clock does: at least a day less than asked for, and at most one more."""
    now = datetime(2026, 1, 1, tzinfo=UTC) + minutes * MINUTE
    settings = Newsletter(
        slug="x", name="X", publisher="P", sender_address="x@x.example", zone=zone, id=1,
        scheduled_since=now, created_at=now,
    )  # fmt: skip
    assert timedelta(days=days - 1) < pause_end(settings, days, now) - now <= timedelta(days=days + 1, hours=1)


@pytest.mark.parametrize("days", [0, -1, 91, 10**9])
def test_no_pause_is_that_long(reader: Reader, noon: datetime, days: int) -> None:
    """One to ninety days, and nothing is changed otherwise."""
    with pytest.raises(SettingsError, match="1 to 90"):
        reader.pause(days, noon)
    assert (SubscriptionState.ACTIVE, None) == reader.standing


def test_pausing_twice_is_pausing_once(reader: Reader, noon: datetime) -> None:
    """An impatient finger neither lengthens the pause nor fills the log."""
    end = reader.pause(14, noon)
    assert end == reader.pause(14, noon + MINUTE)
    assert (SubscriptionState.PAUSED, end) == reader.standing
    assert [("paused", "preferences", "192.0.2.0/24")] == reader.log


def test_a_pause_under_way_may_get_another_end(reader: Reader, noon: datetime) -> None:
    """Longer, shorter, or none."""
    ends = [reader.pause(days, noon) for days in (7, 30, 1, None)]
    assert [datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 4, 2, tzinfo=UTC)] == ends[:2]
    assert (SubscriptionState.PAUSED, None) == reader.standing
    assert ["paused"] * 4 == [event for event, *_ in reader.log]


def test_resuming(reader: Reader, noon: datetime) -> None:
    """A pause ends by a word, once; where there is none, nothing happens."""
    reader.pause(None, noon)
    reader.resume(noon + DAY)
    reader.resume(noon + DAY)
    assert (SubscriptionState.ACTIVE, None) == reader.standing
    assert ["paused", "resumed"] == [event for event, *_ in reader.log]


def test_leaving_ends_a_pause(reader: Reader, noon: datetime) -> None:
    """Nobody comes back by themselves who left during a pause."""
    reader.pause(14, noon)
    reader.leave(noon)
    assert (SubscriptionState.UNSUBSCRIBED, None) == reader.standing
    with reader.database.transaction() as connection:
        assert 0 == end_pauses(connection, noon + 20 * DAY)


@pytest.mark.parametrize("is_known", [True, False], ids=["left", "not yet confirmed"])
def test_only_who_reads_can_pause(reader: Reader, daily: Newsletter, noon: datetime, *, is_known: bool) -> None:
    """Where no edition comes, there is nothing to pause, and pausing is no way in."""
    if is_known:
        reader.leave(noon)
    else:
        with reader.database.transaction() as connection:
            asked = ask_for(connection, daily.id, "new@reader.example", PAGE, noon)
        assert asked is not None
        reader.id = asked
    before = reader.standing
    with pytest.raises(ConflictError):
        reader.pause(14, noon)
    with pytest.raises(ConflictError):
        reader.resume(noon)
    assert before == reader.standing


def test_pauses_end_by_themselves(reader: Reader, daily: Newsletter, noon: datetime) -> None:
    """All that are over, not a second earlier; those without an end stay, and the log says how each ended."""
    end = reader.pause(14, noon)
    assert end is not None
    with reader.database.transaction() as connection:
        forever = add_reader(connection, daily.id, "bo@reader.example", Origin("test"), noon)
        pause(connection, forever, None, PAGE, noon)
        assert 0 == end_pauses(connection, end - timedelta(microseconds=1))
        assert 1 == end_pauses(connection, end)
        assert 0 == end_pauses(connection, end)
    assert (SubscriptionState.ACTIVE, None) == reader.standing
    assert (SubscriptionState.PAUSED, None) == replace(reader, id=forever).standing
    assert ("resumed", "end of pause", "") == reader.log[-1]


def test_a_pause_that_has_ended_can_begin_again(reader: Reader, noon: datetime) -> None:
    """Before any tick wrote that it was over."""
    end = reader.pause(1, noon)
    assert end is not None
    again = reader.pause(1, end + MINUTE)
    assert (SubscriptionState.PAUSED, again) == reader.standing
    assert end < (again or end)
