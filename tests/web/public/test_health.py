"""Alive and ready are two questions."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr

BROKEN = SecretStr("redis://127.0.0.1:1/0")


def test_everything_is_ready(scene: Any) -> None:
    """With the database, its schema and the broker in place, both answer 200."""
    assert scene.browser().get("/healthz").json() == {"status": "ok"}
    answer = scene.browser().get("/readyz")
    assert answer.json() == {"status": "ok", "database": "ok", "schema": "ok", "broker": "ok"}
    assert answer.status_code == 200


def test_a_broker_that_is_away_is_named(make_scene: Callable[..., Any]) -> None:
    """The process still answers, and says which part fails."""
    browser = make_scene(redis_url=BROKEN).browser()
    assert browser.get("/healthz").status_code == 200
    answer = browser.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "fail", "database": "ok", "schema": "ok", "broker": "fail"}


def test_a_database_that_is_away_is_named(make_scene: Callable[..., Any]) -> None:
    """Without a database the schema is unknown, and a page says nothing of where it should be."""
    away = SecretStr("postgresql://somebody:secret@127.0.0.1:1/none")
    browser = make_scene(database_url=away).browser()
    assert browser.get("/readyz").json()["database"] == "fail"
    page = browser.get("/")
    assert page.status_code == 500
    assert "127.0.0.1" not in page.text
    assert "Traceback" not in page.text


def test_an_old_schema_is_named(scene: Any) -> None:
    """A program that is newer than its tables is not ready."""
    with scene.database.transaction() as connection:
        version = connection.execute(sa.text("UPDATE alembic_version SET version_num = 'x' RETURNING 1"))
        assert version.rowcount == 1
    try:
        answer = scene.browser().get("/readyz")
    finally:
        with scene.database.transaction() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    assert answer.status_code == 503
    assert answer.json()["schema"] == "old"
