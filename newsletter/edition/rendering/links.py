"""Counted links: where a newsletter tracks clicks, its articles are reached through an address of ours.

A link's number is the one that the text part prints before it. Where it leads is frozen with the content: to what
the edition showed, or nowhere.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

from newsletter.edition.rendering.page import Page, PrintedArticle, Reference
from newsletter.edition.rendering.slots import counted_link, recommend_link


def links_of(page: Page) -> tuple[str, ...]:
    """Return every link of the articles of a page: the first is number 1."""
    numbered = {each.number: each.link for each in _linked(page) if each.number}
    return tuple(numbered[number] for number in sorted(numbered))


def count_links(page: Page, marker: str) -> Page:
    """Return the page with a counted link wherever it has an article's own."""

    def counted(article: PrintedArticle) -> PrintedArticle:
        also_in = tuple(replace(other, link=_instead(other, marker)) for other in article.also_in)
        return replace(article, link=_instead(article, marker), also_in=also_in)

    return _each(page, counted)


def let_recommend(page: Page, marker: str) -> Page:
    """Return the page with a reader's own link to recommend each article, by its place in the edition."""
    places = count(1)

    def voted(article: PrintedArticle) -> PrintedArticle:
        return replace(article, recommend=recommend_link(marker, next(places)))

    return _each(page, voted)


def _each(page: Page, change: Callable[[PrintedArticle], PrintedArticle]) -> Page:
    """Return the page with every article changed, in the order in which they stand."""
    return replace(
        page,
        lead=change(page.lead) if page.lead else None,
        top_stories=tuple(map(change, page.top_stories)),
        briefs=tuple(map(change, page.briefs)),
        blog_posts=tuple(map(change, page.blog_posts)),
    )


def _linked(page: Page) -> Iterator[PrintedArticle | Reference]:
    for article in page.articles:
        yield article
        yield from article.also_in


def _instead(linked: PrintedArticle | Reference, marker: str) -> str:
    return counted_link(marker, linked.number) if linked.number else linked.link
