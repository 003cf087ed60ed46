"""The picture of an article: which of a page's images it is, what stands under it, and who took it."""

import re
from pathlib import PurePosixPath
from urllib.parse import unquote

from lxml.html import HtmlElement

from newsletter.gather.formats.draft import LONGEST_NAME
from newsletter.gather.memory.canonical import absolute_url
from newsletter.gather.page.tree import clean, path_of, text_of
from newsletter.gather.text.credits import strip_credit

SMALLEST_SIDE = 200
"""Pixels: smaller images are portraits of authors, buttons and trackers."""
MOST_IMAGES = 200
LONGEST_CAPTION = 1_000

_FURNITURE = re.compile(
    r"(?:^|[\W_])(?:logo|icon|sprite|avatar|gravatar|emoji|smil(?:ey|ies)|badge|banner|button|pixel|spacer|blank|placeholder"
    r"|tracking|tracker|ads?|advert\w*|promo|widget|captcha|flag|share|rating|stars?|loading|spinner|feed|rss|creativecommons"
    r"|licensebuttons|vgwort|doubleclick|analytics|counter|1x1)(?:[\W_]|$)",
    re.IGNORECASE,
)
_OUTSIDE = {"aside", "nav", "footer"}
_OUTSIDE_CLASS = re.compile(
    r"sidebar|related|recommend|widget|comment|author|teaser|promo|newsletter|social|share|menu|navigation|footer|masthead"
    r"|breadcrumb|advert|cookie|consent",
    re.IGNORECASE,
)
_CAPTION_CLASS = re.compile(
    r"caption|legend|bildunterschrift|cutline|img-desc|image-desc|photo-desc", re.IGNORECASE
)
_CREDIT_CLASS = re.compile(r"credit|copyright|photographer|byline|source", re.IGNORECASE)
_SIZE = re.compile(r"[-_](?:\d{2,4}x\d{2,4}|scaled|\d{2,4}w)$|^(?:\d+x\d+[-_])", re.IGNORECASE)
_LABEL = re.compile(
    r"^(?:image (?:source|caption)|photo(?:graph)? by|photograph|photo|picture|image|credit|foto|bild)\s*[:,]\s*",
    re.IGNORECASE,
)
_SOMEWHERE = "https://page.invalid/"
_LAZY = ("data-src", "data-original", "data-lazy-src", "data-full-src")


def link_of(image: HtmlElement) -> str:
    """Return an image's link as written, also where a script loads it later."""
    source = (image.get("src") or "").strip()
    if source and not source.startswith("data:"):
        return source
    late = next((value for name in _LAZY if (value := (image.get(name) or "").strip())), "")
    return late or (image.get("srcset") or image.get("data-srcset") or "").strip().partition(" ")[0].rstrip(",")


def is_picture(image: HtmlElement, link: str) -> bool:
    """Tell whether an image shows something: no logo, no tracker, nothing known to be under 200 pixels."""
    for name in ("width", "height"):
        number = re.match(r"\d{1,5}(?=(?:px)?\s*$)", (image.get(name) or "").strip(), re.ASCII)
        if number and int(number.group()) < SMALLEST_SIDE:
            return False
    if path_of(link).lower().endswith((".svg", ".gif", ".ico")):
        return False
    described = f"{image.get('class') or ''} {image.get('id') or ''}"
    name = unquote(path_of(link)).rpartition("/")[2]
    return not (_FURNITURE.search(name) or _FURNITURE.search(described))


def first_picture(root: HtmlElement, text_root: HtmlElement | None, url: str) -> tuple[str, HtmlElement | None]:
    """Return the link and the element of the first picture in or above the article's text, else nothing.

    Above it means: after the headline, and in none of the page's margins. The link is empty where it is
    relative and nobody knows to what.
    """
    heading = next(root.iter("h1"), None)
    is_past_heading = heading is None
    within = set(text_root.iter("img")) if text_root is not None else set()
    count = 0
    for element in root.iter("h1", "img"):
        if element is heading:
            is_past_heading = True
        if element.tag != "img" or not (is_past_heading or element in within):
            continue
        count += 1
        if count > MOST_IMAGES:
            break
        link = absolute_url(link_of(element), url or _SOMEWHERE)
        if link and is_picture(element, link) and not _is_outside(element):
            return "" if link.startswith(_SOMEWHERE) else link, element
    return "", None


