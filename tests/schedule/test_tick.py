"""The tick creates what is due, once, and rings for everything that waits."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import delivery
from newsletter.edition.states import EditionState
from newsletter.edition.store import cancel
from newsletter.errors import ConflictError
from newsletter.gather.tables import source
from newsletter.publication.newsletters import (
    NewsletterSettings,
    add_newsletter,
    change_newsletter,
    get_newsletter,
)
from newsletter.publication.tables import newsletter
from newsletter.readers.address_changes import find_side
from newsletter.readers.gate import Gate
from newsletter.readers.moving import ask_change
from newsletter.readers.pauses import pause
from newsletter.readers.sign_ups import SignUp, put_sign_up
from newsletter.readers.store import Origin, find_reader
from newsletter.readers.subscribe import add_reader, confirm
from newsletter.readers.tables import SubscriptionState, allowance, subscription
from newsletter.schedule.proofs import PREFLIGHT_LIMIT
from newsletter.schedule.request import reassemble
from newsletter.schedule.tick import tick
from newsletter.tokens import Tokens
from tests.readers.asking import ask_for
from tests.schedule.conftest import Desk

MADE_AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def clock(desk: Desk) -> Desk:
    """Give the desk of a newsletter that is due at seven in Paris and has been there for long."""
    with desk.database.transaction() as connection:
        connection.execute(sa.update(newsletter).values(zone="Europe/Paris", scheduled_since=MADE_AT))
    return desk


def ring(desk: Desk, now: str) -> list[Bell]:
    with desk.database.transaction() as connection:
        return tick(connection, datetime.fromisoformat(now))


def keys(desk: Desk) -> list[tuple[str, EditionState]]:
    return sorted((each.key, each.state) for each in desk.editions())


def test_an_edition_is_made_at_its_cut_off(clock: Desk) -> None:
    """Not a second before twenty to seven on the wall, and then with a bell; it is due at seven."""
    ring(clock, "2026-03-02T05:39:59Z")
    assert ("2026-03-02", EditionState.PLANNED) not in keys(clock)
    bells = ring(clock, "2026-03-02T05:40:00Z")
    latest = max(clock.editions(), key=lambda each: each.id)
    assert ("2026-03-02", EditionState.PLANNED) == (latest.key, latest.state)
    assert datetime(2026, 3, 2, 6, 0, tzinfo=UTC) == latest.due_at
    assert [Bell(TaskName.ADVANCE_EDITION, latest.id)] == bells


def test_pauses_that_are_over_end(clock: Desk) -> None:
    """Who paused for a day is active with the first tick of the date after the next, and not before."""
    with clock.database.transaction() as connection:
        reader = add_reader(connection, clock.newsletter.id, "rest@example.org", Origin("test"), MADE_AT)
        pause(connection, reader, 1, Origin("test"), datetime.fromisoformat("2026-03-02T12:00:00Z"))

    def state() -> str:
        query = sa.select(subscription.c.state).where(subscription.c.id == reader)
        with clock.database.transaction() as connection:
            return str(connection.execute(query).scalar_one())

    ring(clock, "2026-03-03T22:59:59Z")
    assert SubscriptionState.PAUSED == state()
    ring(clock, "2026-03-03T23:00:00Z")
    assert SubscriptionState.ACTIVE == state()


def test_ringing_twice_changes_nothing(clock: Desk) -> None:
    """The second tick makes no edition and rings for the same ones."""
    first = ring(clock, "2026-03-02T06:00:00Z")
    editions = clock.editions()
    assert first == ring(clock, "2026-03-02T06:00:00Z")
    assert editions == clock.editions()


def test_ticks_at_once_make_one_edition(clock: Desk) -> None:
    """Six beats in the same moment are one."""
    together = Barrier(6)

    def beat(_: int) -> None:
        together.wait()
        ring(clock, "2026-03-02T06:00:00Z")

    with ThreadPoolExecutor(6) as pool:
        for each in [pool.submit(beat, number) for number in range(6)]:
            each.result()
    assert [("2026-03-01", EditionState.MISSED), ("2026-03-02", EditionState.PLANNED)] == keys(clock)


def test_one_edition_after_an_outage(clock: Desk) -> None:
    """Each date that nothing ran on has its verdict; the latest alone is sent."""
    ring(clock, "2026-03-02T06:00:00Z")
    ring(clock, "2026-03-06T07:00:00Z")
    lost = [(f"2026-03-0{day}", EditionState.MISSED) for day in (3, 4, 5)]
    assert lost == [each for each in keys(clock) if "2026-03-02" < each[0] < "2026-03-06"]
    assert ("2026-03-06", EditionState.PLANNED) == keys(clock)[-1]


def test_of_two_dates_that_are_not_too_late_one_is_sent(clock: Desk) -> None:
    """Where a day late is not too late, yesterday's edition gives way to today's, and says so."""
    with clock.database.transaction() as connection:
        change_newsletter(connection, "daily", {"late_hours": "24"})
    ring(clock, "2026-03-03T05:50:00Z")
    assert [EditionState.MISSED, EditionState.PLANNED] == [state for _, state in keys(clock)][-2:]
    reasons = {each.key: each.reason for each in clock.editions()}
    assert "the edition of 2026-03-03 takes its place" in reasons["2026-03-02"]


def test_weekends_and_days_off_make_no_edition(clock: Desk) -> None:
    """A date on which it does not appear has neither an edition nor a verdict."""
    with clock.database.transaction() as connection:
        chosen = {"send_days": "mon tue wed thu fri", "days_off": "03-03"}
        connection.execute(sa.update(newsletter).values(**chosen))
    for day in range(1, 10):
        ring(clock, f"2026-03-0{day}T06:00:00Z")
    assert ["2026-03-02", "2026-03-04", "2026-03-05", "2026-03-06", "2026-03-09"] == [
        key for key, _ in keys(clock)
    ]


def test_a_date_that_a_move_east_overtook_is_told(clock: Desk) -> None:
    """A newsletter that moves to where seven has passed loses that date, and says why; none is sent twice."""
    ring(clock, "2026-03-02T06:00:00Z")
    with clock.database.transaction() as connection:
        moved = datetime.fromisoformat("2026-03-02T20:00:00Z")
        connection.execute(sa.update(newsletter).values(zone="Pacific/Auckland", scheduled_since=moved))
    ring(clock, "2026-03-02T20:00:30Z")
    assert ("2026-03-03", EditionState.MISSED) == keys(clock)[-1]
    told = next(each.reason for each in clock.editions() if each.key == "2026-03-03")
    assert "Its time had passed when the timetable was changed at 2026-03-02 20:00 UTC." == told
    ring(clock, "2026-03-03T18:00:00Z")
    assert ("2026-03-04", EditionState.PLANNED) == keys(clock)[-1]


def test_a_move_west_sends_no_date_twice(clock: Desk) -> None:
    """Where seven lies ahead once more, the date's edition is there already."""
    ring(clock, "2026-03-02T06:00:00Z")
    with clock.database.transaction() as connection:
        moved = datetime.fromisoformat("2026-03-02T08:00:00Z")
        connection.execute(sa.update(newsletter).values(zone="America/Los_Angeles", scheduled_since=moved))
    before = keys(clock)
    ring(clock, "2026-03-02T15:00:00Z")
    assert before == keys(clock)


