"""Readers' own hours: one edition in waves, each due at its readers' hour where they are."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.delivery import control
from newsletter.delivery.plan import HELD_BACK, Slicing, release_held_back
from newsletter.delivery.reconcile import close_edition, is_due, reconcile
from newsletter.delivery.start import extend_audience, start_sending
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import batch, delivery
from newsletter.delivery.waves import LONGEST_WAVE, first_at
from newsletter.edition.states import EditionState
from newsletter.edition.tables import EditionKind, edition
from newsletter.publication.tables import newsletter
from newsletter.readers.store import set_zone
from newsletter.readers.tables import Frequency, subscription
from tests.delivery.mail import mailed
from tests.delivery.press import Press

DUE = datetime.now(UTC).replace(hour=7, minute=0, second=0, microsecond=0) + timedelta(days=1)
"""Seven in the newsletter's zone, tomorrow: nothing of it has come by the database's clock."""

ZONES = {"": 0, "Asia/Tokyo": 0, "America/Phoenix": 7, "Pacific/Honolulu": 10, "America/Sao_Paulo": 3}
"""How many hours after the newsletter's own time each zone's readers have theirs; none changes its clock."""


@pytest.fixture
def planned(press: Press) -> int:
    """Give an edition of tomorrow that is ready, of a newsletter that keeps its readers' hours."""
    edition_id = press.make_ready([], on=DUE.date())
    with press.database.transaction() as connection:
        connection.execute(sa.update(newsletter).values(reader_hours=True))
        connection.execute(sa.update(edition).values(due_at=DUE))
    return edition_id


def add(press: Press, count: int, zones: list[str]) -> None:
    """Add readers whose zones follow each other in turns."""
    ids = press.add_readers(*(f"reader{number}" for number in range(count)))
    with press.database.transaction() as connection:
        for number, each in enumerate(ids):
            set_zone(connection, each, zones[number % len(zones)])


def start(press: Press, edition_id: int) -> None:
    with press.database.transaction() as connection:
        assert EditionState.SENDING is start_sending(connection, edition_id, DUE, press.slicing)


def waves(press: Press, edition_id: int) -> list[tuple[int, int, float | None]]:
    """Return each batch's first and last delivery, and its hours from DUE to when it is due; None is held back."""
    query = sa.select(batch).where(batch.c.edition_id == edition_id).order_by(batch.c.id)
    with press.database.transaction() as connection:
        held = sa.select(batch.c.id).where(batch.c.due_at == HELD_BACK)
        held_back = set(connection.execute(held).scalars())
        rows = connection.execute(query.with_only_columns(batch.c.id, batch.c.first_id, batch.c.last_id)).all()
        due = dict(
            connection.execute(sa.select(batch.c.id, batch.c.due_at).where(batch.c.due_at < HELD_BACK)).all()
        )
    hours = {number: (moment - DUE).total_seconds() / 3600 for number, moment in due.items()}
    return [(first, last, None if number in held_back else hours[number]) for number, first, last in rows]


def hours_of(press: Press, edition_id: int) -> dict[str, set[float]]:
    """Return at which hours after DUE the readers of each zone are due; less than none is at once."""
    query = sa.text(
        "SELECT s.zone, extract(epoch from b.due_at) FROM delivery d "
        "JOIN subscription s ON s.id = d.subscription_id "
        "JOIN batch b ON d.id BETWEEN b.first_id AND b.last_id WHERE d.edition_id = :edition"
    )
    found: dict[str, set[float]] = {}
    with press.database.transaction() as connection:
        for zone, epoch in connection.execute(query, {"edition": edition_id}):
            hours = (float(epoch) - DUE.timestamp()) / 3600
            found.setdefault(zone, set()).add(max(hours, 0.0))
    return found


