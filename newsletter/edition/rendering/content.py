"""A day's selection becomes subject, preheader, text and HTML, once per edition and language.

The HTML's way: our template is rendered with a token for every piece of feed text, premailer inlines the
result, and only then the text is put in, escaped. Places for a subscriber's own values stay open (``slots``).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from newsletter.edition.look.theme import DEFAULT, Theme, read_theme
from newsletter.edition.rendering.compositor import Compositor
from newsletter.edition.rendering.facts import Fact, held_back, own_link, plainly
from newsletter.edition.rendering.headings import headline_of, preheader_of
from newsletter.edition.rendering.inline import inline
from newsletter.edition.rendering.links import count_links, let_recommend, links_of
from newsletter.edition.rendering.paper import Hold, Paper, lay_out_paper
from newsletter.edition.rendering.selection import Masthead, Selection
from newsletter.edition.rendering.slots import Held, Slot, check_links, new_marker, personal, reserved, segments
from newsletter.edition.rendering.templates import Templates, words
from newsletter.edition.words.languages import Languages
from newsletter.edition.words.phrases import Phrases
from newsletter.edition.words.wording import plain
from newsletter.errors import ContentError

HTML_BUDGET = 80_000
"""Bytes of HTML: Gmail clips near 102 kB and the footer with the way out is what it cuts off."""


@dataclass(frozen=True, slots=True)
class Content:
    """Rendered subject, preheader, text and HTML; the last two still hold personal slots under ``marker``.

    ``links`` are where the counted links lead, number 1 first; none where no link is counted.
    """

    subject: str
    preheader: str
    text: str
    html: str
    marker: str
    links: tuple[str, ...] = ()


class Stationery:
    """The templates. ``folders`` are searched in order, file by file: the publisher's own stand first, ours last.

    ``public_url`` is where readers reach us: a theme's logo is fetched from there. Without it no logo is shown.
    """

    def __init__(
        self, folders: Iterable[Path], mint: Callable[[], str] = new_marker, public_url: str = ""
    ) -> None:
        self._folders = tuple(folders)
        self._mint = mint
        self._public_url = public_url
        self._languages = Languages(self._folders)
        self._templates = Templates(self._folders)

    def digest(
        self, selection: Selection, masthead: Masthead, edition_on: date, archive_url: str, kind: str = "digest"
    ) -> Content:
        """Render an edition. What does not fit into ``HTML_BUDGET`` is ``budget.fit``'s business.

        ``edition_on`` is the day in the newsletter's zone; ``archive_url`` is where the edition stands on the
        web; ``kind`` names the templates. Raises ContentError when there is nothing to say, a template or theme
        cannot be used or lacks the link to unsubscribe, or an article contains the rendering's marker.
        """
        if not selection.articles:
            raise ContentError("The edition has no article.", "Nothing to say, nothing sent: skip it.")
        held, phrases, theme = Held(self._mint()), self.phrases(masthead.language), self.theme(masthead.theme)
        subject = self._subject(kind, selection, masthead, edition_on)
        preheader = preheader_of(selection, masthead, phrases)
        archive = own_link(archive_url)
        pages = {
            kind: Compositor(masthead, theme, phrases, edition_on, hold).lay_out(selection)
            for kind, hold in (("html", held.hold), ("txt", _as_it_is))
        }
        links: tuple[str, ...] = ()
        if masthead.track_clicks:
            links = links_of(pages["txt"])
            pages = {kind: count_links(page, held.marker) for kind, page in pages.items()}
        if masthead.recommend:
            pages = {kind: let_recommend(page, held.marker) for kind, page in pages.items()}
        facts = {**words(phrases), "day": phrases.day(edition_on), "hues": pages["html"].hues}
        letter = _Letter(kind, held, lambda hold: lay_out_paper(masthead, theme, self._public_url, hold))
        text = self._text(letter, {**facts, "page": pages["txt"], "archive_url": archive})
        fed = {"archive_url": archive, "subject": subject, "preheader": preheader}
        tokens = {name: held.hold(each) for name, each in fed.items()}
        html = self._html(letter, {**facts, "page": pages["html"], **tokens})
        _check(text, html, held.marker, len(links))
        return Content(subject, preheader, text, html, held.marker, links)

    def write(self, kind: str, masthead: Masthead, facts: Mapping[str, Fact]) -> Content:
        """Render a mail of ``email/<kind>/`` that is no edition: each of its facts stands in it as it is, escaped.

        A fact whose name ends in ``_url`` is a link. Raises ContentError when a template or a link cannot be used;
        a theme that cannot be used gives way to ours, since these mails are owed and one of them says so.
        """
        held, phrases, theme = (
            Held(self._mint()),
            self.phrases(masthead.language),
            self._some_theme(masthead.theme),
        )
        letter = _Letter(kind, held, lambda hold: lay_out_paper(masthead, theme, self._public_url, hold))
        said = words(phrases)
        plain_facts = {name: plainly(name, fact) for name, fact in facts.items()}
        written = {**said, **plain_facts, "paper": letter.paper(_as_it_is)}
        subject = plain(self._templates.render(f"email/{kind}/subject.txt", written))
        text = self._text(letter, {**said, **plain_facts})
        tokens = {name: held_back(fact, held) for name, fact in {**plain_facts, "subject": subject}.items()}
        html = self._html(letter, {**said, **tokens, "hues": ()})
        return Content(subject, "", text, html, held.marker)

    def insert(self, name: str, masthead: Masthead, facts: Mapping[str, Fact]) -> str:
        """Render a template that is put into a finished content: no document, and nothing in it is inlined.

        In HTML each fact is escaped. Raises ContentError when the template or a link cannot be used.
        """
        paper = lay_out_paper(masthead, self._some_theme(masthead.theme), self._public_url, _as_it_is)
        plain_facts = {each: plainly(each, fact) for each, fact in facts.items()}
        said = words(self.phrases(masthead.language))
        return self._templates.render(name, {**said, **plain_facts, "paper": paper})

    @property
    def ours(self) -> "Stationery":
        """The templates without the publisher's own: for mail that is owed while those cannot be used."""
        return Stationery(self._folders[-1:], self._mint, self._public_url)

    def phrases(self, language: str) -> Phrases:
        """Return the words of a language."""
        return self._languages.phrases(language)

    def theme(self, name: str) -> Theme:
        """Return a theme, as its file is now. Raises ContentError where it cannot be used."""
        return read_theme(name, self._folders)

    def _some_theme(self, name: str) -> Theme:
        try:
            return self.theme(name)
        except ContentError:
            return read_theme(DEFAULT, self._folders[-1:])

    def _subject(self, kind: str, selection: Selection, masthead: Masthead, edition_on: date) -> str:
        phrases = self.phrases(masthead.language)
        facts = {
            **words(phrases),
            "headline": headline_of(selection, masthead, phrases, edition_on),
            "more": 0 if masthead.quiet else len(selection.articles) - 1,
        }
        return plain(self._templates.render(f"email/{kind}/subject.txt", facts))

    def _text(self, letter: "_Letter", facts: Mapping[str, object]) -> str:
        rendered = self._templates.render(
            f"email/{letter.kind}/body.txt", {**facts, **letter.places, "paper": letter.paper(_as_it_is)}
        )
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in rendered.split("\n"))).strip()
        segments(text, letter.held.marker)  # raises where wrapping or a template damaged a place
        return f"{text}\n"

    def _html(self, letter: "_Letter", facts: Mapping[str, object]) -> str:
        held = letter.held
        rendered = self._templates.render(
            f"email/{letter.kind}/body.html", {**facts, **letter.places, "paper": letter.paper(held.hold)}
        )
        before = held.census(rendered)
        inlined = inline(rendered)
        if held.census(inlined) != before:
            raise ContentError("Inlining lost a part of the edition.", "Check the template's HTML.")
        html = held.put_in(inlined, HTML_BUDGET - reserved(inlined, held.marker, self._public_url))
        if html.count(held.marker) != sum(before[personal(held.marker, slot)] for slot in Slot):
            raise ContentError("An article contains the rendering's own marker.", "Render the edition again.")
        return html


@dataclass(frozen=True, slots=True)
class _Letter:
    """One mail while it is rendered: its kind, what is held back from its template, and the newsletter's part."""

    kind: str
    held: Held
    paper: Callable[[Hold], Paper]

    @property
    def places(self) -> dict[str, str]:
        """Where a subscriber's own values go."""
        printed = (Slot.UNSUBSCRIBE, Slot.ADDRESS, Slot.PREFERENCES)
        return {f"{slot}_slot": personal(self.held.marker, slot) for slot in printed}


def _check(text: str, html: str, marker: str, links: int) -> None:
    for part in (text, html):
        if personal(marker, Slot.UNSUBSCRIBE) not in part:
            raise ContentError("A template leaves out the way out.", "Print {{ unsubscribe_slot }} as a link.")
        check_links(part, marker, links)


def _as_it_is(value: str, /, *, may_shrink: bool = False) -> str:  # noqa: ARG001 — plain text has no budget
    return value
