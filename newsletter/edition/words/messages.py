"""Finds what is said to readers, so that it can be translated: in templates, in code and in its errors.

A catalogue that is brought up to date keeps its translations, loses what is said no more, and has an empty place
for what is new. It is sorted by its English and names neither dates nor lines, so that it changes where words do.
"""

import ast
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import PoFileError, read_po, write_po

from newsletter.edition.words.phrases import locale_of
from newsletter.errors import ContentError

_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
_JINJA = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
_TEMPLATES = frozenset({".html", ".txt", ".xml"})
_NO_TEMPLATES = frozenset({"locale", "sample", "static"})

_ERRORS = frozenset({"TokenError", "NotFoundError", "ConflictError"})
_TOLD_BY = ("tokens.py", "readers/*.py", "insight/recommendations.py", "web/public/*.py")
"""Whose errors readers see; those of the rest are for operators and stay English."""

Found = tuple[str | tuple[str, ...], str | None]
"""A message, or its singular and plural, and its context."""


def find_messages(code: Path, templates: Iterable[Path]) -> Catalog:
    """Return what is said to readers by the package in ``code`` and by the templates in these folders."""
    catalog = Catalog()
    for folder in templates:
        for message, context in _in_templates(folder):
            catalog.add(message, context=context)
    for message, context in (*_in_code(code), *_in_errors(code)):
        catalog.add(message, context=context)
    return catalog


def bring_up_to_date(name: str, language: str, text: str, found: Catalog) -> str:
    """Return a catalogue's text with the messages that were found, and its own translations of them.

    An empty ``text`` begins a new one. Raises ContentError, which calls it ``name``, where it is no catalogue.
    """
    try:
        kept = read_po(io.StringIO(text), locale=str(locale_of(language)), abort_invalid=True)
    except (PoFileError, ValueError) as error:
        what = f"The translations in {name} cannot be read: {error}."
        raise ContentError(what, "docs/languages.md says how they are written.") from error
    kept.update(found, no_fuzzy_matching=True)
    kept.obsolete.clear()
    written = io.BytesIO()
    write_po(written, kept, width=0, no_location=True, omit_header=True, sort_output=True)
    head = (
        f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Plural-Forms: {kept.plural_forms}\\n"\n\n'
    )
    return head + written.getvalue().decode().strip() + "\n"


def untranslated(text: str) -> list[Message]:
    """Return the messages of a catalogue that it does not say, or only guesses."""
    return [
        each for each in read_po(io.StringIO(text)) if each.id and (each.fuzzy or not all(_forms(each.string)))
    ]


def _forms(said: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return tuple(said) if isinstance(said, (tuple, list)) else (said or "",)


def _in_templates(folder: Path) -> Iterator[Found]:
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder).parts[0]
        if file.suffix in _TEMPLATES and inside not in _NO_TEMPLATES and file.is_file():
            yield from _extracted("jinja2.ext:babel_extract", file)


def _in_code(code: Path) -> Iterator[Found]:
    for file in sorted(code.rglob("*.py")):
        yield from _extracted("python", file)


def _extracted(method: str, file: Path) -> Iterator[Found]:
    options = {**_JINJA, "encoding": "utf-8"}
    with file.open("rb") as read:
        for _, message, _, context in extract(method, read, _KEYWORDS, (), options):
            yield message, context


def _in_errors(code: Path) -> Iterator[Found]:
    for file in sorted(each for pattern in _TOLD_BY for each in code.glob(pattern)):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _ERRORS:
                said = [each.value for each in node.args if isinstance(each, ast.Constant)]
                yield from ((each, None) for each in said if isinstance(each, str) and "`" not in each)