@pytest.mark.parametrize(("first", "last"), [("2026-03-27", "2026-03-31"), ("2026-10-23", "2026-10-27")])
def test_one_edition_a_date_across_the_clock_changes(clock: Desk, first: str, last: str) -> None:
    """Ticked every twenty minutes through a change of the clock, each date has one edition, made at seven."""
    now, end = (datetime.fromisoformat(f"{day}T00:00:00Z") for day in (first, last))
    due: set[int | None] = set()
    with clock.database.transaction() as connection:
        connection.execute(sa.update(newsletter).values(scheduled_since=now))
        while now < end:
            due |= {bell.id for bell in tick(connection, now) if bell.task is TaskName.ADVANCE_EDITION}
            now += timedelta(minutes=20)
    editions = sorted(clock.editions(), key=lambda each: each.key)
    assert 4 == len(editions)
    assert 4 == len({each.key for each in editions})
    assert {7} == {each.due_at.astimezone(ZoneInfo("Europe/Paris")).hour for each in editions}
    assert due == {each.id for each in editions}


def test_a_late_start_still_sends_today_s_news(clock: Desk) -> None:
    """Up to six hours late the edition is made, and after that it is missed."""
    ring(clock, "2026-03-02T12:00:00Z")
    assert ("2026-03-02", EditionState.PLANNED) in keys(clock)
    ring(clock, "2026-03-03T12:00:01Z")
    assert ("2026-03-03", EditionState.MISSED) in keys(clock)


