"""The pictures of an edition: only those that we keep ourselves, the lead's in the large size. Pure."""

import re
from collections.abc import Mapping
from dataclasses import replace

from newsletter.edition.rendering.selection import ChosenArticle, Selection
from newsletter.edition.words.wording import cut, plain
from newsletter.gather.image.images import StoredImage
from newsletter.gather.text.credits import strip_credit

LONGEST_ALT = 125
"""Characters: screen readers stop about there."""

_FILE_NAME = re.compile(r"\S+\.(?:jpe?g|png|gif|webp|avif)|\S*(?:IMG|DSC|image)[_-]?\d+\S*", re.IGNORECASE)


def illustrate(selection: Selection, images: Mapping[int, StoredImage], public_url: str) -> Selection:
    """Return the selection with our own addresses of its pictures, and no others.

    A picture that could not be fetched is left out: what a site shows at its own address may change later.
    """

    def shown(article: ChosenArticle, *, large: bool = False) -> ChosenArticle:
        stored = images.get(article.article_id)
        if stored is None:
            return replace(article, image_url="", image_alt="", image_credit="", image_width=0, image_height=0)
        words, credit = described(article)
        return replace(
            article,
            image_url=stored.address(public_url, large=large),
            image_alt=words,
            image_credit=credit,
            image_width=stored.width,
            image_height=stored.height,
        )

    stories, posts = selection.top_stories, selection.blog_posts
    return replace(
        selection,
        top_stories=tuple(shown(each, large=place == 0) for place, each in enumerate(stories)),
        blog_posts=tuple(map(shown, posts)),
    )


def described(article: ChosenArticle) -> tuple[str, str]:
    """Return what a screen reader says of the picture, and whose it is.

    The caption without its credit; nothing where that is a file's name or the headline once more.
    """
    words, credit = strip_credit(plain(article.image_alt))
    if _FILE_NAME.fullmatch(words) or _letters(words) == _letters(article.title):
        words = ""
    return cut(words, LONGEST_ALT), article.image_credit or credit


def _letters(text: str) -> str:
    return "".join(each for each in text.casefold() if each.isalnum())
