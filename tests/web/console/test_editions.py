"""The console's pages and buttons."""

from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.delivery import control
from newsletter.delivery.tables import delivery
from newsletter.edition.states import EditionState
from newsletter.edition.store import get_edition, list_editions
from newsletter.web.console.edition import buttons

TITLES = ["<script>alert(1)</script>", '"><img src=x onerror=alert(2)>', "A goat </title><svg onload=alert(3)>"]


def _press(editor: Any, action: str) -> Any:
    token = editor.get("/console").text.split('name="form_token" value="')[1].split('"')[0]
    return editor.post(f"/console/{action}", data={"form_token": token})


def _sending(scene: Any, readers: int = 5) -> int:
    for number in range(readers):
        scene.add_reader(f"reader{number}@example.com")
    scene.gather(TITLES)
    return int(scene.make_edition(ready_only=False))


def _state(scene: Any, edition_id: int) -> EditionState:
    with scene.database.transaction() as connection:
        return get_edition(connection, edition_id).state


def test_send_now_twice_is_one_edition(scene: Any, editor: Any) -> None:
    """Pressing the button again leads to the same page."""
    answers = [_press(editor, "newsletters/daily/send-now") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len({answer.headers["location"] for answer in answers}) == 1
    with scene.database.transaction() as connection:
        (edition,) = list_editions(connection)
    assert (edition.key, edition.requested_by) == ("2026-03-02", "editor@paper.example")
    assert answers[0].headers["location"] == f"/console/editions/{edition.id}"
    assert scene.ringer.rung == [Bell(TaskName.ADVANCE_EDITION, edition.id)] * 2


def test_a_cancelled_edition_is_a_conflict(scene: Any, editor: Any) -> None:
    """What was cancelled is not sent by a second thought, and the page says so."""
    edition_id = _sending(scene)
    assert _press(editor, f"editions/{edition_id}/cancel").status_code == 303
    for action in ("newsletters/daily/send-now", f"editions/{edition_id}/send-now"):
        answer = _press(editor, action)
        assert answer.status_code == 409
        assert "cancelled" in answer.text
    assert scene.ringer.rung == []


def test_pause_and_resume(scene: Any, editor: Any) -> None:
    """Each works once from its own state; the loser of a race gets 409."""
    edition_id = _sending(scene)
    assert _press(editor, f"editions/{edition_id}/pause").status_code == 303
    assert _state(scene, edition_id) is EditionState.PAUSED
    assert _press(editor, f"editions/{edition_id}/pause").status_code == 409
    assert _press(editor, f"editions/{edition_id}/resume").status_code == 303
    assert _press(editor, f"editions/{edition_id}/resume").status_code == 409
    assert _state(scene, edition_id) is EditionState.SENDING
    assert scene.ringer.rung == [Bell(TaskName.ADVANCE_EDITION, edition_id)]


def test_a_ready_edition_is_released(scene: Any, editor: Any) -> None:
    """Send now on a ready edition lets it go as soon as a worker comes."""
    scene.gather(TITLES)
    edition_id = scene.make_edition()
    assert "Send now" in editor.get(f"/console/editions/{edition_id}").text
    assert _press(editor, f"editions/{edition_id}/send-now").status_code == 303
    with scene.database.transaction() as connection:
        assert get_edition(connection, edition_id).sends_when_ready


def test_a_done_edition_goes_to_newcomers_only(scene: Any, editor: Any) -> None:
    """The button is there once somebody joined, says how many, and plans just those."""
    edition_id = _sending(scene, readers=1)
    with scene.database.transaction() as connection:
        connection.execute(sa.text("UPDATE delivery SET state = 'accepted'"))
        connection.execute(sa.text("UPDATE edition SET state = 'done'"))
    address = f"/console/editions/{edition_id}"
    assert "send-now" not in editor.get(address).text
    scene.add_reader("late@example.com")
    assert "Send now to 1 new reader<" in editor.get(address).text
    assert _press(editor, f"editions/{edition_id}/send-now").status_code == 303
    assert editor.get(f"{address}/progress").json()["deliveries"]["pending"] == 1


def test_progress_adds_up_to_the_audience(scene: Any, editor: Any) -> None:
    """Every reader is in exactly one count, whatever the deliveries' states."""
    edition_id = _sending(scene, readers=7)
    with scene.database.transaction() as connection:
        ids = connection.execute(sa.select(delivery.c.id)).scalars().all()
        for delivery_id, state in zip(
            ids, ("accepted", "accepted", "failed", "uncertain", "deferred"), strict=False
        ):
            change = sa.update(delivery).where(delivery.c.id == delivery_id).values(state=state)
            connection.execute(change)
    progress = editor.get(f"/console/editions/{edition_id}/progress").json()
    assert progress["audience"] == 7
    assert sum(progress["deliveries"].values()) == 7
    assert progress["settled"] == 3
    assert progress["is_moving"] is True
    assert progress["verdict"]["reason"] == "Accepted for 2 of 7 readers, 4 to go."
    page = editor.get(f"/console/editions/{edition_id}").text
    assert '<dd id="audience">7</dd>' in page
    assert '<noscript><meta http-equiv="refresh"' in page


def test_a_paused_edition_does_not_refresh(scene: Any, editor: Any) -> None:
    """A page on which nothing moves asks for nothing."""
    edition_id = _sending(scene)
    with scene.database.transaction() as connection:
        control.pause(connection, edition_id, "Held <b>back</b>.")
    page = editor.get(f"/console/editions/{edition_id}").text
    assert "progress.js" not in page
    assert "Held &lt;b&gt;back&lt;/b&gt;." in page


def test_what_feeds_say_stays_text(scene: Any, editor: Any) -> None:
    """No title, subject or error of a source becomes markup on any page of the console."""
    scene.gather([], url="https://bad.example/<img src=x onerror=alert(4)>", error="<script>alert(5)</script>")
    edition_id = _sending(scene)
    for path in ("", f"/editions/{edition_id}", f"/editions/{edition_id}/preview"):
        page = editor.get(f"/console{path}").text
        assert "<script>" not in page
        assert "<img src=x" not in page
        assert "<svg onload" not in page
    assert "&lt;script&gt;alert(5)" in editor.get("/console").text
    preview = editor.get(f"/console/editions/{edition_id}/preview").headers["content-security-policy"]
    assert "sandbox" in preview
    assert "allow-scripts" not in preview


def test_a_link_that_is_no_web_address_is_not_a_link(scene: Any, editor: Any) -> None:
    """A javascript: address in a feed is shown as a title alone."""
    edition_id = _sending(scene)
    with scene.database.transaction() as connection:
        connection.execute(sa.text("UPDATE edition_article SET url = 'javascript:alert(1)'"))
    assert "javascript:" not in editor.get(f"/console/editions/{edition_id}").text


def test_the_overview_shows_readers_due_time_and_sources(scene: Any, editor: Any) -> None:
    """One look says when the next edition is due, who reads and what fails."""
    scene.add_reader("reader@example.com")
    scene.gather([], error="It answered 503.")
    page = editor.get("/console").text
    assert "Next edition Tue 3 Mar 2026, 07:00 UTC" in page
    assert "<dt>active</dt><dd>1</dd>" in page
    assert "It answered 503." in page


def test_an_edition_that_is_not_there_is_a_page(editor: Any) -> None:
    """A wrong number is 404, and no number at all is refused."""
    assert editor.get("/console/editions/99").status_code == 404
    assert editor.get("/console/editions/x").status_code == 422
    assert editor.get(f"/console/editions/{10**30}").status_code == 404
    assert editor.get("/console/editions/99/preview").status_code == 404


@pytest.mark.parametrize(
    ("state", "newcomers", "expected"),
    [
        (EditionState.READY, 0, ["send-now", "cancel"]),
        (EditionState.SENDING, 3, ["pause", "cancel"]),
        (EditionState.PAUSED, 0, ["resume", "cancel"]),
        (EditionState.DONE, 0, []),
        (EditionState.DONE, 2, ["send-now"]),
        (EditionState.MISSED, 0, ["send-now"]),
        (EditionState.CANCELLED, 5, []),
    ],
)
def test_buttons_follow_the_state(state: EditionState, newcomers: int, expected: list[str]) -> None:
    """Only what the state allows is offered."""
    assert list(buttons(state, newcomers)) == expected