def test_a_missed_edition_is_recorded_once_with_its_reason(clock: Desk) -> None:
    """The reason names when it was due and when something ran again; later ticks leave it alone."""
    ring(clock, "2026-03-02T20:00:00Z")
    ring(clock, "2026-03-02T21:00:00Z")
    missed = {each.key: each for each in clock.editions()}["2026-03-02"]
    assert EditionState.MISSED is missed.state
    assert "due at 06:00 UTC" in missed.reason
    assert "2026-03-02 20:00 UTC" in missed.reason


def test_a_missed_edition_is_not_rung_for(clock: Desk) -> None:
    """What is over is over, whatever the tick finds."""
    assert [] == ring(clock, "2026-03-02T20:00:00Z")


def test_a_newsletter_missed_nothing_before_it_was_there(clock: Desk) -> None:
    """Its first edition is the first that was due after it was made."""
    made_at = datetime.fromisoformat("2026-03-02T10:00:00Z")
    with clock.database.transaction() as connection:
        connection.execute(sa.update(newsletter).values(scheduled_since=made_at))
    ring(clock, "2026-03-02T10:00:30Z")
    assert [] == keys(clock)
    ring(clock, "2026-03-03T06:00:00Z")
    assert [("2026-03-03", EditionState.PLANNED)] == keys(clock)


def test_an_edition_cancelled_before_its_time_is_not_made_again(clock: Desk) -> None:
    """The timetable does not overrule an admin."""
    ring(clock, "2026-03-02T06:00:00Z")
    latest = max(each.id for each in clock.editions())
    with clock.database.transaction() as connection:
        cancel(connection, latest, EditionState.PLANNED)
    assert [] == ring(clock, "2026-03-02T06:00:30Z")
    assert ("2026-03-02", EditionState.CANCELLED) in keys(clock)


def test_a_newsletter_without_a_timetable_is_left_alone(clock: Desk) -> None:
    """Editions of an unscheduled newsletter are made only when somebody asks."""
    with clock.database.transaction() as connection:
        connection.execute(sa.update(newsletter).values(scheduled=False))
    ring(clock, "2026-03-02T06:00:00Z")
    assert [] == keys(clock)


def test_every_newsletter_keeps_its_own_time(clock: Desk) -> None:
    """What is morning for one is night for another."""
    chosen = NewsletterSettings(
        slug="york", name="Y", publisher="P", sender_address="y@paper.example", zone="America/New_York"
    )
    with clock.database.transaction() as connection:
        york = add_newsletter(connection, chosen)
        connection.execute(sa.update(newsletter).values(scheduled_since=MADE_AT))
    ring(clock, "2026-03-02T06:00:00Z")
    planned = {each.newsletter_id for each in clock.editions() if each.state is EditionState.PLANNED}
    assert {clock.newsletter.id} == planned
    ring(clock, "2026-03-02T12:00:00Z")
    planned = {each.newsletter_id for each in clock.editions() if each.state is EditionState.PLANNED}
    assert {clock.newsletter.id, york.id} == planned


