"""Figures for Prometheus, from the tables."""

from typing import Any

import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from newsletter.schedule.alarms import Cause, raise_alarm
from newsletter.schedule.heartbeat import note_tick
from newsletter.schedule.tables import AlarmKind, heartbeat, verdict

Sample = tuple[str, frozenset[tuple[str, str]]]


def figures(scene: Any) -> dict[Sample, float]:
    """Return what a scrape reads."""
    answer = scene.browser().get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.text)
    return {
        (each.name, frozenset(each.labels.items())): each.value for found in families for each in found.samples
    }


def key(name: str, **labels: str) -> Sample:
    return f"newsletter_{name}", frozenset(labels.items())


def test_before_anything_ran(scene: Any) -> None:
    """Every verdict is counted from nought, and no tick is an infinite time ago."""
    found = figures(scene)
    assert found[key("editions", newsletter="daily", verdict="sent")] == 0
    assert found[key("tick_age_seconds")] == float("inf")
    assert found[key("oldest_due_seconds")] == 0
    assert found[key("sources_failing")] == 0
    assert found[key("alarms", kind="tick")] == 0


def test_a_day(scene: Any) -> None:
    """Ticks, editions, deliveries, failing sources and alarms, as the rows have them; twice asked, the same."""
    scene.add_reader("ann@reader.example")
    scene.gather(["One", "Two", "Three"])
    scene.gather([], "https://other.example/news", "It did not answer.")
    edition_id = scene.make_edition(ready_only=False)
    with scene.database.transaction() as connection:
        note_tick(connection)
        connection.execute(sa.update(heartbeat).values(beaten_at=sa.func.now() - sa.text("interval '90 seconds'")))
        connection.execute(
            sa.text("UPDATE edition SET sends_when_ready = true, due_at = due_at - interval '60 s'")
        )
        row = {"edition_id": edition_id, "kind": "held", "reason": "A look.", "given_at": scene.clock()}
        connection.execute(sa.insert(verdict).values(row))
        raise_alarm(connection, Cause(AlarmKind.MISSED, "daily/2026-03-01", "Missed."), scene.clock())
    found = figures(scene)
    assert 90 <= found[key("tick_age_seconds")] < 120
    assert found[key("oldest_due_seconds")] == 60
    assert found[key("editions", newsletter="daily", verdict="held")] == 1
    assert found[key("deliveries", edition="daily/2026-03-02", state="pending")] == 1
    assert found[key("sources_failing")] == 1
    assert found[key("alarms", kind="missed")] == 1
    assert set(found) == set(figures(scene))


def test_no_reader_is_in_the_figures(scene: Any) -> None:
    """Nobody's address, under any name of ours."""
    scene.add_reader("ann@reader.example")
    browser = scene.browser()
    browser.headers["Host"] = "10.0.0.7:8000"
    answer = browser.get("/metrics")
    assert answer.status_code == 200
    assert "@" not in answer.text
