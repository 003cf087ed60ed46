"""What was found before a sending, on the edition's page, with its two buttons."""

from typing import Any

from newsletter.bell import Bell, TaskName
from newsletter.edition.store import get_edition
from newsletter.preflight.finding import block, passed, warn
from newsletter.preflight.store import find_check, save_check


def press(editor: Any, action: str) -> Any:
    token = editor.get("/console").text.split('name="form_token" value="')[1].split('"')[0]
    return editor.post(f"/console/{action}", data={"form_token": token})


def checked(scene: Any, *findings: Any) -> int:
    """Return an edition that is ready, with these findings."""
    scene.add_reader("ann@reader.example")
    scene.gather(["One goat", "Two towns", "Three ships"])
    edition_id = int(scene.make_edition())
    with scene.database.transaction() as connection:
        save_check(connection, get_edition(connection, edition_id), findings, scene.clock())
    return edition_id


def test_what_was_found_is_shown(scene: Any, editor: Any) -> None:
    """Each finding with its place and its mend, escaped; those that passed are counted."""
    bad = block("A link is gone: <b>404</b>.", "https://paper.example/1", "Take it out.")
    edition_id = checked(scene, bad, warn("So so."), passed("Good."))
    page = editor.get(f"/console/editions/{edition_id}").text
    for said in (
        "A link is gone: &lt;b&gt;404",
        "https://paper.example/1",
        "Take it out.",
        "So so.",
        "1 checks passed",
    ):
        assert said in page, said
    assert ("Check again" in page, "Send anyway" in page) == (True, True)


def test_an_edition_that_was_not_checked(scene: Any, editor: Any) -> None:
    """Before the check there is only the button; nothing blocks, so nothing is to be let go."""
    scene.gather(["One goat", "Two towns", "Three ships"])
    page = editor.get(f"/console/editions/{scene.make_edition()}").text
    assert ("Not checked yet." in page, "Send anyway" in page) == (True, False)


def test_check_again_rings(scene: Any, editor: Any) -> None:
    """The button has it looked at once more, and changes nothing by itself."""
    edition_id = checked(scene, block("Bad."))
    assert press(editor, f"editions/{edition_id}/check-again").status_code == 303
    assert scene.ringer.rung == [Bell(TaskName.PREFLIGHT_EDITION, edition_id)]


def test_send_anyway_lets_it_go(scene: Any, editor: Any) -> None:
    """The button keeps who pressed it, and asks for the sending; afterwards it is gone."""
    edition_id = checked(scene, block("Bad."))
    assert press(editor, f"editions/{edition_id}/send-anyway").status_code == 303
    assert scene.ringer.rung == [Bell(TaskName.ADVANCE_EDITION, edition_id)]
    with scene.database.transaction() as connection:
        edition = get_edition(connection, edition_id)
        found = find_check(connection, edition)
    assert found is not None
    assert ("editor@paper.example", True) == (found.overruled_by, edition.sends_when_ready)
    page = editor.get(f"/console/editions/{edition_id}").text
    assert ("Send anyway" in page, "editor@paper.example let it go" in page) == (False, True)


def test_both_buttons_are_guarded(scene: Any, editor: Any, visitor: Any) -> None:
    """A stranger and a forged form change nothing; an edition that is not ready is a conflict."""
    edition_id = checked(scene, block("Bad."))
    before = scene.everything()
    for action in ("check-again", "send-anyway"):
        path = f"/console/editions/{edition_id}/{action}"
        assert visitor.post(path).status_code == 401
        assert editor.post(path, data={"form_token": "forged"}).status_code == 403
    assert (before, []) == (scene.everything(), scene.ringer.rung)
    press(editor, f"editions/{edition_id}/cancel")
    for action in ("check-again", "send-anyway"):
        assert press(editor, f"editions/{edition_id}/{action}").status_code == 409