def test_the_tick_rings_for_all_that_waits(desk: Desk) -> None:
    """Sources that are due, editions that are not over, sign-ups and owed confirmations each get a bell."""
    paper, radio = desk.source("paper"), desk.source("radio")
    now = desk.now
    with desk.database.transaction() as connection:
        connection.execute(sa.update(source).values(next_poll_at=now))
        connection.execute(
            sa.update(source).where(source.c.id == radio.id).values(next_poll_at=now + timedelta(1))
        )
        connection.execute(sa.update(newsletter).values(scheduled=False))
        owed = ask_for(connection, desk.newsletter.id, "ann@reader.example", Origin("form"), now)
        wish = SignUp("bob@reader.example", (desk.newsletter.id,), Origin("form"))
        undecided = put_sign_up(connection, wish, now)
    edition_id = desk.plan()
    with desk.database.transaction() as connection:
        bells = tick(connection, now)
    assert [
        Bell(TaskName.GATHER_SOURCE, paper.id),
        Bell(TaskName.ADVANCE_EDITION, edition_id),
        Bell(TaskName.HANDLE_SIGN_UP, undecided),
        Bell(TaskName.SUBMIT_CONFIRMATION, owed),
    ] == bells


def test_the_tick_forgets_what_nobody_confirmed(desk: Desk) -> None:
    """A week after a stranger was typed into the form, no row knows of them."""
    with desk.database.transaction() as connection:
        ask_for(connection, desk.newsletter.id, "ann@reader.example", Origin("form"), desk.now)
        tick(connection, desk.now + timedelta(days=6))
        assert [("daily", SubscriptionState.UNCONFIRMED)] == find_reader(connection, "ann@reader.example")
        tick(connection, desk.now + timedelta(days=9))
        assert [] == find_reader(connection, "ann@reader.example")
        assert 0 == connection.execute(sa.select(sa.func.count()).select_from(allowance)).scalar_one()


def test_the_tick_rings_for_letters_and_proofs(clock: Desk) -> None:
    """What a reader is owed, and what editors see before it goes out, once that was checked or took long."""
    desk = at(clock, "2026-03-02T05:45:00+00:00")
    desk.publish(desk.source(), 1, 2, 3, 4)
    with desk.database.transaction() as connection:
        change_newsletter(connection, "daily", {"editors": "ed@paper.example"})
        asked = ask_for(connection, desk.newsletter.id, "new@reader.example", Origin("form"), desk.now)
        assert asked is not None
        confirm(connection, (asked, desk.now), Origin("link"), desk.now)
        tick(connection, desk.now)
    edition = desk.editions()[0]
    desk.advance(edition.id)
    with desk.database.transaction() as connection:
        first = tick(connection, desk.now)
        later = tick(connection, desk.now + PREFLIGHT_LIMIT)
    proof = Bell(TaskName.SUBMIT_PROOF, edition.id)
    assert (1, False, True) == (first.count(Bell(TaskName.SUBMIT_LETTER, 1)), proof in first, proof in later)


def test_the_tick_cleans_up_behind_a_cancelled_edition(ready_to_send: Desk) -> None:
    """Who waited when an edition was cancelled has that outcome from the next tick on."""
    desk = ready_to_send
    edition_id = desk.plan()
    desk.advance(edition_id)
    with desk.database.transaction() as connection:
        cancel(connection, edition_id, EditionState.SENDING)
        tick(connection, desk.now)
        assert [DeliveryState.CANCELLED] == list(connection.execute(sa.select(delivery.c.state)).scalars())


def at(desk: Desk, moment: str) -> Desk:
    """Return the desk at another moment."""
    return replace(desk, now=datetime.fromisoformat(moment))


def test_what_was_tried_and_skipped_before_its_time_has_its_time_all_the_same(clock: Desk) -> None:
    """A try at night without articles or readers does not cost the morning its edition."""
    night = at(clock, "2026-03-02T02:00:00Z")
    edition_id = night.ask().edition_id
    night.advance(edition_id)
    assert EditionState.SKIPPED is clock.edition(edition_id).state
    bells = ring(clock, "2026-03-02T06:00:00Z")
    assert Bell(TaskName.ADVANCE_EDITION, edition_id) in bells
    assert EditionState.PLANNED is clock.edition(edition_id).state


