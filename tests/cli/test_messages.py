"""What a translator types."""

from pathlib import Path
from typing import Any

import pytest

from newsletter.edition.words.languages import Languages
from newsletter.errors import SettingsError

OURS = Path(__file__).parents[2] / "templates"
GREETING = '{{ _("Good morning, {town}", town=town) }} {{ _("Top stories") }}'


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a publisher's own templates, with a phrase of their own, as TEMPLATES_DIR."""
    folder = tmp_path / "own"
    (folder / "email/digest").mkdir(parents=True)
    (folder / "email/digest/body.txt").write_text(GREETING)
    monkeypatch.setenv("TEMPLATES_DIR", str(folder))
    return folder


def test_a_new_language_begins_empty_and_is_spoken_phrase_by_phrase(terminal: Any, own: Path) -> None:
    """The command finds our phrases and the publisher's; what is filled in is said, the rest stays English."""
    said = terminal.run("messages", "fi", "pt-BR").stdout
    assert ["fi.po", "pt_BR.po"] == sorted(file.name for file in (own / "locale").iterdir())
    assert "fi.po:" in said.replace("\n", "")
    file = own / "locale/fi.po"
    text = file.read_text("utf-8")
    assert 'msgid "Good morning, {town}"\nmsgstr ""' in text
    file.write_text(
        text.replace('msgid "Top stories"\nmsgstr ""', 'msgid "Top stories"\nmsgstr "Pääuutiset"'), "utf-8"
    )
    phrases = Languages([own, OURS]).phrases("fi")
    assert ("Pääuutiset", "Unsubscribe") == (phrases.gettext("Top stories"), phrases.gettext("Unsubscribe"))


def test_an_own_phrase_stands_before_ours_after_an_update(terminal: Any, own: Path) -> None:
    """A publisher's one phrase is kept, ours fill its empty places, and doing it twice changes nothing."""
    file = own / "locale/ar.po"
    file.parent.mkdir()
    file.write_text('msgid ""\nmsgstr ""\n"Language: ar\\n"\n\nmsgid "Top stories"\nmsgstr "العناوين"\n', "utf-8")
    terminal.run("messages", "ar")
    once = file.read_text("utf-8")
    terminal.run("messages", "ar")
    assert once == file.read_text("utf-8")
    phrases = Languages([own, OURS]).phrases("ar")
    assert ("العناوين", "صوتان") == (
        phrases.gettext("Top stories"),
        phrases.ngettext("{number} vote", "{number} votes", 2),
    )


def test_ours_are_up_to_date(terminal: Any, tmp_path: Path) -> None:
    """What `make messages` does changes none of our catalogues."""
    folder = tmp_path / "templates"
    (folder / "locale").mkdir(parents=True)
    for file in (OURS / "locale").iterdir():
        (folder / "locale" / file.name).write_bytes(file.read_bytes())
    names = sorted(file.stem for file in (OURS / "locale").iterdir())
    said = terminal.run("messages", *names, "--templates", str(folder)).stdout
    assert len(names) == said.replace("\n", " ").count(" 0 without a translation")
    for name in names:
        assert (OURS / f"locale/{name}.po").read_text() == (folder / f"locale/{name}.po").read_text()


@pytest.mark.parametrize("name", ["klingon!", "../../etc"])
def test_what_is_no_language_is_refused(terminal: Any, own: Path, name: str) -> None:
    """A name that is no tag writes no file."""
    with pytest.raises(SettingsError, match="is no language"):
        terminal.run("messages", "fi", name)
    assert not (own / "locale").exists()


def test_without_templates_of_ones_own_it_says_so(terminal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written into what an upgrade replaces."""
    monkeypatch.delenv("TEMPLATES_DIR", raising=False)
    with pytest.raises(SettingsError, match="templates of your own"):
        terminal.run("messages", "fi")
