"""What a template can print: an edition's facts, cleaned, cut to their places and handed over one by one.

``hold`` is what keeps feed text away from the template. For HTML it returns tokens, for plain text the text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Protocol

from newsletter.edition.rendering import colour
from newsletter.edition.rendering.phrases import Phrases, direction
from newsletter.edition.rendering.selection import ChosenArticle, Correction, Masthead, Selection
from newsletter.edition.rendering.wording import cut, plain, safe_link
from newsletter.gather.text.reading_time import minutes_to_read

_TITLE, _SHORT, _WHY, _ALT = 300, 80, 120, 125
_LEAD_SUMMARY, _SUMMARY, _BLOG_SUMMARY, _CORRECTION = 400, 280, 220, 400
_ALSO_IN, _ALSO_IN_LINK = 3, 400
_LONG_NAME, _VERY_LONG_NAME = 16, 26
_REASONS = "en"
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class Hold(Protocol):
    """Take a value in and return what the template prints in its stead."""

    def __call__(self, value: str, /, *, may_shrink: bool = False) -> str: ...


@dataclass(frozen=True, slots=True)
class Reference:
    """A link to another source's article; ``link`` is empty where there is none to trust."""

    source: str
    link: str
    number: int


@dataclass(frozen=True, slots=True)
class PrintedArticle:
    """An article as the template prints it; what is missing is empty. ``facts`` is its small print.

    ``update`` is the word that stands before the headline of one that was sent before; ``recommend`` is where
    its reader votes for it.
    """

    number: int
    title: str
    link: str
    summary: str
    section: str
    facts: tuple[str, ...]
    why: str
    image: str
    image_alt: str
    also_in: tuple[Reference, ...]
    lang: str
    dir: str
    update: str = ""
    recommend: str = ""


@dataclass(frozen=True, slots=True)
class PrintedCorrection:
    """A correction of an article that was sent before."""

    title: str
    text: str
    link: str
    lang: str
    dir: str


@dataclass(frozen=True, slots=True)
class Paper:
    """The newsletter's own part; ``start`` and ``end`` are left and right, or right and left in Arabic."""

    name: str
    name_size: str
    publisher: str
    tagline: str
    site: str
    postal_address: tuple[str, ...]
    lang: str
    dir: str
    opposite_dir: str
    start: str
    end: str
    accent: str
    accent_in_the_dark: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything an edition prints."""

    lead: PrintedArticle | None
    top_stories: tuple[PrintedArticle, ...]
    blog_posts: tuple[PrintedArticle, ...]
    corrections: tuple[PrintedCorrection, ...] = ()


def lay_out_paper(masthead: Masthead, hold: Hold) -> Paper:
    """Return the newsletter's own part. Raises ContentError when its accent is no colour."""
    name, rtl = plain(masthead.name), direction(masthead.language) == "rtl"
    lines = (plain(line) for line in masthead.postal_address.splitlines())
    return Paper(
        name=hold(name),
        name_size="small" if len(name) > _VERY_LONG_NAME else "medium" if len(name) > _LONG_NAME else "large",
        publisher=hold(plain(masthead.publisher)),
        tagline=hold(plain(masthead.tagline)),
        site=hold(safe_link(masthead.site_url)),
        postal_address=tuple(hold(line) for line in lines if line),
        lang=_tag(masthead.language, "en"),
        dir="rtl" if rtl else "ltr",
        opposite_dir="ltr" if rtl else "rtl",
        start="right" if rtl else "left",
        end="left" if rtl else "right",
        accent=colour.on_paper(masthead.accent),
        accent_in_the_dark=colour.in_the_dark(masthead.accent),
    )