def test_an_edition_that_is_ready_waits_for_its_time(clock: Desk) -> None:
    """Gathered and assembled at the cut-off, it is sent at seven."""
    clock.reader()
    early = at(clock, "2026-03-02T05:41:00Z")
    early.publish(early.source(), 1, 2, 3)
    ring(clock, "2026-03-02T05:40:00Z")
    edition_id = max(each.id for each in clock.editions())
    early.advance(edition_id)
    early.advance(edition_id)
    assert EditionState.READY is clock.edition(edition_id).state
    ring(clock, "2026-03-02T05:59:00Z")
    at(clock, "2026-03-02T05:59:59Z").advance(edition_id)
    assert EditionState.READY is clock.edition(edition_id).state
    assert Bell(TaskName.ADVANCE_EDITION, edition_id) in ring(clock, "2026-03-02T06:00:00Z")
    at(clock, "2026-03-02T06:00:00Z").advance(edition_id)
    assert EditionState.SENDING is clock.edition(edition_id).state


def test_what_waits_for_its_time_is_sent_at_once_where_somebody_asks(clock: Desk) -> None:
    """The button does not wait for seven, and seven sends nothing more."""
    clock.reader()
    early = at(clock, "2026-03-02T05:41:00Z")
    early.publish(early.source(), 1, 2, 3)
    ring(clock, "2026-03-02T05:40:00Z")
    edition_id = early.ask().edition_id
    early.advance(edition_id)
    assert EditionState.SENDING is clock.edition(edition_id).state
    early.accept_all()
    early.advance(edition_id)
    ring(clock, "2026-03-02T06:00:00Z")
    assert EditionState.DONE is clock.edition(edition_id).state


def test_what_is_ready_can_be_assembled_anew_before_its_time(clock: Desk) -> None:
    """An editor's mark brings it back to be chosen again, without asking the sources, and still for seven."""
    clock.reader()
    early = at(clock, "2026-03-02T05:41:00Z")
    early.publish(early.source(), 1, 2, 3)
    ring(clock, "2026-03-02T05:40:00Z")
    edition_id = max(each.id for each in clock.editions())
    early.advance(edition_id)
    first = clock.edition(edition_id)
    with clock.database.transaction() as connection:
        assert (Bell(TaskName.ADVANCE_EDITION, edition_id),) == reassemble(connection, edition_id, early.now)
        with pytest.raises(ConflictError):
            reassemble(connection, edition_id, early.now)
    assert [] == at(clock, "2026-03-02T05:50:00Z").advance(edition_id)
    again = clock.edition(edition_id)
    assert (EditionState.READY, first.due_at) == (again.state, again.due_at)
    assert first.ready_at != again.ready_at


def test_what_was_skipped_at_its_time_stays_skipped(clock: Desk) -> None:
    """The timetable asks once: nothing to say at seven is nothing to say that day."""
    ring(clock, "2026-03-02T06:00:00Z")
    seven = at(clock, "2026-03-02T06:00:10Z")
    edition_id = max(each.id for each in clock.editions())
    seven.advance(edition_id)
    assert EditionState.SKIPPED is clock.edition(edition_id).state
    ring(clock, "2026-03-02T06:01:00Z")
    assert EditionState.SKIPPED is clock.edition(edition_id).state


def test_an_edition_assembled_by_hand_waits_for_its_time_and_no_longer(clock: Desk) -> None:
    """It is released when its time comes; when nothing ran for the whole window, it is missed."""
    early = at(clock, "2026-03-02T05:00:00Z")
    released = early.plan(sends_when_ready=False)
    ring(clock, "2026-03-02T06:00:00Z")
    assert clock.edition(released).sends_when_ready
    forgotten = at(clock, "2026-03-03T05:00:00Z").plan(sends_when_ready=False)
    ring(clock, "2026-03-03T13:00:00Z")
    assert EditionState.MISSED is clock.edition(forgotten).state


def test_an_edition_that_was_planned_before_an_outage_is_not_sent_stale(clock: Desk) -> None:
    """Two days later nobody gets the morning's edition under its old date."""
    ring(clock, "2026-03-02T06:00:00Z")
    planned = next(each.id for each in clock.editions() if each.key == "2026-03-02")
    later = at(clock, "2026-03-04T06:00:00Z")
    assert [] == later.advance(planned)
    assert EditionState.MISSED is clock.edition(planned).state
    assert EditionState.PLANNED is clock.edition(later.ask(edition_on=date(2026, 3, 2)).edition_id).state