def test_each_reader_s_hour(press: Press, planned: int) -> None:
    """Readers to the west are due later, those to the east at the newsletter's time, and each in one batch."""
    press.slicing = Slicing(batch_size=50)
    add(press, 1_000, list(ZONES))
    start(press, planned)
    assert {zone: {float(hours)} for zone, hours in ZONES.items()} == hours_of(press, planned)
    batches = waves(press, planned)
    assert 20 == len(batches)
    assert {50} == {last - first + 1 for first, last, _ in batches}
    assert all(before[1] < after[0] for before, after in pairwise(batches))
    assert {DeliveryState.PENDING: 1_000} == press.counts(planned)


@pytest.mark.parametrize("why", ["not asked for", "named readers"])
def test_at_once_where_nobody_asked_for_hours(press: Press, planned: int, why: str) -> None:
    """A newsletter that does not keep them, and an edition for readers by name, go to all at once."""
    add(press, 4, ["Pacific/Honolulu", ""])
    with press.database.transaction() as connection:
        if why == "not asked for":
            connection.execute(sa.update(newsletter).values(reader_hours=False))
        else:
            connection.execute(sa.update(edition).values(subscription_ids=[1, 2, 3, 4]))
    start(press, planned)
    assert [(1, 4)] == [(first, last) for first, last, _ in waves(press, planned)]
    assert {0.0} == set.union(*hours_of(press, planned).values())


def test_no_wave_is_more_than_a_day_later(press: Press, planned: int) -> None:
    """Asked for by hand long before, an edition still reaches everybody within 24 hours of its own time."""
    add(press, 1, ["Pacific/Honolulu"])
    early = DUE - timedelta(hours=20)
    with press.database.transaction() as connection:
        connection.execute(sa.update(edition).values(due_at=early))
    start(press, planned)
    assert {"Pacific/Honolulu": {4.0}} == hours_of(press, planned)


def test_the_canary_is_of_the_first_wave(press: Press, planned: int) -> None:
    """Nobody goes ahead of their own hour; let go, each wave is due at its own."""
    press.slicing = Slicing(batch_size=10, canary=5)
    add(press, 8, ["", "America/Phoenix", "Pacific/Honolulu", "America/Phoenix"])
    start(press, planned)
    first, *rest = waves(press, planned)
    assert (1, 2) == first[:2]
    assert [(3, 6, None), (7, 8, None)] == rest
    press.change(delivery.c.id <= 2, state="accepted", attempts=1)
    with press.database.transaction() as connection:
        assert release_held_back(connection, planned) is None
    assert [(3, 6, 7.0), (7, 8, 10.0)] == waves(press, planned)[1:]


def test_a_wave_lives_from_its_own_hour(press: Press, planned: int) -> None:
    """However long it waits for its hour, also over a pause, nothing of it expires, and the edition goes on."""
    add(press, 2, ["", "Pacific/Honolulu"])
    start(press, planned)
    with press.database.transaction() as connection:
        control.pause(connection, planned, "A look.")
        control.resume(connection, planned)
    assert 10.0 == waves(press, planned)[1][2]
    past = sa.func.now() - timedelta(hours=1)
    with press.database.transaction() as connection:
        connection.execute(sa.update(batch).where(batch.c.id == 1).values(created_at=past))
        assert reconcile(connection, planned, timedelta(minutes=30)) is None
        assert not close_edition(connection, planned, DUE)
    assert {DeliveryState.EXPIRED: 1, DeliveryState.PENDING: 1} == press.counts(planned)


def test_nobody_is_mailed_before_their_hour(press: Press, planned: int) -> None:
    """A task that drains the edition leaves later waves alone, and the edition is done when the last is out."""
    add(press, 6, ["", "America/Phoenix", "Pacific/Honolulu"])
    start(press, planned)
    press.submit(planned)
    assert ["reader0@example.org", "reader3@example.org"] == mailed(press)
    with press.database.transaction() as connection:
        assert not is_due(connection, planned)
        assert not close_edition(connection, planned, DUE)
        connection.execute(sa.update(batch).where(batch.c.due_at.is_not(None)).values(due_at=sa.func.now()))
        assert is_due(connection, planned)
    press.submit(planned)
    assert {DeliveryState.ACCEPTED: 6} == press.counts(planned)
    with press.database.transaction() as connection:
        assert close_edition(connection, planned, DUE)


