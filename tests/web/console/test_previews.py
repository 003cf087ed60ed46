"""An editor sees what each reader will, and can take it away."""

from email import message_from_bytes, policy
from typing import Any

import lxml.html
import pytest

from newsletter.edition.printing.pdf import can_press
from newsletter.edition.store import get_contents
from newsletter.publication.newsletters import change_newsletter

TITLES = ["<script>alert(1)</script>", "A mill opens", "A goat waits"]


def _ready(scene: Any, languages: str = "ar") -> str:
    """Make an edition, and return where the console shows it."""
    with scene.database.transaction() as connection:
        change_newsletter(connection, "daily", {"languages": languages})
    scene.add_reader("reader@example.com")
    scene.gather(TITLES)
    return f"/console/editions/{scene.make_edition()}"


def test_every_device_scheme_and_language_is_there(scene: Any, editor: Any) -> None:
    """Each in a frame that runs nothing and loads when it is looked at."""
    address = _ready(scene)
    frames = lxml.html.document_fromstring(editor.get(address).text).cssselect("iframe")
    views = [
        f"{address}/preview?scheme={scheme}&language={language}"
        for language in ("en", "ar")
        for _ in ("desktop", "phone")
        for scheme in ("light", "dark")
    ]
    assert views == [each.get("src") for each in frames]
    assert len(views) == len({each.get("title") for each in frames})
    assert {"lazy"} == {each.get("loading") for each in frames}
    assert all("allow-scripts" not in str(each.get("sandbox")) for each in frames)
    assert {200} == {editor.get(view).status_code for view in views}


def test_what_a_phones_list_shows(scene: Any, editor: Any) -> None:
    """Subject and preheader in each language with their lengths, and the size of what is mailed."""
    address = _ready(scene)
    page = lxml.html.document_fromstring(editor.get(address).text)
    with scene.database.transaction() as connection:
        contents = get_contents(connection, int(address.rpartition("/")[2]))
    for section, content in zip(page.cssselect("section.preview"), contents, strict=True):
        words = " ".join(section.text_content().split())
        assert f"{content.subject} {len(content.subject)} characters" in words
        assert f"{content.preheader} {len(content.preheader)} characters" in words
        assert "kB of 80" in words
        assert [content.language] == [each.get("lang") for each in section.cssselect("pre")]
    assert ["ltr", "rtl"] == [each.get("dir") for each in page.cssselect(".inbox")]


def test_a_preview_is_in_one_scheme_whatever_the_screen(scene: Any, editor: Any) -> None:
    """No style sheet asks the device any more, and the two differ."""
    address = _ready(scene)
    light, dark, own = (editor.get(f"{address}/preview{query}") for query in ("?scheme=light", "?scheme=dark", ""))
    assert own.text == light.text != dark.text
    for answer, scheme in ((light, "light"), (dark, "dark")):
        assert "prefers-color-scheme" not in answer.text
        assert f'<meta name="color-scheme" content="{scheme}">' in answer.text
        assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
        assert "<script" not in answer.text
    assert 'lang="ar"' in editor.get(f"{address}/preview?language=ar").text
    assert own.text == editor.get(f"{address}/preview?language=tlh").text
    assert 422 == editor.get(f"{address}/preview?scheme=sepia").status_code


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [("html", "text/html; charset=utf-8"), ("txt", "text/plain; charset=utf-8"), ("eml", "message/rfc822")],
)
def test_an_edition_is_taken_away(scene: Any, editor: Any, kind: str, media_type: str) -> None:
    """As a file with a name that says which, in the language asked for."""
    address = _ready(scene)
    own, arabic = (editor.get(f"{address}/file.{kind}?language={language}") for language in ("en", "ar"))
    assert [f'attachment; filename="daily-2026-03-02-{each}.{kind}"' for each in ("en", "ar")] == [
        answer.headers["content-disposition"] for answer in (own, arabic)
    ]
    assert media_type == own.headers["content-type"]
    assert own.content != arabic.content
    if kind == "eml":
        message = message_from_bytes(arabic.content, policy=policy.default)
        assert ["text/plain", "text/html"] == [part.get_content_type() for part in message.iter_parts()]
        assert "reader@example.com" not in str(message["To"])


@pytest.mark.skipif(not can_press(), reason="needs the extra pdf: WeasyPrint, and Pango")
def test_an_edition_is_taken_away_on_paper(scene: Any, editor: Any, tmp_path: Any) -> None:
    """The PDF of what is not sent yet is there for editors."""
    vars(scene.services)["settings"] = scene.services.settings.model_copy(update={"data_dir": tmp_path})
    address = _ready(scene)
    answer = editor.get(f"{address}/file.pdf")
    assert ("application/pdf", b"%PDF-") == (answer.headers["content-type"], answer.content[:5])
    assert "file.pdf" in editor.get(address).text


def test_without_the_extra_an_editor_is_told_how_to_get_it(
    scene: Any, editor: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """The page names the command; the edition's page does not lead there."""
    for module in ("edition.printing.pdf", "web.console.previews"):
        monkeypatch.setattr(f"newsletter.{module}.can_press", lambda: False)
    vars(scene.services)["settings"] = scene.services.settings.model_copy(update={"data_dir": tmp_path})
    address = _ready(scene, languages="")
    assert "file.pdf" not in editor.get(address).text
    answer = editor.get(f"{address}/file.pdf")
    assert 404 == answer.status_code
    assert "pip install" in answer.text


@pytest.mark.parametrize("path", ["preview", "file.eml", "file.txt", "file.html", "file.pdf"])
def test_nobody_else_gets_any_of_it(scene: Any, visitor: Any, path: str) -> None:
    """Whoever is not logged in is sent to the door."""
    answer = visitor.get(f"{_ready(scene)}/{path}")
    assert (303, "/console/login") == (answer.status_code, answer.headers["location"])


def test_what_is_not_there(scene: Any, editor: Any) -> None:
    """No edition, no content yet, no such kind of file."""
    address = _ready(scene)
    assert 404 == editor.get("/console/editions/99/file.eml").status_code
    assert 422 == editor.get(f"{address}/file.exe").status_code
