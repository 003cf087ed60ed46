"""Readers' taste: learnt from clicks against what their places promise, of all readers together."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from newsletter.db import Database
from newsletter.edition.tables import TasteKind, taste
from newsletter.insight.taste import Shown, learn, learn_tastes
from newsletter.publication.newsletters import Newsletter, change_newsletter

TODAY = timedelta(hours=12)
SPORT, NATURE = (TasteKind.SECTION, "Sport"), (TasteKind.SECTION, "Nature")


def shown(place: int, clicks: int, section: str, edition_id: int = 1, age: timedelta = TODAY) -> Shown:
    return Shown(edition_id, place, age, clicks, section, "Harbour News")


def test_without_clicks_nothing_is_learnt() -> None:
    """Silence says nothing about anybody's taste."""
    assert {} == learn([shown(1, 0, "Sport"), shown(2, 0, "Nature")])


def test_the_first_place_is_no_merit() -> None:
    """Two sections that do as well as their places always do are liked alike, though one has more clicks."""
    week = [
        shown(place, clicks, section, day)
        for day in range(7)
        for place, clicks, section in (
            (1, 100, "Sport" if day % 2 else "Nature"),
            (2, 20, "Nature" if day % 2 else "Sport"),
        )
    ]
    tastes = learn(week)
    assert pytest.approx(0.5, abs=0.02) == tastes[SPORT]
    assert pytest.approx(0.5, abs=0.02) == tastes[NATURE]


def test_more_clicks_than_the_place_has_is_taste() -> None:
    """A section that is followed more than others in the same places is liked more."""
    week = []
    for day in range(8):
        first, second = ("Sport", "Nature") if day % 2 else ("Nature", "Sport")
        liked = {"Sport": 3, "Nature": 1}
        week += [shown(1, 20 * liked[first], first, day), shown(2, 10 * liked[second], second, day)]
    tastes = learn(week)
    assert tastes[SPORT] > tastes[NATURE]


def test_little_is_learnt_from_few_clicks() -> None:
    """One click is no fashion."""
    tastes = learn([shown(1, 1, "Sport"), shown(2, 0, "Nature")])
    assert all(0.4 < value < 0.6 for value in tastes.values())


def test_old_clicks_count_less() -> None:
    """What was read last spring is not what is read now."""
    rows = []
    for day, (age, sport, nature) in enumerate([(300, 50, 5), (299, 50, 5), (2, 5, 50), (1, 5, 50)]):
        first, second = (("Sport", sport), ("Nature", nature))[:: 1 if day % 2 else -1]
        for place, (section, clicks) in enumerate((first, second), start=1):
            rows.append(shown(place, clicks, section, day, timedelta(days=age)))
    tastes = learn(rows)
    assert tastes[NATURE] > tastes[SPORT]


@given(
    st.lists(
        st.builds(
            shown,
            st.integers(1, 10),
            st.integers(0, 10_000),
            st.sampled_from(["Sport", "Nature", ""]),
            st.integers(1, 5),
            st.timedeltas(timedelta(0), timedelta(days=360)),
        ),
        max_size=40,
    )
)
def test_taste_is_always_a_share(rows: list[Shown]) -> None:
    """Whatever was clicked, it is between nothing and all, and nameless sections have none."""
    tastes = learn(rows)
    assert all(0 < value < 1 for value in tastes.values())
    assert all(name for _, name in tastes)


def test_taste_is_learnt_once_a_day_where_clicks_are_tracked(
    database: Database, daily: Newsletter, noon: datetime
) -> None:
    """A newsletter that tracks nothing has learnt nothing; nothing is kept of who clicked."""
    with database.transaction() as connection:
        learn_tastes(connection, noon)
        assert [] == connection.execute(sa.select(taste)).all()
        change_newsletter(connection, daily.slug, {"track_clicks": "yes"})
        learn_tastes(connection, noon)
    assert "subscription_id" not in taste.c
