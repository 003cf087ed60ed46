"""The weekly edition: made of a week's digests, for those who read once a week, on its day and once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.delivery.retract import retract
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import delivery
from newsletter.edition.archive import list_archived
from newsletter.edition.choosing import marks
from newsletter.edition.correction import write_correction
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition, find_edition, get_contents, list_edition_articles
from newsletter.edition.tables import edition_article, sent_article
from newsletter.gather.article import Form
from newsletter.gather.tables import article, source
from newsletter.publication.newsletters import change_newsletter
from newsletter.publication.tables import newsletter
from newsletter.readers.tables import Frequency, subscription
from newsletter.schedule.alarms import alarms_in_force
from newsletter.schedule.heartbeat import note_tick
from newsletter.schedule.tables import AlarmKind, verdict
from newsletter.schedule.tick import tick
from newsletter.schedule.verdict import VerdictKind
from newsletter.schedule.watchdog import Patience, watch
from tests.schedule.conftest import Desk

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SUNDAY = date(2026, 3, 8)
DUE = datetime(2026, 3, 8, 7, 0, tzinfo=UTC)
NAME = "daily/2026-03-08~weekly"


@pytest.fixture
def weekly(desk: Desk) -> Desk:
    """Give the desk of a newsletter with one reader a day, bo, who reads the weekly of Sundays at seven."""
    ann, bo = desk.reader("ann"), desk.reader("bo")
    assert ann != bo
    with desk.database.transaction() as connection:
        connection.execute(sa.update(newsletter).values(scheduled_since=MONDAY - timedelta(days=30)))
        change_newsletter(connection, "daily", {"min_articles": "1", "max_per_source": "8"})
    choose(desk, bo, frequency=Frequency.WEEKLY)
    return desk


def choose(desk: Desk, subscription_id: int, **wishes: Any) -> None:
    with desk.database.transaction() as connection:
        connection.execute(sa.update(subscription).where(subscription.c.id == subscription_id).values(wishes))


def run(desk: Desk, now: datetime) -> list[Bell]:
    """Let the tick and all that it rings for happen, as far as it gets, with a relay that takes everything."""
    desk.now = now
    with desk.database.transaction() as connection:
        connection.execute(sa.update(source).values(polled_at=now, succeeded_at=now, next_poll_at=now + DAY * 30))
        bells = tick(connection, now)
    for bell in bells:
        if bell.task is TaskName.ADVANCE_EDITION and bell.id is not None:
            desk.advance(bell.id)
            desk.accept_all()
            desk.advance(bell.id)
    return bells


DAY = timedelta(days=1)


def a_day(desk: Desk, days: int, *numbers: int) -> Edition:
    """Publish these articles, and let the digest of so many days after Monday be gathered and go out."""
    desk.now = MONDAY + days * DAY - timedelta(hours=6)
    desk.publish(desk.source(), *numbers)
    for now in (MONDAY + days * DAY - timedelta(hours=5, minutes=10), MONDAY + days * DAY - timedelta(hours=5)):
        run(desk, now)
    with desk.database.transaction() as connection:
        return find_edition(connection, f"daily/{desk.now.date()}")


def a_week(desk: Desk) -> None:
    """Let six digests go out, of two articles each, and the seventh be due with the weekly."""
    for days in range(6):
        assert EditionState.DONE is a_day(desk, days, 2 * days + 1, 2 * days + 2).state


def made(desk: Desk, name: str = NAME) -> Edition:
    with desk.database.transaction() as connection:
        return find_edition(connection, name)


def titles(desk: Desk, name: str = NAME) -> list[str]:
    with desk.database.transaction() as connection:
        return [row.title for row in list_edition_articles(connection, find_edition(connection, name).id)]


def at_due(desk: Desk) -> Edition:
    """Let Sunday come: the cut-off, and the hour."""
    run(desk, DUE - timedelta(minutes=15))
    run(desk, DUE)
    return made(desk)


def test_a_week_in_one_mail(weekly: Desk) -> None:
    """Ready before its time, sent at it, to who reads once a week; told, kept, and nothing of it noted as sent."""
    a_week(weekly)
    with weekly.database.transaction() as connection:
        sent = connection.execute(sa.select(sa.func.count()).select_from(sent_article)).scalar_one()
    run(weekly, DUE - timedelta(minutes=15))
    assert EditionState.READY is made(weekly).state
    run(weekly, DUE)
    done = made(weekly)
    assert (EditionState.DONE, DUE) == (done.state, done.due_at)
    assert 8 == len(titles(weekly))
    assert {f"Headline{number}" for number in range(1, 13)} >= set(titles(weekly))
    assert {DeliveryState.ACCEPTED: 1} == weekly.deliveries(done.id)
    with weekly.database.transaction() as connection:
        (content,) = get_contents(connection, done.id)
        reader = sa.select(delivery.c.subscription_id).where(delivery.c.edition_id == done.id)
        assert [2] == list(connection.execute(reader).scalars())
        again = connection.execute(sa.select(sa.func.count()).select_from(sent_article)).scalar_one()
        given = sa.select(verdict.c.kind).where(verdict.c.edition_id == done.id)
        assert VerdictKind.SENT == connection.execute(given).scalar_one()
        archived = [each.key for each in list_archived(connection, weekly.newsletter.id)]
    assert sent == again
    assert content.subject.startswith("This week: Headline")
    assert "The week's best" in content.html
    assert "THE WEEK'S BEST" in content.text
    assert "2026-03-08~weekly" == archived[0]
    assert done.notes[0] == "The best 8 of 12 articles in the digests since 2026-03-01."


def test_the_best_come_first(weekly: Desk) -> None:
    """By their points on their day; an article that nobody may lead with does not lead."""
    a_week(weekly)
    with weekly.database.transaction() as connection:
        columns = edition_article.c
        worth = {4: 90.0, 9: 99.0, 2: 80.0}
        for number, points in worth.items():
            titled = columns.title == f"Headline{number}"
            connection.execute(sa.update(edition_article).where(titled).values(points=points))
        connection.execute(sa.update(article).where(article.c.title == "Headline9").values(form=Form.NOTICE))
    at_due(weekly)
    assert ["Headline4", "Headline9", "Headline2"] == titles(weekly)[:3]


def test_nothing_comes_back(weekly: Desk) -> None:
    """What was taken back, or blocked by an editor since, is in no weekly; nor is what an earlier one brought."""
    a_week(weekly)
    with weekly.database.transaction() as connection:
        ids = {row.title: row.id for row in connection.execute(sa.select(article.c.title, article.c.id))}
        retract(connection, ids["Headline1"], "It was wrong.", MONDAY)
        request = marks.MarkRequest(weekly.newsletter.id, ids["Headline2"], "ed@paper.example", MONDAY)
        marks.block(connection, request)
    first = at_due(weekly)
    brought = set(titles(weekly))
    assert brought.isdisjoint({"Headline1", "Headline2"})
    for days in range(7, 13):
        a_day(weekly, days, 2 * days + 1, 2 * days + 2)
    run(weekly, DUE + 7 * DAY)
    second = "daily/2026-03-15~weekly"
    assert EditionState.DONE is made(weekly, second).state
    assert brought.isdisjoint(titles(weekly, second))
    assert "since 2026-03-08" in made(weekly, second).notes[0]
    assert first.id != made(weekly, second).id


def test_a_correction_is_told_by_the_next(weekly: Desk) -> None:
    """Who reads once a week is told what was wrong in what they were sent."""
    a_week(weekly)
    at_due(weekly)
    brought = titles(weekly)[0]
    with weekly.database.transaction() as connection:
        number = connection.execute(sa.select(article.c.id).where(article.c.title == brought)).scalar_one()
        write_correction(connection, number, "It was nine days, not ten.", DUE + DAY)
    for days in range(7, 13):
        a_day(weekly, days, 2 * days + 1, 2 * days + 2)
    run(weekly, DUE + 7 * DAY)
    with weekly.database.transaction() as connection:
        (content,) = get_contents(connection, find_edition(connection, "daily/2026-03-15~weekly").id)
    assert "nine days, not ten" in content.text


def test_a_story_is_told_once(weekly: Desk) -> None:
    """Of several days' articles on one event the best stands for it."""
    same = "Old ferry terminal on the quay becomes a public library after long dispute"
    a_day(weekly, 0, 1, 2)
    a_day(weekly, 1, 3, 4)
    with weekly.database.transaction() as connection:
        are_same = article.c.title.in_(["Headline1", "Headline3"])
        connection.execute(sa.update(article).where(are_same).values(title=same))
    at_due(weekly)
    assert 1 == titles(weekly).count(same)
    assert 3 == len(titles(weekly))


