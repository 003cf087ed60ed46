"""Alive and ready are two questions."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from newsletter.schedule.alarms import Cause, end_alarms, raise_alarm
from newsletter.schedule.tables import AlarmKind

BROKEN = SecretStr("redis://127.0.0.1:1/0")


def test_everything_is_ready(scene: Any) -> None:
    """With the database, its schema and the broker in place, both answer 200."""
    assert scene.browser().get("/healthz").json() == {"status": "ok"}
    answer = scene.browser().get("/readyz")
    assert answer.json() == {"status": "ok", "database": "ok", "schema": "ok", "broker": "ok", "schedule": "ok"}
    assert answer.status_code == 200


def test_a_broker_that_is_away_is_named(make_scene: Callable[..., Any]) -> None:
    """The process still answers, and says which part fails."""
    browser = make_scene(redis_url=BROKEN).browser()
    assert browser.get("/healthz").status_code == 200
    answer = browser.get("/readyz")
    assert answer.status_code == 503
    told = {"status": "fail", "database": "ok", "schema": "ok", "broker": "fail", "schedule": "ok"}
    assert answer.json() == told


@pytest.mark.parametrize("kind", AlarmKind)
def test_an_alarm_that_nothing_runs_is_named(scene: Any, kind: AlarmKind) -> None:
    """Where nothing is sent we are not ready, and say why; what is merely news does not take us out of service."""
    with scene.database.transaction() as connection:
        raise_alarm(connection, Cause(kind, "daily/2026-03-02", "Nothing was begun."), scene.clock())
    answer = scene.browser().get("/readyz")
    if kind in {AlarmKind.TICK, AlarmKind.NO_VERDICT}:
        assert (503, "Nothing was begun.") == (answer.status_code, answer.json()["schedule"])
    else:
        assert (200, "ok") == (answer.status_code, answer.json()["schedule"])
    with scene.database.transaction() as connection:
        end_alarms(connection, sa.true(), scene.clock())
    assert scene.browser().get("/readyz").status_code == 200


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
        newest = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'x'"))
    try:
        answer = scene.browser().get("/readyz")
    finally:
        with scene.database.transaction() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = :newest"), {"newest": newest})
    assert answer.status_code == 503
    assert answer.json()["schema"] == "old"
