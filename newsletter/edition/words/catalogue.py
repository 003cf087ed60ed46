"""A language's translations, from gettext catalogues: ``locale/<language>.po`` beside the templates.

The files are read as translators write them (``.po``), so that a publisher changes a phrase, or adds a language,
in a text file and without a step that compiles it. The English of the templates is the key, and needs no file.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from gettext import c2py
from string import Formatter

from babel.messages.catalog import Message
from babel.messages.pofile import PoFileError, read_po

from newsletter.errors import ContentError

_COUNTED_TO = 200
"""No language's rule for plurals tells numbers apart beyond this other than by their last two digits."""


@dataclass(frozen=True, slots=True)
class Source:
    """A catalogue as it was found; ``name`` is what its errors call it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said instead of a message: one form, or each form of a plural and which of them a number takes."""

    forms: tuple[str, ...]
    form_of: Callable[[int], int]


class Catalogue:
    """What is said in a language instead of the English; of several sources the first that says it wins.

    Raises ContentError, which names the source, for a text that is no catalogue, and for a translation that asks
    for a value which its English has not.
    """

    def __init__(self, sources: Iterable[Source]) -> None:
        self._said: dict[tuple[str, str], _Said] = {}
        for source in sources:
            try:
                for key, said in _read(source.text):
                    self._said.setdefault(key, said)
            except (PoFileError, ValueError, ArithmeticError) as error:
                raise ContentError(
                    f"The translations in {source.name} cannot be used: {error}.",
                    "docs/languages.md says how they are written.",
                ) from error

    def say(self, message: str, context: str = "") -> str | None:
        """Return a message in the language; None where it says nothing of it."""
        said = self._said.get((context, message))
        return said.forms[0] if said else None

    def count(self, singular: str, number: int) -> str | None:
        """Return the form that goes with a number, of the message with this singular; None in the same way."""
        said = self._said.get(("", singular))
        return said.forms[said.form_of(number)] if said else None


def _read(text: str) -> Iterator[tuple[tuple[str, str], _Said]]:
    """Return what a catalogue says, by context and English; of what is untranslated or only guessed, nothing."""
    read = read_po(io.StringIO(text), abort_invalid=True)
    form_of = c2py(read.plural_expr)
    if any(form_of(number) >= read.num_plurals for number in range(_COUNTED_TO + 1)):
        raise ValueError("Plural-Forms counts a form that it does not have")
    for message in read:
        english, forms = _texts(message.id), _texts(message.string or "")
        if english and english[0] and all(forms) and not message.fuzzy:
            _check(message, english, forms)
            yield (message.context or "", english[0]), _Said(forms, form_of)


def _texts(said: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else tuple(said)


def _check(message: Message, english: Iterable[str], forms: Iterable[str]) -> None:
    known = {name for text in english for name in places(text)}
    for form in forms:
        unknown = [name for name in places(form) if name not in known]
        if unknown:
            raise ValueError(f"line {message.lineno} asks for {{{unknown[0]}}}, which the English has not")


def places(phrase: str) -> list[str]:
    """Return the names in braces of a phrase, in order. Raises ValueError where braces hold more than a name."""
    parsed = [(name, form, kind) for _, name, form, kind in Formatter().parse(phrase) if name is not None]
    for name, form, kind in parsed:
        if form or kind or not name.isidentifier():
            raise ValueError(f"{phrase!r} has braces that hold more than a name")
    return [name for name, _, _ in parsed]
