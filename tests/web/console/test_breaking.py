"""The console's way to breaking news."""

from typing import Any

import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.edition.store import list_editions
from newsletter.publication.newsletters import change_newsletter
from newsletter.readers.tables import subscription

PAGE = "/console/newsletters/daily/breaking/1"


def _send(editor: Any) -> Any:
    token = editor.get(PAGE).text.split('name="form_token" value="')[1].split('"')[0]
    return editor.post(PAGE, data={"form_token": token})


def _ask_for_it(scene: Any) -> None:
    """Give the newsletter an article, and one reader who wants to be told at once."""
    scene.gather(["A mill opens", "<script>alert(1)</script>"])
    scene.add_reader("reader@example.com")
    with scene.database.transaction() as connection:
        connection.execute(sa.update(subscription).values(breaking=True))


def test_it_is_confirmed_on_a_page(scene: Any, editor: Any) -> None:
    """The candidates lead to it; looking sends nothing, and what feeds say stays text."""
    _ask_for_it(scene)
    assert f'href="{PAGE}"' in editor.get("/console/newsletters/daily/candidates").text
    page = editor.get(PAGE).text
    assert "A mill opens" in page
    assert "1 reader of" in page
    assert "Send it now" in page
    assert "<script>alert" not in editor.get(PAGE.replace("/1", "/2")).text
    with scene.database.transaction() as connection:
        assert [] == list_editions(connection)


def test_it_is_sent_once(scene: Any, editor: Any) -> None:
    """Pressed, its edition is shown; pressed again, the same, and the page says that it was told."""
    _ask_for_it(scene)
    first = _send(editor)
    assert 303 == first.status_code
    with scene.database.transaction() as connection:
        (made,) = list_editions(connection)
    assert f"/console/editions/{made.id}" == first.headers["location"]
    assert [Bell(TaskName.ADVANCE_EDITION, made.id)] == scene.ringer.rung
    token = editor.get("/console").text.split('name="form_token" value="')[1].split('"')[0]
    again = editor.post(PAGE, data={"form_token": token})
    assert first.headers["location"] == again.headers["location"]
    assert f"{made.name}</a>. Nobody is mailed it twice." in editor.get(PAGE).text
    assert "breaking" in editor.get(first.headers["location"]).text


def test_what_cannot_be_sent_has_no_button(scene: Any, editor: Any) -> None:
    """Nobody asked for it, or the newsletter sends none; whoever posts all the same is told so."""
    scene.gather(["A mill opens"])
    assert "No active reader" in editor.get(PAGE).text
    token = editor.get("/console").text.split('name="form_token" value="')[1].split('"')[0]
    assert 409 == editor.post(PAGE, data={"form_token": token}).status_code
    with scene.database.transaction() as connection:
        change_newsletter(connection, "daily", {"breaking": "no"})
    page = editor.get(PAGE).text
    assert "sends no breaking news" in page
    assert "Send it now" not in page
    assert "Breaking…" not in editor.get("/console/newsletters/daily/candidates").text
    assert 404 == editor.get(PAGE.replace("/1", "/99")).status_code


def test_without_a_form_token_nothing_is_sent(scene: Any, editor: Any) -> None:
    """Another site cannot press the button."""
    _ask_for_it(scene)
    assert 400 <= editor.post(PAGE).status_code < 500
    with scene.database.transaction() as connection:
        assert [] == list_editions(connection)
