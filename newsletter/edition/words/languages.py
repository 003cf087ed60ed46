"""Every language that we can speak: its phrases, from the catalogues that stand beside the templates."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from newsletter.edition.words.catalogue import Catalogue, Source
from newsletter.edition.words.phrases import Phrases, locale_of
from newsletter.errors import ContentError

ENGLISH = "en"
"""The templates' own language: it has no catalogue."""


class Languages:
    """``folders`` are searched in order, so that the publisher's own words stand first, phrase by phrase."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(folder / "locale" for folder in folders)
        self._spoken: dict[str, Phrases] = {}

    def phrases(self, language: str) -> Phrases:
        """Return the words of a language, a BCP 47 tag; what no catalogue has is said in English.

        A region's own catalogue (``pt_BR.po``) stands before the language's (``pt.po``), each publisher's before
        ours. They are read once. Raises ContentError, which names the file, for one that cannot be used.
        """
        if language not in self._spoken:
            sources = (Source(str(file), _read(file)) for file in self._files(language))
            self._spoken[language] = Phrases(language, Catalogue(sources))
        return self._spoken[language]

    def known(self) -> tuple[str, ...]:
        """Return the languages that have words of their own, English first, as BCP 47 tags."""
        found = {file.stem.replace("_", "-") for folder in self._folders for file in folder.glob("*.po")}
        return (ENGLISH, *sorted(found - {ENGLISH}))

    def speaks(self, language: str) -> bool:
        """Whether a language, or that of which it is a region's, has words of its own."""
        return locale_of(language).language == ENGLISH or any(self._files(language))

    def _files(self, language: str) -> Iterator[Path]:
        locale = locale_of(language)
        for name in dict.fromkeys((str(locale), locale.language)):
            yield from (file for folder in self._folders if (file := folder / f"{name}.po").is_file())


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise ContentError(
            f"The translations in {file} cannot be read: {error}.", "Save them as UTF-8."
        ) from error
