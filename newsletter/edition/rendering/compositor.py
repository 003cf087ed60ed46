"""An edition's facts, cleaned, cut to their places and handed over one by one.

``hold`` is what keeps feed text away from the template. For HTML it returns tokens, for plain text the text.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Final

from newsletter.edition.look.theme import Theme
from newsletter.edition.reasons import ReasonKind
from newsletter.edition.rendering.page import Hue, Page, PrintedArticle, PrintedCorrection, Reference
from newsletter.edition.rendering.paper import Hold, fit_tag
from newsletter.edition.rendering.selection import ChosenArticle, Correction, Masthead, Selection
from newsletter.edition.words.bidi import direction_of
from newsletter.edition.words.phrases import Phrases, direction
from newsletter.edition.words.reasoned import why_line
from newsletter.edition.words.wording import line, plain, safe_link
from newsletter.gather.text.reading_time import minutes_to_read

_TITLE, _SHORT, _WHY, _ALT, _CORRECTION = 300, 80, 120, 125, 400
_ALSO_IN, _ALSO_IN_LINK = 3, 400


@dataclass(frozen=True, slots=True)
class _Rank:
    """How much of an article is set: characters of its summary, and whether there is room for all the rest."""

    summary: int
    is_full: bool = True


_LEAD: Final = _Rank(400)
_STORY: Final = _Rank(280)
_BRIEF: Final = _Rank(90, is_full=False)
_BLOG: Final = _Rank(220)


class Compositor:
    """Sets a day's articles one after the other, counting their links."""

    def __init__(self, masthead: Masthead, theme: Theme, phrases: Phrases, edition_on: date, hold: Hold) -> None:
        self._masthead = masthead
        self._theme = theme
        self._phrases = phrases
        self._edition_on = edition_on
        self._hold = hold
        self._numbers = count(1)
        self._hues: dict[str, int] = {}

    def lay_out(self, selection: Selection) -> Page:
        """Return the page of a selection. Raises ContentError when an article contains the marker."""
        stories, full = selection.top_stories, self._theme.full_stories
        leads = [self._set(article, _LEAD) for article in stories[:1]]
        return Page(
            lead=leads[0] if leads else None,
            top_stories=tuple(self._set(article, _STORY) for article in stories[1:full]),
            briefs=tuple(self._set(article, _BRIEF) for article in stories[full:]),
            blog_posts=tuple(self._set(article, _BLOG) for article in selection.blog_posts),
            corrections=tuple(self._correct(each) for each in selection.corrections),
            hues=tuple(
                Hue(self._theme.light.legible(wish), self._theme.dark.legible(wish)) for wish in self._hues
            ),
        )

    def _correct(self, correction: Correction) -> PrintedCorrection:
        lang, way = self._tongue(correction.language, correction.title[:_TITLE] + correction.text[:_TITLE])
        return PrintedCorrection(
            title=self._hold(line(correction.title, _TITLE)),
            text=self._hold(line(correction.text, _CORRECTION)),
            link=self._hold(safe_link(correction.url)),
            lang=lang,
            dir=way,
        )

    def _set(self, article: ChosenArticle, rank: _Rank) -> PrintedArticle:
        lang, way = self._tongue(article.language, article.title[:_TITLE] + article.summary[:_TITLE])
        link = safe_link(article.url)
        number = next(self._numbers) if link else 0
        image = safe_link(article.image_url) if rank.is_full else ""
        why = line(self._reason(article), _WHY) if rank.is_full else ""
        return PrintedArticle(
            number=number,
            title=self._hold(line(article.title, _TITLE) or link),
            link=self._hold(link),
            summary=self._hold(line(article.summary, rank.summary), may_shrink=True),
            section=self._short(article.section),
            facts=self._facts(article) if rank.is_full else self._origin(article),
            why=self._hold(why, may_shrink=True),
            image=self._hold(image),
            image_alt=self._hold(line(article.image_alt, _ALT), may_shrink=True) if image else "",
            also_in=tuple(self._references(article)) if rank.is_full else (),
            lang=lang,
            dir=way,
            update=self._phrases.gettext("Updated") if article.is_update else "",
            hue=self._hue(article.section),
            credit=self._credit(article) if image else "",
            image_width=article.image_width if image else 0,
            image_height=article.image_height if image else 0,
        )

    def _tongue(self, language: str, text: str) -> tuple[str, str]:
        """Return a text's language tag and its direction; where they disagree, a feed was wrong about itself."""
        own = self._masthead.language
        lang = fit_tag(language, own)
        way = direction_of(text) or direction(lang)
        return lang if direction(lang) == way or direction(own) != way else fit_tag(own, lang), way

    def _hue(self, section: str) -> int:
        wish = self._theme.sections.get(section.strip().casefold())
        return self._hues.setdefault(wish, len(self._hues) + 1) if wish else 0

    def _origin(self, article: ChosenArticle) -> tuple[str, ...]:
        """Return whose it is and since when."""
        facts, source = [], line(article.source, _SHORT)
        if source not in {"", plain(self._masthead.name), plain(self._masthead.publisher)}:
            facts.append(self._short(source))
        if article.published_at:
            facts.append(self._phrases.moment(article.published_at, self._masthead.zone, self._edition_on))
        return tuple(facts)

    def _facts(self, article: ChosenArticle) -> tuple[str, ...]:
        author = line(article.author, _SHORT)
        facts = []
        if author and author != line(article.source, _SHORT):
            facts.append(self._phrases.gettext("By {author}", author=self._short(author)))
        facts += self._origin(article)
        if article.words:
            minutes = minutes_to_read(article.words, fit_tag(article.language, self._masthead.language))
            facts.append(self._phrases.ngettext("{number} min read", "{number} min read", minutes))
        count = 0 if self._masthead.quiet else article.votes or 0
        votes = self._phrases.ngettext("{number} vote", "{number} votes", count) if count else ""
        if votes and not (self._reason(article) and _tells_votes(article)):
            facts.append(votes)
        return tuple(facts)

    def _credit(self, article: ChosenArticle) -> str:
        credit = self._short(article.image_credit)
        return self._phrases.gettext("Photo: {credit}", credit=credit) if credit else ""

    def _reason(self, article: ChosenArticle) -> str:
        """Return why the article is here, where that is shown.

        A quiet edition says nothing of it: most reasons are counts.
        """
        if self._masthead.quiet or not self._masthead.show_why:
            return ""
        return self._phrases.opening(why_line(article.reasons, self._phrases))

    def _references(self, article: ChosenArticle) -> Iterable[Reference]:
        for other in article.also_in[:_ALSO_IN]:
            link = safe_link(other.url, _ALSO_IN_LINK)
            source = self._short(other.source or other.title)
            if source:
                yield Reference(source, self._hold(link), next(self._numbers) if link else 0)

    def _short(self, text: str) -> str:
        """Hold a name that stands in a line with others: isolated, where it runs the other way."""
        return self._hold(self._phrases.isolated(line(text, _SHORT)), may_shrink=True)


def _tells_votes(article: ChosenArticle) -> bool:
    told = (ReasonKind.VOTED, ReasonKind.MOST_VOTED)
    return any(each.kind in told and each.number == article.votes for each in article.reasons)
