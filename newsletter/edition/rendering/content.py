"""A day's selection becomes subject, preheader, text and HTML, once per edition.

The HTML's way: our template is rendered with a token for every piece of feed text, premailer inlines the
result, and only then the text is put in, escaped. Places for a subscriber's own values stay open (``slots``).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    select_autoescape,
)
from markupsafe import Markup

from newsletter.edition.rendering.inline import inline
from newsletter.edition.rendering.links import count_links, let_recommend, links_of
from newsletter.edition.rendering.page import Compositor, lay_out_paper
from newsletter.edition.rendering.phrases import Phrases, direction
from newsletter.edition.rendering.selection import Masthead, Selection
from newsletter.edition.rendering.slots import Held, Slot, check_links, new_marker, personal, segments
from newsletter.edition.rendering.wording import cut, isolate, plain, safe_link, wrap
from newsletter.errors import ContentError

HTML_BUDGET = 80_000
"""Bytes of HTML: Gmail clips near 102 kB and the footer with the way out is what it cuts off."""

_SUBJECT_HEADLINE, _QUIET_SUBJECT = 60, 140
_PREHEADER = 120


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
    """The templates. ``folders`` are searched in order, file by file, so the publisher's own stand first."""

    def __init__(self, folders: Iterable[Path], mint: Callable[[], str] = new_marker) -> None:
        self._folders = tuple(folders)
        self._mint = mint
        self._templates = Environment(
            loader=FileSystemLoader([str(folder) for folder in self._folders]),
            autoescape=select_autoescape(disabled_extensions=("txt",), default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals["stylesheet"] = self._stylesheet
        self._templates.filters["wrap"] = wrap

    def digest(self, selection: Selection, masthead: Masthead, edition_on: date, archive_url: str) -> Content:
        """Render an edition.

        ``edition_on`` is the day in the newsletter's zone; ``archive_url`` is where the edition stands on the
        web. Raises ContentError when there is nothing to say, a template cannot be used or lacks the link to
        unsubscribe, or an article contains the rendering's marker.
        """
        if not selection.articles:
            raise ContentError("The edition has no article.", "Nothing to say, nothing sent: skip it.")
        held, phrases = Held(self._mint()), self._phrases(masthead)
        subject, preheader = self._headings(selection, masthead, phrases, edition_on)
        facts = {"phrases": phrases, "day": phrases.day(edition_on)}
        pages = {
            "html": Compositor(masthead, phrases, edition_on, held.hold).lay_out(selection),
            "txt": Compositor(masthead, phrases, edition_on, _as_it_is).lay_out(selection),
        }
        links: tuple[str, ...] = ()
        if masthead.track_clicks:
            links = links_of(pages["txt"])
            pages = {kind: count_links(page, held.marker) for kind, page in pages.items()}
        if masthead.recommend:
            pages = {kind: let_recommend(page, held.marker) for kind, page in pages.items()}
        text = self._text("digest", masthead, held, {**facts, "page": pages["txt"], "archive_url": archive_url})
        html = self._html(
            "digest",
            masthead,
            held,
            {
                **facts,
                "page": pages["html"],
                "archive_url": held.hold(_own_link(archive_url)),
                "subject": held.hold(subject),
                "preheader": held.hold(preheader),
            },
        )
        for part in (text, html):
            if personal(held.marker, Slot.UNSUBSCRIBE) not in part:
                raise ContentError("A template leaves out the way out.", "Print {{ unsubscribe_slot }} as a link.")
            check_links(part, held.marker, len(links))
        return Content(subject, preheader, text, html, held.marker, links)

    def confirm(self, masthead: Masthead, confirm_url: str) -> Content:
        """Render the message that asks a new subscriber to confirm; nothing in it comes from whoever asked.

        Raises ContentError when a template cannot be used.
        """
        held, phrases = Held(self._mint()), self._phrases(masthead)
        facts = {"phrases": phrases, "paper": lay_out_paper(masthead, _as_it_is)}
        subject = plain(self._render("email/confirm/subject.txt", facts))
        preheader = phrases("confirm_preheader")
        text = self._text("confirm", masthead, held, {"phrases": phrases, "confirm_url": confirm_url})
        html = self._html(
            "confirm",
            masthead,
            held,
            {
                "phrases": phrases,
                "confirm_url": held.hold(_own_link(confirm_url)),
                "subject": held.hold(subject),
                "preheader": held.hold(preheader),
            },
        )
        return Content(subject, preheader, text, html, held.marker)

    def _headings(
        self, selection: Selection, masthead: Masthead, phrases: Phrases, edition_on: date
    ) -> tuple[str, str]:
        """Return subject and preheader: the top headline, and the two after it; on a quiet day the date alone."""
        if masthead.quiet:
            headline = cut(f"{plain(masthead.name)} · {phrases.day(edition_on)}", _QUIET_SUBJECT)
            facts: dict[str, object] = {"phrases": phrases, "headline": headline, "more": 0}
            subject = plain(self._render("email/digest/subject.txt", facts))
            return subject, cut(plain(masthead.tagline) or plain(masthead.publisher), _PREHEADER)
        lead, *others = selection.articles
        headline = cut(plain(lead.title) or plain(masthead.name), _SUBJECT_HEADLINE)
        if lead.language and direction(lead.language) != direction(masthead.language):
            headline = isolate(headline)
        facts = {"phrases": phrases, "headline": headline, "more": len(others)}
        subject = plain(self._render("email/digest/subject.txt", facts))
        following = " · ".join(title for title in (plain(other.title) for other in others[:2]) if title)
        return subject, cut(following or plain(lead.summary) or plain(masthead.tagline), _PREHEADER)

    def _text(self, kind: str, masthead: Masthead, held: Held, facts: dict[str, object]) -> str:
        facts = {**facts, **_personal_places(held), "paper": lay_out_paper(masthead, _as_it_is)}
        rendered = self._render(f"email/{kind}/body.txt", facts)
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in rendered.splitlines())).strip()
        segments(text, held.marker)  # raises where wrapping or a template damaged a place
        return f"{text}\n"

    def _html(self, kind: str, masthead: Masthead, held: Held, facts: dict[str, object]) -> str:
        facts = {**facts, **_personal_places(held), "paper": lay_out_paper(masthead, held.hold)}
        rendered = self._render(f"email/{kind}/body.html", facts)
        before = held.census(rendered)
        inlined = inline(rendered)
        if held.census(inlined) != before:
            raise ContentError("Inlining lost a part of the edition.", "Check the template's HTML.")
        html = held.put_in(inlined, HTML_BUDGET)
        if html.count(held.marker) != sum(before[personal(held.marker, slot)] for slot in Slot):
            raise ContentError("An article contains the rendering's own marker.", "Render the edition again.")
        return html

    def _render(self, name: str, facts: dict[str, object]) -> str:
        try:
            return self._templates.get_template(name).render(facts)
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise ContentError(f"Template {name}: {error}.", "docs/templates.md lists what it may use.") from error

    def _phrases(self, masthead: Masthead) -> Phrases:
        def read(language: str) -> Iterable[str]:
            files = (folder / f"email/_base/words.{language}.toml" for folder in self._folders)
            return [file.read_text("utf-8") for file in files if file.is_file()]

        return Phrases(masthead.language, read)

    def _stylesheet(self, name: str) -> Markup:
        assert self._templates.loader
        css = self._templates.loader.get_source(self._templates, f"email/{name}")[0]
        if "<" in css:
            raise ContentError(f"The style sheet {name} holds more than CSS.", "Take every < out of it.")
        return Markup(css)  # noqa: S704 — the operator's own style sheet, and without "<" it cannot end its block


def _own_link(url: str) -> str:
    link = safe_link(url)
    if not link:
        raise ContentError(f"{url!r} is no address a reader could open.", "Check PUBLIC_URL.")
    return link


def _as_it_is(value: str, /, *, may_shrink: bool = False) -> str:  # noqa: ARG001 — plain text has no budget
    return value


def _personal_places(held: Held) -> dict[str, str]:
    return {f"{slot}_slot": personal(held.marker, slot) for slot in (Slot.UNSUBSCRIBE, Slot.ADDRESS)}