class Compositor:
    """Sets a day's articles one after the other, counting their links."""

    def __init__(self, masthead: Masthead, phrases: Phrases, edition_on: date, hold: Hold) -> None:
        self._masthead = masthead
        self._phrases = phrases
        self._edition_on = edition_on
        self._hold = hold
        self._numbers = count(1)

    def lay_out(self, selection: Selection) -> Page:
        """Return the page of a selection. Raises ContentError when an article contains the marker."""
        leads = [self._set(article, _LEAD_SUMMARY) for article in selection.top_stories[:1]]
        return Page(
            lead=leads[0] if leads else None,
            top_stories=tuple(self._set(article, _SUMMARY) for article in selection.top_stories[1:]),
            blog_posts=tuple(self._set(article, _BLOG_SUMMARY) for article in selection.blog_posts),
            corrections=tuple(self._correct(each) for each in selection.corrections),
        )

    def _correct(self, correction: Correction) -> PrintedCorrection:
        lang = _tag(correction.language, self._masthead.language)
        return PrintedCorrection(
            title=self._hold(cut(plain(correction.title), _TITLE)),
            text=self._hold(cut(plain(correction.text), _CORRECTION)),
            link=self._hold(safe_link(correction.url)),
            lang=lang,
            dir=direction(lang),
        )

    def _set(self, article: ChosenArticle, summary: int) -> PrintedArticle:
        lang = _tag(article.language, self._masthead.language)
        link = safe_link(article.url)
        number = next(self._numbers) if link else 0
        title, why = cut(plain(article.title), _TITLE), cut(plain(self._reason(article)), _WHY)
        return PrintedArticle(
            number=number,
            title=self._hold(title or link),
            link=self._hold(link),
            summary=self._hold(cut(plain(article.summary), summary), may_shrink=True),
            section=self._short(article.section),
            facts=self._facts(article),
            why=self._hold(why[:1].upper() + why[1:], may_shrink=True),
            image=self._hold(safe_link(article.image_url)),
            image_alt=self._hold(cut(plain(article.image_alt), _ALT), may_shrink=True),
            also_in=tuple(self._references(article)),
            lang=lang,
            dir=direction(lang),
            update=self._phrases("updated") if article.is_update else "",
        )

    def _facts(self, article: ChosenArticle) -> tuple[str, ...]:
        author, source = plain(article.author), plain(article.source)
        facts = []
        if author and author != source:
            facts.append(self._phrases("by", author=self._short(author)))
        if source not in {"", plain(self._masthead.name), plain(self._masthead.publisher)}:
            facts.append(self._short(source))
        if article.published_at:
            facts.append(self._phrases.moment(article.published_at, self._masthead.zone, self._edition_on))
        if article.words:
            minutes = minutes_to_read(article.words, _tag(article.language, self._masthead.language))
            facts.append(self._phrases("minutes", minutes))
        votes = self._phrases("votes", article.votes) if article.votes and not self._masthead.quiet else ""
        if votes and not re.search(rf"\b{re.escape(votes)}\b", self._reason(article)):
            facts.append(votes)
        if article.image_url and plain(article.image_credit):
            facts.append(self._phrases("photo", credit=self._short(article.image_credit)))
        return tuple(facts)

    def _reason(self, article: ChosenArticle) -> str:
        """Return why the article is here, where that is shown and in the language that ranking speaks.

        A quiet edition says nothing of it: most reasons are counts.
        """
        if self._masthead.quiet or not self._masthead.show_why:
            return ""
        is_spoken = _tag(self._masthead.language, _REASONS).partition("-")[0] == _REASONS
        return article.why if is_spoken else ""

    def _references(self, article: ChosenArticle) -> Iterable[Reference]:
        for other in article.also_in[:_ALSO_IN]:
            link = safe_link(other.url, _ALSO_IN_LINK)
            source = self._short(other.source or other.title)
            if source:
                yield Reference(source, self._hold(link), next(self._numbers) if link else 0)

    def _short(self, text: str) -> str:
        return self._hold(cut(plain(text), _SHORT), may_shrink=True)


def _tag(language: str, otherwise: str) -> str:
    for tag in (language.replace("_", "-"), otherwise):
        if _TAG.fullmatch(tag):
            return tag
    return "en"
