"""What is found to translate, and how a catalogue is brought up to date."""

import io
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from newsletter.edition.words.messages import bring_up_to_date, find_messages, untranslated
from newsletter.errors import ContentError


def put(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


@pytest.fixture
def sources(tmp_path: Path) -> tuple[Path, Path]:
    """Give a small package and its templates."""
    code, templates = tmp_path / "code", tmp_path / "templates"
    put(
        code / "words.py",
        'phrases.pgettext("place", "{n}th", n=1)\nngettext("{number} day", "{number} days", n)\n',
    )
    put(
        code / "tokens.py",
        'raise TokenError("Too old.", "Ask again.")\nraise SettingsError("Key is short.", "")\n',
    )
    put(code / "readers/store.py", 'raise NotFoundError("Gone.", "`newsletter status` tells.")\n')
    put(code / "delivery/desk.py", 'raise NotFoundError("No batch.", "Wait.")\n')
    put(templates / "web/page.html", '{% set x %}<b>{{ _("By {author}", author=who) }}</b>{% endset %}{{ x }}')
    put(
        templates / "email/body.txt",
        '{% if n %}{{ ngettext("{number} day", "{number} days", n) }}{% endif %}',
    )
    put(templates / "sample/front.html", '{{ _("Not for readers") }}')
    return code, templates


def test_words_are_found_in_templates_code_and_the_errors_that_readers_see(sources: tuple[Path, Path]) -> None:
    """What only operators see is left out."""
    code, templates = sources
    found = {(message.id, message.context) for message in find_messages(code, [templates]) if message.id}
    counted = ("{number} day", "{number} days")
    plain = {(text, None) for text in ("Too old.", "Ask again.", "Gone.", "By {author}")}
    assert {*plain, ("{n}th", "place"), (counted, None)} == found


def test_a_new_catalogue_has_a_place_for_every_form(sources: tuple[Path, Path]) -> None:
    """A translator of Arabic finds six forms to fill in, and a header without dates or names."""
    code, templates = sources
    text = bring_up_to_date("ar.po", "ar", "", find_messages(code, [templates]))
    assert "msgstr[5]" in text
    head = [line for line in text.splitlines() if line.startswith('"')]
    assert ['"Language: ar\\n"', '"Content-Type: text/plain; charset=utf-8\\n"'] == head[:2]
    assert [True] == [line.startswith('"Plural-Forms: nplurals=6; plural=') for line in head[2:]]
    assert len(untranslated(text)) == 6


def test_translations_stay_and_what_is_said_no_more_goes(sources: tuple[Path, Path]) -> None:
    """A catalogue that is up to date does not change by being brought up to date."""
    code, templates = sources
    old = (
        'msgid ""\nmsgstr ""\n"Language: de\\n"\n\nmsgid "Old"\nmsgstr "Alt"\n\n# Short.\n'
        'msgid "Gone."\nmsgstr "Weg."\n'
    )
    found = find_messages(code, [templates])
    text = bring_up_to_date("de.po", "de", old, found)
    read = read_po(io.StringIO(text))
    gone = read.get("Gone.")
    assert gone is not None
    assert ("Weg.", ["Short."], None) == (gone.string, gone.user_comments, read.get("Old"))
    assert "Alt" not in text
    assert text == bring_up_to_date("de.po", "de", text, found)


def test_a_broken_catalogue_is_named(sources: tuple[Path, Path]) -> None:
    """It is left as it is for its writer to mend."""
    code, templates = sources
    with pytest.raises(ContentError, match=r"fi\.po"):
        bring_up_to_date("fi.po", "fi", "nonsense", find_messages(code, [templates]))
