"""What comes in as no newsroom writes it waits for an editor."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from newsletter.db import Database
from newsletter.gather.polling.imports import (
    FEWEST_ALIKE,
    FEWEST_POLLS,
    SMALLEST_BURST,
    UNUSUAL,
    Counted,
    count_held,
    hold_import,
    release_held,
    suspicion,
)
from newsletter.gather.tables import article
from tests.publication.newsroom import a_source, an_article, publish

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALIKE = NOON - timedelta(minutes=7)


def polls(*counts: int, every: timedelta = HOUR) -> list[Counted]:
    """Return polls that brought these counts, the last of them one pause ago."""
    return [Counted(NOON - every * (len(counts) - place), count) for place, count in enumerate(counts)]


@pytest.mark.parametrize(
    ("dates", "before", "says"),
    [
        # All dates equal.
        ([ALIKE] * FEWEST_ALIKE, [], "All 5 new articles bear the date 2026-03-02 11:53:00 UTC"),
        ([ALIKE] * (FEWEST_ALIKE - 1), [], ""),
        ([ALIKE] * FEWEST_ALIKE + [NOON - HOUR], [], ""),
        ([None] * FEWEST_ALIKE, [], ""),
        # Dates without a time, and dates that are ours.
        ([NOON.replace(hour=0)] * FEWEST_ALIKE, [], ""),
        ([NOON] * FEWEST_ALIKE, [], ""),
        # A burst.
        ([None] * SMALLEST_BURST, polls(*[2] * FEWEST_POLLS), "20 new articles came at once, where 2.0 are usual"),
        ([None] * SMALLEST_BURST, polls(*[2] * (FEWEST_POLLS - 1)), ""),
        ([None] * (SMALLEST_BURST - 1), polls(*[0] * FEWEST_POLLS), ""),
        ([None] * SMALLEST_BURST, polls(*[SMALLEST_BURST // UNUSUAL + 1] * FEWEST_POLLS), ""),
        ([], [], ""),
    ],
)
def test_an_import_is_told_from_news(dates: list[datetime | None], before: list[Counted], says: str) -> None:
    """One date for all, or far more than is usual at once, is no newsroom at work."""
    assert says == suspicion(dates, before, NOON)


def test_a_night_without_polls_is_no_import() -> None:
    """After ten hours of silence ten hours' articles are usual."""
    before = [Counted(each.at - 9 * HOUR, each.new) for each in polls(2, 3, 2, 3, 2)]
    assert not suspicion([None] * 30, before, NOON)
    assert suspicion([None] * 90, before, NOON)


@given(st.lists(st.none() | st.datetimes(timezones=st.just(UTC))), st.lists(st.integers(0, 50), max_size=9))
def test_a_suspicion_has_numbers_behind_it(dates: list[datetime | None], counts: list[int]) -> None:
    """Few articles are never held, whatever their dates and whatever came before."""
    says = suspicion(dates, polls(*counts), NOON)
    assert not (says and len(dates) < FEWEST_ALIKE)
    if says.endswith("are usual"):
        assert len(dates) >= SMALLEST_BURST
        assert len(counts) >= FEWEST_POLLS


def test_only_what_is_new_from_that_source_is_held(database: Database) -> None:
    """What it had before, and what others bring in the same moment, goes on; an editor lets the rest go."""
    with database.transaction() as connection:
        paper, wire = a_source(connection), a_source(connection, name="wire")
        publish(connection, paper, [an_article(number) for number in range(9)], NOON - HOUR)
        publish(connection, wire, [an_article(number) for number in range(90, 99)], NOON)
        archive = [an_article(number, published_at=ALIKE) for number in range(20, 26)]
        publish(connection, paper, [*archive, an_article(1)], NOON)
        assert hold_import(connection, wire.id, NOON) == ""
        assert hold_import(connection, paper.id, NOON).startswith("All 6 new articles")
        held = sa.select(article.c.title).where(article.c.is_held).order_by(article.c.title)
        assert [f"Headline{number}" for number in range(20, 26)] == list(connection.execute(held).scalars())
        assert (6, 0) == (count_held(connection, paper.id), count_held(connection, wire.id))
        assert (0, 6) == (release_held(connection, wire.id), release_held(connection, paper.id))
        assert count_held(connection, paper.id) == 0


def test_what_is_usual_is_learnt_from_the_last_week(database: Database) -> None:
    """Polls older than that, and those that failed, say nothing."""

    def reason(ago: Callable[[int], timedelta]) -> str:
        with database.transaction() as connection:
            paper = a_source(connection, name=f"paper{ago(1) // HOUR}")
            first = 1000 * paper.id
            for number in range(FEWEST_POLLS):
                publish(connection, paper, [an_article(first + number)], NOON - ago(FEWEST_POLLS - number))
            burst = [an_article(first + 100 + number) for number in range(SMALLEST_BURST)]
            publish(connection, paper, burst, NOON)
            connection.execute(sa.text("DELETE FROM poll WHERE finished_at = :now"), {"now": NOON})
            return hold_import(connection, paper.id, NOON)

    assert reason(lambda number: number * HOUR) == "20 new articles came at once, where 1.0 are usual"
    assert reason(lambda number: timedelta(days=7) + number * HOUR) == ""


def test_a_first_answer_is_no_import(database: Database) -> None:
    """A source that lists one morning's batch is new to us, and what it lists is news all the same."""
    with database.transaction() as connection:
        paper = a_source(connection)
        publish(connection, paper, [an_article(number, published_at=ALIKE) for number in range(6)], NOON)
        assert hold_import(connection, paper.id, NOON) == ""


def test_a_batch_every_day_is_a_habit(database: Database) -> None:
    """Each day's paper bears one date and comes at once; an archive after it is held nevertheless."""
    day = timedelta(days=1)
    with database.transaction() as connection:
        paper = a_source(connection)
        for before in (2, 1, 0):
            dated = {"published_at": ALIKE - before * day}
            first = 100 * (3 - before)
            publish(
                connection,
                paper,
                [an_article(first + number, **dated) for number in range(40)],
                NOON - before * day,
            )
            assert hold_import(connection, paper.id, NOON - before * day) == ""
            for pause in range(1, FEWEST_POLLS):
                publish(connection, paper, [], NOON - before * day + pause * HOUR)
        later = NOON + 6 * HOUR
        publish(connection, paper, [an_article(1000 + number) for number in range(150)], later)
        assert hold_import(connection, paper.id, later).startswith("150 new articles came at once, where 40.0")
