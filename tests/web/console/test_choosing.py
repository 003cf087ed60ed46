"""The console's candidates and marks."""

from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.edition.states import EditionState
from newsletter.edition.store import get_edition
from newsletter.edition.tables import editor_mark
from newsletter.gather.tables import article

TITLES = ["A mill opens", "A train returns", "<script>alert(1)</script>", "A goat waits"]
PAGE = "/console/newsletters/daily/candidates"


def _press(editor: Any, action: str, **fields: object) -> Any:
    token = editor.get("/console").text.split('name="form_token" value="')[1].split('"')[0]
    return editor.post(f"/console/{action}", data={"form_token": token, **fields})


def _state(scene: Any, edition_id: int) -> EditionState:
    with scene.database.transaction() as connection:
        return get_edition(connection, edition_id).state


def test_the_candidates_with_points_and_reasons(scene: Any, editor: Any) -> None:
    """Every candidate stands there with its points, their parts and its id; what feeds say stays text."""
    scene.gather(TITLES)
    page = editor.get(PAGE).text
    assert all(title in page for title in ("A mill opens", "A train returns", "A goat waits"))
    assert "<script>alert" not in page
    assert "freshness +" in page
    assert "Tuesday, 3 March 2026" in page or "Monday, 2 March 2026" in page
    assert f'href="{PAGE}"' in editor.get("/console").text


def test_nothing_new_is_a_page(scene: Any, editor: Any) -> None:
    """Without candidates the page says so; a newsletter that is not there is 404."""
    assert "Nothing new has come in." in editor.get(PAGE).text
    assert editor.get("/console/newsletters/none/candidates").status_code == 404


@pytest.mark.parametrize(
    ("mark", "fields", "stored"),
    [
        ("pin", {"place": 2}, ("pin", 2)),
        ("boost", {"points": -7}, ("boost", -7)),
        ("block", {}, ("block", 0)),
        ("allow-update", {}, ("update", 0)),
    ],
)
def test_marks(scene: Any, editor: Any, mark: str, fields: dict[str, int], stored: tuple[str, int]) -> None:
    """Each button makes its mark in the editor's name and leads back; unmark takes it away."""
    scene.gather(TITLES)
    answer = _press(editor, f"newsletters/daily/articles/1/{mark}", **fields)
    assert (303, PAGE) == (answer.status_code, answer.headers["location"])
    with scene.database.transaction() as connection:
        (row,) = connection.execute(sa.select(editor_mark)).all()
    assert (*stored, "editor@paper.example") == (row.kind, row.value, row.made_by)
    assert _press(editor, "newsletters/daily/articles/1/unmark").status_code == 303
    with scene.database.transaction() as connection:
        assert [] == connection.execute(sa.select(editor_mark)).all()


def test_what_is_no_mark(scene: Any, editor: Any) -> None:
    """Unknown marks and articles are 404, impossible values are refused, and nothing changes without a token."""
    scene.gather(TITLES)
    assert 404 == _press(editor, "newsletters/daily/articles/1/praise").status_code
    assert 404 == _press(editor, "newsletters/daily/articles/99/block").status_code
    assert 400 <= _press(editor, "newsletters/daily/articles/1/boost", points=99).status_code < 500
    assert 400 <= editor.post("/console/newsletters/daily/articles/1/block").status_code < 500
    with scene.database.transaction() as connection:
        assert [] == connection.execute(sa.select(editor_mark)).all()


def test_a_mark_makes_a_ready_edition_anew(scene: Any, editor: Any) -> None:
    """The edition goes back to be chosen with the mark, and a worker is rung."""
    scene.gather(TITLES)
    edition_id = scene.make_edition()
    _press(editor, "newsletters/daily/articles/1/block")
    assert _state(scene, edition_id) is EditionState.GATHERING
    assert [Bell(TaskName.ADVANCE_EDITION, edition_id)] == scene.ringer.rung


def test_retract(scene: Any, editor: Any) -> None:
    """An article taken back stops the edition that is being sent, and the archive says so."""
    scene.add_reader("reader@example.com")
    scene.gather(TITLES)
    edition_id = scene.make_edition(ready_only=False)
    page = editor.get(f"/console/editions/{edition_id}").text
    assert "Take it back everywhere" in page
    assert 400 <= _press(editor, "articles/1/retract", why="  ").status_code < 500
    assert _state(scene, edition_id) is EditionState.SENDING
    assert 303 == _press(editor, "articles/1/retract", why="<b>Made up</b>").status_code
    assert _state(scene, edition_id) is EditionState.PAUSED
    archived = scene.browser().get("/archive/daily/2026-03-02").text
    assert "Withdrawn:" in archived
    assert "&lt;b&gt;Made up&lt;/b&gt;" in archived
    assert "taken back" in editor.get(f"/console/editions/{edition_id}").text


def test_correct(scene: Any, editor: Any) -> None:
    """Written down with one button; mailed as well where the box is ticked, to those who were sent it, once."""
    scene.add_reader("reader@example.com")
    scene.gather(TITLES)
    edition_id = scene.make_edition(ready_only=False)
    assert "Correct it" in editor.get(f"/console/editions/{edition_id}").text
    assert 400 <= _press(editor, "articles/1/correct", text=" ").status_code < 500
    assert 303 == _press(editor, "articles/1/correct", text="Nine days, not ten.").status_code
    assert [] == scene.ringer.rung
    for _ in range(2):
        assert 303 == _press(editor, "articles/1/correct", text="Nine days, not ten.", mail="true").status_code
    assert [Bell(TaskName.ADVANCE_EDITION, edition_id + 1)] == scene.ringer.rung


def test_the_archive_tells_a_correction(scene: Any) -> None:
    """An edition with an article that was corrected since says so on top; one without says nothing."""
    scene.add_reader("reader@example.com")
    scene.gather(TITLES)
    scene.make_edition(ready_only=False)
    address = "/archive/daily/2026-03-02"
    assert "Correction:" not in scene.browser().get(address).text
    with scene.database.transaction() as connection:
        told = {"correction": "It opens in May.", "corrected_at": scene.clock.at.replace(hour=13)}
        connection.execute(sa.update(article).where(article.c.title == "A mill opens").values(told))
    page = scene.browser().get(address).text
    assert "Correction:" in page
    assert "It opens in May." in page


def test_an_edition_shows_what_it_leaves_out(scene: Any, editor: Any) -> None:
    """Beside the chosen stand the best of the rest, with their reasons."""
    scene.gather([f"{name} opens" for name in ("Apple", "Bridge", "Cinema", "Depot")])
    _press(editor, "newsletters/daily/articles/2/block")
    edition_id = scene.make_edition()
    page = editor.get(f"/console/editions/{edition_id}").text
    assert "<h2>Left out</h2>" in page
    assert "blocked by an editor" in page
