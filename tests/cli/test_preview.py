"""`newsletter preview`: exactly what a reader would get."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter import tasks
from newsletter.delivery.post import Post
from newsletter.delivery.transport import MemoryTransport
from newsletter.edition.printing import pdf
from newsletter.errors import NotFoundError, SettingsError
from newsletter.readers.tables import subscription
from newsletter.services import Services
from tests.cli.conftest import Terminal
from tests.delivery.press import MARKER, WORDS, Press


def test_the_message_itself(terminal: Terminal, services: Services, press: Press, tmp_path: Path) -> None:
    """The previewed message is, to the byte, the one that is then submitted."""
    edition_id = press.send("ann")
    out = tmp_path / "ann.eml"
    shown = terminal.run("preview", "daily", "--format", "eml", "--to", "ann@example.org", "--out", out)
    assert ("", True) == (shown.stdout, str(out) in shown.stderr)
    kept = MemoryTransport()
    services.post = Post(services.database, services.tokens, services.settings.public_url, kept)
    tasks.submit_edition(services, edition_id)
    assert [out.read_bytes()] == [each.content for each in kept.submitted]


@pytest.mark.parametrize(("kind", "expected"), [("html", "<p>For bo@example.org</p>"), ("text", "Leave: http")])
def test_one_part(terminal: Terminal, press: Press, kind: str, expected: str) -> None:
    """A part goes to standard output with its personal places filled, for a stranger too."""
    press.make_ready([])
    shown = terminal.run("preview", "daily/2026-03-02", "--format", kind, "--to", "bo@example.org").stdout
    assert expected in shown
    assert MARKER not in shown


def test_a_language(terminal: Terminal, press: Press) -> None:
    """The reader's own language is shown unless another is asked for; one the edition has not is named."""
    (ann, _) = press.add_readers("ann", "bo")
    with press.database.transaction() as connection:
        connection.execute(sa.update(subscription).where(subscription.c.id == ann).values(language="ar"))
    press.make_ready([], languages=("en", "ar"))
    words = {language: leave for language, (_, leave) in WORDS.items()}

    def shown(*options: str) -> str:
        return str(terminal.run("preview", "daily", "--format", "text", *options).stdout)

    assert words["ar"] in shown("--to", "ann@example.org")
    assert words["en"] in shown("--to", "ann@example.org", "--language", "en")
    assert words["en"] in shown("--to", "bo@example.org")
    assert words["ar"] in shown("--language", "ar")
    with pytest.raises(NotFoundError, match="not written in 'fr'"):
        shown("--language", "fr")


def test_a_pdf(terminal: Terminal, press: Press, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra installed the HTML is written as a PDF; without it, the extra is named."""
    press.make_ready([])
    out = tmp_path / "edition.pdf"
    if pdf.can_press():
        terminal.run("preview", "daily", "--format", "pdf", "--out", out)
        assert out.read_bytes().startswith(b"%PDF-")
    monkeypatch.setattr(pdf, "can_press", lambda: False)
    with pytest.raises(NotFoundError, match="PDF") as raised:
        terminal.run("preview", "daily", "--format", "pdf", "--out", out)
    assert "newsletter[pdf]" in raised.value.mend


def test_errors(terminal: Terminal, press: Press, tmp_path: Path) -> None:
    """No edition, no address and no folder to write to are each told apart."""
    with pytest.raises(NotFoundError):
        terminal.run("preview", "daily")
    press.make_ready([])
    assert "--to" in terminal.run("preview", "daily", "--to", "ann", code=2).output
    with pytest.raises(SettingsError, match="cannot be written"):
        terminal.run("preview", "daily", "--out", tmp_path / "no" / "folder.html")
