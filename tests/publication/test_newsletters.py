"""A newsletter's settings, checked and kept."""

from dataclasses import replace
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.errors import ConflictError, NotFoundError, SettingsError
from newsletter.publication.newsletters import (
    Newsletter,
    NewsletterSettings,
    add_newsletter,
    change_newsletter,
    get_newsletter,
    get_newsletter_by_id,
    list_newsletters,
)
from newsletter.publication.tables import newsletter

WEEKLY = NewsletterSettings(
    slug="weekly",
    name="الأسبوع",
    publisher="The Paper",
    sender_address="week@paper.example",
    tagline="Once a week",
    language="ar",
    zone="Asia/Amman",
    accent="#00ff7f",
    site_url="https://paper.example/",
    postal_address="1 Quay Street\nAmman",
    send_time=time(18, 30),
    scheduled=False,
    top_stories=5,
    blog_posts=0,
    min_articles=1,
    max_per_source=3,
    window_hours=168,
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("slug", ""),
        ("slug", "Daily"),
        ("slug", "-daily"),
        ("slug", "daily news"),
        ("slug", "daily/../x"),
        ("slug", "daily\n"),
        ("slug", "x" * 64),
        ("zone", ""),
        ("zone", "Mars/Olympus"),
        ("zone", "../../etc/passwd"),
        ("accent", "red"),
        ("accent", "#FFF"),
        ("accent", "#ffffff;}"),
        ("sender_address", "news"),
        ("sender_address", "a@b@c"),
    ],
)
def test_what_no_newsletter_can_have_is_refused(name: str, value: str) -> None:
    """A wrong setting is named with its value, before anything is stored."""
    wrong: dict[str, Any] = {name: value}
    with pytest.raises(SettingsError, match=name) as caught:
        replace(WEEKLY, **wrong)
    assert repr(value) in str(caught.value)


def test_every_setting_comes_back_as_it_was_given(database: Database) -> None:
    """Nothing is lost or changed between adding a newsletter and reading it."""
    with database.transaction() as connection:
        added = add_newsletter(connection, WEEKLY)
        again = get_newsletter(connection, "weekly")
        assert added == again == get_newsletter_by_id(connection, added.id)
    assert WEEKLY == NewsletterSettings(
        **{name: getattr(added, name) for name in NewsletterSettings.__dataclass_fields__}
    )
    assert ZoneInfo("Asia/Amman") == added.timezone


def test_adding_a_slug_again_changes_nothing(database: Database, daily: Newsletter) -> None:
    """The second of two operators is told, and the newsletter that is there stays as it is."""
    with database.transaction() as connection:
        with pytest.raises(ConflictError, match="'daily' already"):
            add_newsletter(connection, replace(WEEKLY, slug="daily"))
        assert [daily] == list_newsletters(connection)


def test_what_was_stored_can_be_read_by_stricter_rules(database: Database, daily: Newsletter) -> None:
    """A newsletter from before a rule is read as it is, and told of the rule by the next change."""
    with database.transaction() as connection:
        connection.execute(sa.update(newsletter).values(language="klingon"))
        assert "klingon" == get_newsletter(connection, "daily").language
        with pytest.raises(SettingsError, match="klingon"):
            change_newsletter(connection, "daily", {"name": "Other"})
        assert "en" == change_newsletter(connection, "daily", {"language": "en"}).language


def test_newsletters_are_listed_by_slug(database: Database, daily: Newsletter) -> None:
    """A list of newsletters has one order, however they came."""
    with database.transaction() as connection:
        add_newsletter(connection, WEEKLY)
        add_newsletter(connection, replace(WEEKLY, slug="arabic"))
        assert ["arabic", "daily", "weekly"] == [each.slug for each in list_newsletters(connection)]


def test_a_missing_newsletter_is_an_error_that_names_the_others(database: Database, daily: Newsletter) -> None:
    """A slip of the finger is answered with the names there are."""
    with database.transaction() as connection, pytest.raises(NotFoundError, match="dayly") as caught:
        get_newsletter(connection, "dayly")
    assert "daily" in caught.value.mend


def test_without_any_newsletter_the_error_says_so(database: Database) -> None:
    """The very first command tells how to add one."""
    with database.transaction() as connection, pytest.raises(NotFoundError) as caught:
        get_newsletter(connection, "daily")
    assert "none yet" in caught.value.mend
    assert "newsletters add" in caught.value.mend


IMPOSSIBLE = [
    ("top_stories", 0),
    ("top_stories", 31),
    ("blog_posts", -1),
    ("blog_posts", 31),
    ("min_articles", 0),
    ("max_per_source", 0),
    ("window_hours", 0),
    ("popularity_points", -1),
    ("comment_votes", 101),
    ("votes_grow_hours", 0),
    ("freshness_hours", 0),
    ("story_cut", 2),
    ("section_share", 0),
    ("cutoff_minutes", 721),
    ("carry_hours", -1),
    ("late_hours", 0),
    ("late_hours", 25),
    ("most_skips", -1),
]


@pytest.mark.parametrize(("name", "value"), IMPOSSIBLE)
def test_impossible_sizes_are_refused(name: str, value: int) -> None:
    """No edition can be asked to have no place, or to reach back no time."""
    wrong: dict[str, Any] = {name: value}
    with pytest.raises(SettingsError, match=name):
        replace(WEEKLY, **wrong)


@pytest.mark.parametrize(("name", "value"), IMPOSSIBLE)
def test_the_database_refuses_them_too(database: Database, daily: Newsletter, name: str, value: int) -> None:
    """A newsletter that is changed by hand keeps to the same bounds."""
    with pytest.raises(sa.exc.IntegrityError), database.transaction() as connection:
        connection.execute(sa.update(newsletter).values({name: value}))


@pytest.mark.parametrize(("expected", "answer"), [(True, "yes"), (True, "true"), (False, "no"), (False, "False")])
def test_clicks_are_tracked_only_where_somebody_said_so(
    database: Database, daily: Newsletter, answer: str, *, expected: bool
) -> None:
    """A new newsletter tracks nothing; yes and no are understood as well as true and false."""
    assert not daily.track_clicks
    with database.transaction() as connection:
        assert expected is change_newsletter(connection, "daily", {"track_clicks": answer}).track_clicks
        with pytest.raises(SettingsError, match="track_clicks"):
            change_newsletter(connection, "daily", {"track_clicks": "perhaps"})