def test_a_timetable_that_changes_looks_only_ahead(clock: Desk) -> None:
    """A newsletter moved to an hour that has passed today is next due tomorrow."""
    with clock.database.transaction() as connection:
        change_newsletter(connection, "daily", {"send_time": "06:30"})
        since = get_newsletter(connection, "daily").scheduled_since
    tick_at(clock, since + timedelta(seconds=1))
    assert [] == keys(clock)


def tick_at(desk: Desk, now: datetime) -> None:
    with desk.database.transaction() as connection:
        tick(connection, now)


def test_what_waits_follows_a_send_time_that_is_changed(clock: Desk) -> None:
    """Put off after its cut-off, an edition waits for the new time; asked for by hand, it waits for none."""
    clock.now = datetime(2026, 3, 2, 5, 45, tzinfo=UTC)
    tick_at(clock, clock.now)
    edition_id = max(each.id for each in clock.editions())
    with clock.database.transaction() as connection:
        change_newsletter(connection, "daily", {"send_time": "09:00"})
        connection.execute(sa.update(newsletter).values(scheduled_since=clock.now))
    tick_at(clock, clock.now + timedelta(minutes=1))
    assert datetime(2026, 3, 2, 8, 0, tzinfo=UTC) == clock.edition(edition_id).due_at
    clock.now += timedelta(minutes=2)
    clock.ask(edition_on=date(2026, 3, 2))
    tick_at(clock, clock.now)
    assert clock.now == clock.edition(edition_id).due_at


def test_what_was_asked_for_by_night_and_lost_has_its_time_all_the_same(clock: Desk) -> None:
    """Nobody was there for the edition asked for at midnight; the timetable's own is made at its cut-off."""
    clock.now = datetime(2026, 3, 1, 23, 5, tzinfo=UTC)
    edition_id = clock.plan(edition_on=date(2026, 3, 2))
    clock.now = datetime(2026, 3, 2, 5, 30, tzinfo=UTC)
    clock.advance(edition_id)
    assert EditionState.MISSED is clock.edition(edition_id).state
    tick_at(clock, datetime(2026, 3, 2, 5, 40, tzinfo=UTC))
    woken = clock.edition(edition_id)
    assert (EditionState.PLANNED, datetime(2026, 3, 2, 6, 0, tzinfo=UTC)) == (woken.state, woken.due_at)


def test_taste_is_looked_at_once_an_hour(clock: Desk) -> None:
    """Where there is nothing to learn from, no tick but the first of an hour looks at what was ever sent."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    def looks(now: str) -> bool:
        statements.clear()
        with clock.database.transaction() as connection:
            sa.event.listen(connection, "before_cursor_execute", note)
            tick(connection, datetime.fromisoformat(now))
            sa.event.remove(connection, "before_cursor_execute", note)
        return any("FROM edition JOIN edition_article" in each for each in statements)

    with clock.database.transaction() as connection:
        change_newsletter(connection, clock.newsletter.slug, {"track_clicks": "yes"})
    times = ("12:00:00", "12:00:30", "12:59:59", "13:00:00", "13:00:30")
    assert [True, False, False, True, False] == [looks(f"2026-03-02T{each}Z") for each in times]


def test_the_tick_looks_after_changes_of_address(desk: Desk) -> None:
    """It rings for each letter that nobody heard of, and forgets what was not agreed to within two days."""
    tokens = Tokens("a-secret-only-for-tests-0123456789abcdef")
    with desk.database.transaction() as connection:
        reader = add_reader(connection, desk.newsletter.id, "ann@old.example", Origin("test"), desk.now)
        asked = ask_change(connection, Gate(tokens, 30, 1000), reader, "ann@new.example", desk.now)
        rung = [bell.id for bell in tick(connection, desk.now) if bell.task is TaskName.SUBMIT_ADDRESS_LETTER]
        assert asked == rung
        tick(connection, desk.now + timedelta(days=2))
        assert None is find_side(connection, asked[0])
