"""Catalogues as translators write them, and as they write them wrongly."""

from pathlib import Path

import pytest

from newsletter.edition.words.catalogue import Catalogue, Source
from newsletter.edition.words.languages import Languages
from newsletter.errors import ContentError

HEAD = """msgid ""
msgstr ""
"Language: pl\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);\\n"

"""
VOTES = """msgid "{number} vote"
msgid_plural "{number} votes"
msgstr[0] "{number} głos"
msgstr[1] "{number} głosy"
msgstr[2] "{number} głosów"
"""


def catalogue(*texts: str) -> Catalogue:
    return Catalogue(Source(f"{place}.po", HEAD + text) for place, text in enumerate(texts))


@pytest.mark.parametrize(
    ("expected", "number"),
    [("głos", 1), ("głosy", 2), ("głosów", 5), ("głosów", 12), ("głosy", 22), ("głosów", 0)],
)
def test_each_number_takes_its_form(expected: str, number: int) -> None:
    """The file's own rule decides which form goes with a number."""
    assert f"{{number}} {expected}" == catalogue(VOTES).count("{number} vote", number)


def test_the_first_catalogue_wins_phrase_by_phrase() -> None:
    """A publisher changes one phrase and keeps the rest of ours."""
    own = 'msgid "Unsubscribe"\nmsgstr "Zrezygnuj"\n'
    ours = 'msgid "Unsubscribe"\nmsgstr "Wypisz"\n\nmsgid "Preferences"\nmsgstr "Ustawienia"\n'
    both = catalogue(own, ours)
    assert ("Zrezygnuj", "Ustawienia") == (both.say("Unsubscribe"), both.say("Preferences"))


def test_each_catalogue_counts_by_its_own_rule() -> None:
    """A publisher's file without plurals leaves those of ours as they are, though its header counts otherwise."""
    head = 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
    own = f'{head}msgid "{{number}} day"\nmsgid_plural "{{number}} days"\nmsgstr[0] "{{number}} d"\n'
    both = Catalogue([Source("own.po", own), Source("ours.po", HEAD + VOTES)])
    assert ("{number} d", "{number} głosy") == (both.count("{number} day", 1), both.count("{number} vote", 3))


@pytest.mark.parametrize(
    "entry",
    [
        'msgid "Done"\nmsgstr ""\n',
        '#, fuzzy\nmsgid "Done"\nmsgstr "Prawie"\n',
        '#~ msgid "Done"\n#~ msgstr "Dawno"\n',
        'msgctxt "oven"\nmsgid "Done"\nmsgstr "Upieczone"\n',
    ],
    ids=["untranslated", "guessed", "obsolete", "of another context"],
)
def test_what_is_not_said_is_none(entry: str) -> None:
    """Only what a translator stands by is said."""
    assert catalogue(entry).say("Done") is None


def test_a_plural_without_one_of_its_forms_is_not_said() -> None:
    """Half a plural would leave some numbers without words."""
    half = VOTES.replace('msgstr[2] "{number} głosów"', 'msgstr[2] ""')
    assert catalogue(half).count("{number} vote", 1) is None


def test_a_context_tells_two_meanings_apart() -> None:
    """One English word can be two in another language."""
    both = 'msgctxt "oven"\nmsgid "Done"\nmsgstr "Upieczone"\n\nmsgid "Done"\nmsgstr "Gotowe"\n'
    assert ("Upieczone", "Gotowe") == (catalogue(both).say("Done", "oven"), catalogue(both).say("Done"))


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("misformatted", 'msgid "Done"\nthis is not a catalogue\n'),
        ("writer", 'msgid "By {author}"\nmsgstr "Autor: {writer}"\n'),
        ("more than a name", 'msgid "By {author}"\nmsgstr "Autor: {}"\n'),
        ("more than a name", 'msgid "By {author}"\nmsgstr "Autor: {author.__class__}"\n'),
        ("more than a name", 'msgid "By {author}"\nmsgstr "Autor: {author!r:>9}"\n'),
        ("'}'", 'msgid "By {author}"\nmsgstr "Autor: {author"\n'),
        ("numer", VOTES.replace("{number} głosy", "{numer} głosy")),
    ],
)
def test_a_broken_catalogue_is_named_before_anything_is_said(fault: str, text: str) -> None:
    """Whoever wrote it is told which file it is and what is wrong there; no mail goes out half translated."""
    with pytest.raises(ContentError, match=fault) as raised:
        Catalogue([Source("locale/pl.po", HEAD + text)])
    assert "locale/pl.po" in raised.value.what


@pytest.mark.parametrize("rule", ["n", "n%0", "n==", "5", "__import__('os')"])
def test_a_rule_for_plurals_that_cannot_be_one_is_refused(rule: str) -> None:
    """A rule that names a form which is not there, or is no rule, is found when the file is read."""
    text = f'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural={rule};\\n"\n\nmsgid "Done"\nmsgstr "Gotowe"\n'
    with pytest.raises(ContentError, match=r"pl\.po"):
        Catalogue([Source("pl.po", text)])


def write(folder: Path, name: str, said: str) -> Path:
    file = folder / "locale" / f"{name}.po"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'msgid ""\nmsgstr ""\n"Language: {name}\\n"\n\nmsgid "Done"\nmsgstr "{said}"\n', "utf-8")
    return file


def test_the_publishers_words_stand_before_ours_and_a_region_before_its_language(tmp_path: Path) -> None:
    """The nearest catalogue wins: own before ours, Brazilian before Portuguese."""
    own, ours = tmp_path / "own", tmp_path / "ours"
    write(ours, "pt", "Feito")
    assert "Feito" == Languages([own, ours]).phrases("pt-BR").gettext("Done")
    write(own, "pt", "Já está")
    assert "Já está" == Languages([own, ours]).phrases("pt-BR").gettext("Done")
    write(ours, "pt_BR", "Pronto")
    assert "Pronto" == Languages([own, ours]).phrases("pt-BR").gettext("Done")
    assert "Já está" == Languages([own, ours]).phrases("pt").gettext("Done")


def test_a_publisher_changes_the_english_too(tmp_path: Path) -> None:
    """English needs no catalogue, and takes one."""
    write(tmp_path, "en", "There you are")
    assert "There you are" == Languages([tmp_path]).phrases("en-GB").gettext("Done")


def test_what_is_spoken(tmp_path: Path) -> None:
    """English always is; other languages and their regions where there are words."""
    write(tmp_path, "pt", "Feito")
    languages = Languages([tmp_path])
    assert ("en", "pt") == languages.known()
    assert [True, True, True, False] == [languages.speaks(each) for each in ("en-GB", "pt", "pt-BR", "fi")]


def test_a_catalogue_in_another_encoding_is_named(tmp_path: Path) -> None:
    """A file that an old editor saved is told apart from a missing one."""
    write(tmp_path, "pt", "Feito").write_bytes(b'msgid "Done"\nmsgstr "J\xe1 est\xe1"\n')
    with pytest.raises(ContentError, match=r"locale/pt\.po"):
        Languages([tmp_path]).phrases("pt")
