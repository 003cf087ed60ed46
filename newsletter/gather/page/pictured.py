"""Choosing an article's picture among what the page's readers claim, and its caption and credit with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement

from newsletter.gather.page.facts import Claims, Origin
from newsletter.gather.page.picture import caption_of, first_picture, split_caption
from newsletter.gather.page.tree import letters


@dataclass(frozen=True, slots=True)
class Picture:
    """An article's picture; ``origins`` names where each of its facts stood."""

    image_url: str
    caption: str
    credit: str
    origins: dict[str, str]


def choose_picture(
    root: HtmlElement, text_root: HtmlElement | None, claims: Sequence[Claims], url: str, title: str
) -> Picture:
    """Return the picture that the most trusted reader claims, else the first one in the article.

    A caption belongs to its picture: one from the page's markup counts only if it stands under this very image. A
    description for screen readers (og:image:alt) is the last resort, and a headline is no caption.
    """
    # Of the two that sites write for programs, OpenGraph's is the one they look at themselves when they share it.
    ordered = sorted(claims, key=lambda each: each.origin != Origin.OPENGRAPH)
    claimed = next(((each.image_url, each.origin) for each in ordered if each.image_url), None)
    element = None
    if claimed is None:
        link, element = first_picture(root, text_root, url)
        claimed = (link, str(Origin.BODY))
    image_url, where = claimed
    under = caption_of(root, image_url, element)
    said = [(each.caption, each.credit, each.origin) for each in claims if each.origin != Origin.OPENGRAPH]
    said += [(*under, str(Origin.HTML))]
    said += [(each.caption, each.credit, each.origin) for each in claims if each.origin == Origin.OPENGRAPH]
    origins = {"image_url": where} if image_url else {}
    caption = credit = ""
    for words, by, origin in said:
        text, found = split_caption(words, by)
        if text and not caption and letters(text) != letters(title):
            caption, origins["caption"] = text, origin
        if found and not credit:
            credit, origins["credit"] = found, origin
    return Picture(image_url, caption, credit, origins)