def caption_of(root: HtmlElement, image_url: str, element: HtmlElement | None) -> tuple[str, str]:
    """Return what stands under the image, and the credit if the page marks it; both "" where nothing does.

    Without the element the image is looked for by its file's name: another picture's caption would be a lie.
    """
    image = element if element is not None else _same_image(root, image_url)
    if image is None:
        return "", ""
    figure = next((each for each in image.iterancestors() if each.tag == "figure"), None)
    if figure is not None:
        caption = next(figure.iter("figcaption"), None)
        found = caption if caption is not None else _marked(figure, _CAPTION_CLASS)
        return _read(found, figure)
    for each in (image, *list(image.iterancestors())[:3]):
        beside = each.getnext()
        if beside is not None and len(text_of(beside)) <= LONGEST_CAPTION:
            named = _CAPTION_CLASS.search(beside.get("class") or "")
            if (found := beside if named else _marked(beside, _CAPTION_CLASS)) is not None:
                return _read(found, beside)
    for parent in list(image.iterancestors())[:4]:
        if parent.tag in {"body", "article", "main"} or len(text_of(parent)) > LONGEST_CAPTION:
            break
        if (found := _marked(parent, _CAPTION_CLASS)) is not None:
            return _read(found, parent)
    return "", ""


def split_caption(caption: str, credit: str) -> tuple[str, str]:
    """Return the caption without its credit, and the credit: "… (AFP photo)" is by AFP.

    A credit that the page marks itself counts before one found in the words.
    """
    caption = clean(caption, LONGEST_CAPTION)
    credit = _LABEL.sub("", clean(credit, LONGEST_NAME)).strip(" ()|©")
    if credit and caption.endswith(credit):
        caption = re.sub(
            r"[\s|,;(–—-]*(?:(?:photo|credit|foto|image source)\s*:?\s*)?$",
            "",
            caption[: -len(credit)],
            flags=re.IGNORECASE,
        )
    caption, found = strip_credit(caption)
    return caption.strip(), credit or found


def _read(element: HtmlElement | None, around: HtmlElement) -> tuple[str, str]:
    if element is None:
        return "", ""
    credit = _marked(around, _CREDIT_CLASS)
    return text_of(element), text_of(credit, LONGEST_NAME) if credit is not None and credit is not element else ""


def _marked(root: HtmlElement, pattern: re.Pattern[str]) -> HtmlElement | None:
    return next(
        (each for each in root.iter() if each is not root and pattern.search(each.get("class") or "")), None
    )


def _same_image(root: HtmlElement, image_url: str) -> HtmlElement | None:
    name = _file_name(image_url)
    if not name:
        return None
    return next((image for image in root.iter("img") if _file_name(link_of(image)) == name), None)


def is_same_picture(one: str, other: str) -> bool:
    """Tell whether two links lead to one picture, whatever its size."""
    return one == other or (_file_name(one) != "" and _file_name(one) == _file_name(other))


def _file_name(link: str) -> str:
    """Return the name of an image's file without size and ending; "" for one too short to tell images apart."""
    stem = PurePosixPath(unquote(path_of(link))).stem
    stem = _SIZE.sub("", stem)
    return stem.casefold() if len(stem) >= 6 else ""  # noqa: PLR2004 — letters: "image", "large" and "1" are everywhere


def _is_outside(element: HtmlElement) -> bool:
    return any(
        each.tag in _OUTSIDE
        or (each.tag != "body" and _OUTSIDE_CLASS.search(f"{each.get('class') or ''} {each.get('id') or ''}"))
        for each in element.iterancestors()
    )