@pytest.mark.parametrize("state", ["nobody reads it", "there is no day for it"])
def test_no_weekly_where_nobody_wants_one(weekly: Desk, state: str) -> None:
    """No edition, no verdict, nothing."""
    if state == "nobody reads it":
        choose(weekly, 2, frequency=Frequency.DAILY)
    else:
        with weekly.database.transaction() as connection:
            change_newsletter(connection, "daily", {"weekly_day": ""})
            connection.execute(sa.update(newsletter).values(scheduled_since=MONDAY - 30 * DAY))
    a_day(weekly, 0, 1, 2)
    run(weekly, DUE)
    assert [] == [each.key for each in weekly.editions() if "weekly" in each.key]


def test_who_asks_is_answered_once(weekly: Desk) -> None:
    """Two ticks at the same moment, and any number after it, make one edition."""
    a_day(weekly, 0, 1, 2)
    together = Barrier(4)

    def look(_: int) -> None:
        together.wait()
        with weekly.database.transaction() as connection:
            tick(connection, DUE)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(look, range(4)))
    run(weekly, DUE + timedelta(minutes=1))
    assert 1 == sum(each.name == NAME for each in weekly.editions())


def test_a_week_without_digests(weekly: Desk) -> None:
    """Nothing to say, nothing sent, and a reason."""
    done = at_due(weekly)
    assert EditionState.SKIPPED is done.state
    assert "No articles in the digests since 2026-03-01; an edition needs 1." == done.reason


