"""Our own catalogues: all that is said, in every language, and fit to print."""

import io
import re
import unicodedata
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from newsletter.edition.words.catalogue import places
from newsletter.edition.words.messages import bring_up_to_date, find_messages

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "templates/locale").glob("*.po"))


@pytest.fixture(scope="module")
def said() -> Catalog:
    """Give what templates and code say now."""
    return find_messages(ROOT / "newsletter", [ROOT / "templates"])


def forms(message: Message) -> tuple[str, ...]:
    string = message.string
    return tuple(string) if isinstance(string, (tuple, list)) else (string or "",)


def messages(file: Path) -> list[Message]:
    return [each for each in read_po(io.StringIO(file.read_text("utf-8"))) if each.id]


def test_the_languages_are_there() -> None:
    """English is the templates' own; the others have a catalogue each."""
    assert ["ar", "de", "es", "fr", "tr"] == [file.stem for file in FILES]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_catalogue_is_up_to_date(file: Path, said: Catalog) -> None:
    """Nothing is missing, left over, guessed or out of order: `make messages` would change nothing."""
    text = file.read_text("utf-8")
    assert text == bring_up_to_date(file.name, file.stem, text, said)
    assert [] == [each.id for each in messages(file) if each.fuzzy or not all(forms(each))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_translation_has_what_its_english_has(file: Path) -> None:
    """The same values in every form; only a form for none, one or two may do without its number."""
    counts = read_po(io.StringIO(file.read_text("utf-8"))).num_plurals
    for message in messages(file):
        english = set(places(message.id if isinstance(message.id, str) else message.id[1]))
        assert len(forms(message)) == (1 if isinstance(message.id, str) else counts), message.id
        for number, form in enumerate(forms(message)):
            spelt_out = {"number"} if counts > 2 and number <= 2 else set()
            assert english - spelt_out <= set(places(form)) <= english, form


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_translation_is_fit_to_print(file: Path) -> None:
    """No controls, no direction marks (names are isolated where they are put in), no stray or straight quotes."""
    for message in messages(file):
        for form in forms(message):
            wrong = {each for each in form if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
            assert (set(), form.strip()) == (wrong, form)
            assert not re.search("['\"]|  ", form), form


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_sentence_ends_as_its_english_does(file: Path) -> None:
    """A full stop, a colon or a question stays one: lines are put together by what they end with."""
    ends = {".": "[.。]$", ":": ":$", "?": "[?؟]$"}
    for message in messages(file):
        english = message.id if isinstance(message.id, str) else message.id[0]
        for form in forms(message):
            wanted = ends.get(english[-1], "[^.:?؟]$")
            assert re.search(wanted, form) or form.endswith(("Std.", "Min.", "{place}.")), form