def test_who_joins_later_has_their_hour_too(press: Press, planned: int) -> None:
    """A reader added while waves wait is due with their own."""
    add(press, 1, [""])
    start(press, planned)
    (late,) = press.add_readers("late")
    with press.database.transaction() as connection:
        set_zone(connection, late, "America/Phoenix")
        assert 1 == extend_audience(connection, planned, None, DUE)
    assert {"": {0.0}, "America/Phoenix": {7.0}} == hours_of(press, planned)


@pytest.mark.parametrize(
    ("zone", "hour", "expected"),
    [
        ("", time(7), 0.0),
        ("", time(18), 11.0),
        ("", time(6), 23.0),
        ("Asia/Tokyo", time(16), 0.0),
        ("Asia/Tokyo", time(7), 15.0),
        ("America/Phoenix", time(7), 7.0),
        ("America/Phoenix", time(20), 20.0),
        ("Mars/Olympus", time(8), 1.0),
    ],
)
def test_an_hour_that_was_chosen(press: Press, planned: int, zone: str, hour: time, expected: float) -> None:
    """Met the first time that it comes where the reader is; a zone that is none any more is the newsletter's."""
    press.add_readers("ann")
    with press.database.transaction() as connection:
        connection.execute(sa.update(subscription).values(zone=zone, hour=hour))
    start(press, planned)
    assert {zone: {expected}} == hours_of(press, planned)


def test_hours_and_zones_together(press: Press, planned: int) -> None:
    """A wave for each hour that differs, in the order of the clock; of one hour, readers share batches."""
    press.slicing = Slicing(batch_size=50)
    add(press, 600, ["", "America/Phoenix", "Pacific/Honolulu"])
    with press.database.transaction() as connection:
        columns = subscription.c
        connection.execute(sa.update(subscription).where(columns.id % 2 == 0).values(hour=time(9)))
    start(press, planned)
    expected = {"": {0.0, 2.0}, "America/Phoenix": {7.0, 9.0}, "Pacific/Honolulu": {10.0, 12.0}}
    assert expected == hours_of(press, planned)
    batches = waves(press, planned)
    assert 12 == len(batches)
    due = [hours for *_, hours in batches]
    assert sorted(due, key=lambda hours: hours or 0.0) == due


@pytest.mark.parametrize(("kind", "expected"), [(EditionKind.WEEKLY, 2.0), (EditionKind.BREAKING, 0.0)])
def test_which_kinds_have_hours(press: Press, planned: int, kind: EditionKind, expected: float) -> None:
    """A weekly edition comes at its readers' hour too; what cannot wait does not wait for it."""
    press.add_readers("ann")
    with press.database.transaction() as connection:
        wishes = {"hour": time(9), "breaking": True, "frequency": Frequency.WEEKLY}
        connection.execute(sa.update(subscription).values(wishes))
        connection.execute(sa.update(edition).values(kind=kind))
    start(press, planned)
    assert {"": {expected}} == hours_of(press, planned)


@settings(deadline=None)
@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 — bounds alone
    st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0)),
    st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"]),
)
def test_the_first_time_that_it_is_that_hour(after: datetime, at: time, name: str) -> None:
    """Never before, hardly more than a day after, and by the local clock unless that jumped over the hour."""
    moment = first_at(after, at, ZoneInfo(name))
    assert after <= moment <= after + LONGEST_WAVE + timedelta(hours=25)
    local = moment.astimezone(ZoneInfo(name))
    before = (moment - timedelta(hours=3)).astimezone(ZoneInfo(name))
    jumped = local.utcoffset() != before.utcoffset()
    assert jumped or at == local.time()