def test_all_read_once_a_week(weekly: Desk) -> None:
    """Where no digest goes to anybody, the weekly is made of them all the same."""
    choose(weekly, 1, frequency=Frequency.WEEKLY)
    assert EditionState.SKIPPED is a_day(weekly, 0, 1, 2).state
    done = at_due(weekly)
    assert {DeliveryState.ACCEPTED: 2} == weekly.deliveries(done.id)
    assert 2 == len(titles(weekly))


@pytest.mark.parametrize(("hours", "expected"), [(20, EditionState.DONE), (25, EditionState.MISSED)])
def test_a_day_late_is_not_too_late(weekly: Desk, hours: int, expected: EditionState) -> None:
    """After an outage it still goes out within a day, longer than a digest may; then it is missed, and says so."""
    a_week(weekly)
    at_due(weekly)
    for days in range(7, 13):
        a_day(weekly, days, 2 * days + 1, 2 * days + 2)
    late = DUE + 7 * DAY + timedelta(hours=hours)
    run(weekly, late)
    run(weekly, late + timedelta(minutes=1))
    assert expected is made(weekly, "daily/2026-03-15~weekly").state


def test_what_nobody_had_before_is_not_missed(weekly: Desk) -> None:
    """The first who wants a weekly waits for the next one: last Sunday's was nobody's."""
    choose(weekly, 2, frequency=Frequency.DAILY)
    a_week(weekly)
    run(weekly, DUE)
    choose(weekly, 2, frequency=Frequency.WEEKLY)
    run(weekly, DUE + 3 * DAY)
    assert [] == [each.key for each in weekly.editions() if "weekly" in each.key]


def test_after_a_day_off_it_reaches_back_to_the_one_before(weekly: Desk) -> None:
    """A day off is one for the weekly too, and what it would have brought is in the next, two weeks at most."""
    a_week(weekly)
    at_due(weekly)
    with weekly.database.transaction() as connection:
        change_newsletter(connection, "daily", {"days_off": "2026-03-15"})
        connection.execute(sa.update(newsletter).values(scheduled_since=MONDAY - 30 * DAY))
    a_day(weekly, 7, 21, 22)
    run(weekly, DUE + 7 * DAY)
    for days in range(14, 20):
        a_day(weekly, days, 2 * days + 1, 2 * days + 2)
    run(weekly, DUE + 14 * DAY)
    assert "since 2026-03-08" in made(weekly, "daily/2026-03-22~weekly").notes[0]
    assert "daily/2026-03-15~weekly" not in [each.name for each in weekly.editions()]


