"""An edition of the archive as somebody reads it: in one language, with what became of its articles since."""

import re
from dataclasses import dataclass, replace

import lxml.html
import sqlalchemy as sa
from fastapi import Request

from newsletter.edition.addresses import LANGUAGE, SEAL, edition_url, is_public, read_seal
from newsletter.edition.archive import Archived, find_archived, get_archived
from newsletter.edition.choosing.corrections import Amendment, amendments_of
from newsletter.edition.copies import nobodys_copy, nobodys_text
from newsletter.edition.store import Edition, FrozenContent, get_contents
from newsletter.edition.words.phrases import locale_of
from newsletter.edition.words.wording import plain
from newsletter.gather.image.images import size_of
from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id
from newsletter.web.doorway import Doorway
from newsletter.web.tongue import Tongue

_HEAD_END = re.compile("</head>", re.IGNORECASE)
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_BODY_END = re.compile("</body>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Lead:
    """The first picture of an edition that is one of ours, its size in pixels."""

    url: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Reading:
    """``contents`` are all languages of the edition, its own first; ``content`` is the one that is read."""

    door: Doorway
    newsletter: Newsletter
    edition: Edition
    archived: Archived
    contents: tuple[FrozenContent, ...]
    content: FrozenContent
    amendments: tuple[Amendment, ...]
    lead: Lead | None

    @property
    def is_public(self) -> bool:
        """Whether anybody may read it: only then it stands in the index, the feed and others' caches."""
        return is_public(self.edition)

    @property
    def tongue(self) -> Tongue:
        """The language of what we say around it."""
        return Tongue(self.content.language)

    @property
    def url(self) -> str:
        """Where it is read in this language."""
        return self.url_in(self.content)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that it can be read in, its own first."""
        return tuple(each.language for each in self.contents)

    def url_in(self, content: FrozenContent) -> str:
        """Return where it is read in another of its languages."""
        language = "" if content is self.contents[0] else content.language
        return edition_url(self.door.public_url, self.edition, language, self.door.services.tokens)

    def url_as(self, ending: str) -> str:
        """Return where it is read in this language as another kind of file: ``txt`` or ``pdf``."""
        address, mark, query = self.url.partition("?")
        return f"{address}.{ending}{mark}{query}"

    def page(self, *, on_paper: bool = False) -> str:
        """Return its HTML as it was mailed, with more in its head for browsers, and notes and languages on top."""
        html, pages = self._copy(), self.door.pages
        head = pages.write("public/archive_head.html", self.tongue, reading=self, locale_name=locale_name)
        top = pages.write("public/archive_top.html", self.tongue, reading=self, on_paper=on_paper)
        html = _HEAD_END.sub(lambda end: head + end.group(), html, count=1)
        return _BODY.sub(lambda body: body.group() + top, html, count=1)

    def inside(self) -> str:
        """Return what stands between the ends of its HTML's body, under the notes: what a feed carries."""
        html = self._copy()
        start, end = _BODY.search(html), _BODY_END.search(html)
        assert start, "a page without a body is never frozen"
        notes = self.door.pages.write("public/amendments.html", self.tongue, amendments=self.amendments)
        return f"{notes}{html[start.end() : end.start() if end else None].strip()}"

    def text(self) -> str:
        """Return its text part, under the notes."""
        notes = self.door.pages.write("public/amendments.txt", self.tongue, amendments=self.amendments)
        return notes + nobodys_text(self.content, self.door.public_url, self._nobody())

    def _copy(self) -> str:
        return nobodys_copy(self.content, self.door.public_url, self._nobody())

    def _nobody(self) -> str:
        return self.door.pages.phrases(self.tongue).gettext("a reader")


def open_reading(door: Doorway, request: Request, slug: str, key: str) -> Reading:
    """Return the edition that an address names, in the language that it names or the edition's own.

    Raises NotFoundError.
    """
    sealed_id = read_seal(door.services.tokens, request.query_params.get(SEAL, ""))
    with door.services.database.transaction() as connection:
        edition = find_archived(connection, slug, key, sealed_id)
        archived = get_archived(connection, edition.id)
        return read_archived(connection, door, (edition, archived), request.query_params.get(LANGUAGE, ""))


def read_archived(
    connection: sa.Connection, door: Doorway, found: tuple[Edition, Archived], language: str
) -> Reading:
    """Return an edition in a language, or in its own where it has not that one."""
    edition, archived = found
    contents = get_contents(connection, edition.id)
    content = next((each for each in contents if each.language == language), contents[0])
    newsletter = get_newsletter_by_id(connection, edition.newsletter_id)
    lead = _lead(connection, content.html, f"{door.public_url}/image/")
    amendments = tuple(map(_clean, amendments_of(connection, edition.id)))
    return Reading(door, newsletter, edition, archived, contents, content, amendments, lead)


def locale_name(language: str) -> str:
    """Return a language as OpenGraph writes it, with its most likely country: ``en_US``."""
    locale = locale_of(language)
    return f"{locale.language}_{locale.territory or _likely_territory(locale.language)}"


def _likely_territory(language: str) -> str:
    from babel.core import get_global

    return str(get_global("likely_subtags").get(language, "")).rpartition("_")[2] or language.upper()


def _lead(connection: sa.Connection, html: str, ours: str) -> Lead | None:
    for image in lxml.html.document_fromstring(html).iter("img"):
        url = str(image.get("src", ""))
        size = size_of(connection, url.removeprefix(ours)) if url.startswith(ours) else None
        if size:
            return Lead(url, str(image.get("alt", "")), *size)
    return None


def _clean(amendment: Amendment) -> Amendment:
    """Return an amendment in letters that every format can hold."""
    return replace(
        amendment,
        title=plain(amendment.title),
        correction=plain(amendment.correction),
        withdrawn_why=plain(amendment.withdrawn_why),
    )