def test_taken_back_while_it_waits(weekly: Desk) -> None:
    """One that is ready is made anew without an article that is taken back."""
    a_week(weekly)
    run(weekly, DUE - timedelta(minutes=15))
    lost = titles(weekly)[0]
    with weekly.database.transaction() as connection:
        number = connection.execute(sa.select(article.c.id).where(article.c.title == lost)).scalar_one()
        retract(connection, number, "It was wrong.", weekly.now)
    run(weekly, DUE - timedelta(minutes=10))
    assert lost not in titles(weekly)
    run(weekly, DUE)
    assert EditionState.DONE is made(weekly).state


@pytest.mark.parametrize(
    ("most_skips", "expected"),
    [("2", EditionState.DONE), ("0", EditionState.SKIPPED)],
)
def test_two_weeks_with_little_are_told_together(weekly: Desk, most_skips: str, expected: EditionState) -> None:
    """A newsletter that brings an article now and then is not silent for ever to who reads it once a week."""
    with weekly.database.transaction() as connection:
        connection.execute(sa.update(newsletter).values(scheduled_since=MONDAY - timedelta(hours=7)))
    a_day(weekly, 0, 1)
    with weekly.database.transaction() as connection:
        change_newsletter(connection, "daily", {"min_articles": "3", "most_skips": most_skips})
    assert EditionState.SKIPPED is at_due(weekly).state
    run(weekly, DUE + 7 * DAY)
    second = made(weekly, "daily/2026-03-15~weekly")
    assert expected is second.state
    if expected is EditionState.DONE:
        assert ["Headline1"] == titles(weekly, second.name)
        assert "The week before brought too little as well: this one goes with what both have." in second.notes


def look(desk: Desk, now: datetime) -> list[str]:
    """Return the editions without a verdict that the watchdog tells of, with ticks done meanwhile."""
    with desk.database.transaction() as connection:
        note_tick(connection)
        watch(connection, Patience(timedelta(minutes=5), timedelta(hours=24)), now)
        return [each.about for each in alarms_in_force(connection) if each.kind is AlarmKind.NO_VERDICT]


def test_a_weekly_that_nobody_began_is_an_alarm(weekly: Desk) -> None:
    """A day after its hour and no sooner; the tick that records it as missed ends the alarm."""
    a_day(weekly, 0, 1, 2)
    at_due(weekly)
    late, name = DUE + 8 * DAY, "daily/2026-03-15~weekly"
    assert name not in look(weekly, late + timedelta(minutes=4))
    assert name in look(weekly, late + timedelta(minutes=6))
    run(weekly, late + timedelta(minutes=7))
    assert EditionState.MISSED is made(weekly, name).state
    assert name not in look(weekly, late + timedelta(minutes=8))


def test_a_weekly_that_nobody_reads_is_no_alarm(weekly: Desk) -> None:
    """Whoever was its reader reads the digests now: nothing is owed to anybody."""
    a_day(weekly, 0, 1, 2)
    at_due(weekly)
    choose(weekly, 2, frequency=Frequency.DAILY)
    assert [] == [each for each in look(weekly, DUE + 9 * DAY) if "weekly" in each]


def test_a_weekly_that_waits_is_no_alarm_yet(weekly: Desk) -> None:
    """It may be sent for a day, longer than a digest; only then does it stand still."""
    a_day(weekly, 0, 1, 2)
    run(weekly, DUE - timedelta(minutes=15))
    assert EditionState.READY is made(weekly).state
    assert NAME not in look(weekly, DUE + timedelta(hours=24))
    assert NAME in look(weekly, DUE + timedelta(hours=24, minutes=6))


def test_a_week_off_hides_no_lost_edition(weekly: Desk) -> None:
    """The one before counts also where a day off lies between."""
    a_day(weekly, 0, 1, 2)
    at_due(weekly)
    with weekly.database.transaction() as connection:
        change_newsletter(connection, "daily", {"days_off": "2026-03-15"})
        connection.execute(sa.update(newsletter).values(scheduled_since=MONDAY - 30 * DAY))
    run(weekly, DUE + 16 * DAY)
    assert EditionState.MISSED is made(weekly, "daily/2026-03-22~weekly").state
