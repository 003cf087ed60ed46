"""What every mail of a newsletter prints of the newsletter itself: its name, its colours, its way of reading."""

import re
from dataclasses import dataclass
from typing import Protocol

from newsletter.edition.look.logo import LogoFile
from newsletter.edition.look.theme import Theme
from newsletter.edition.rendering.selection import Masthead
from newsletter.edition.words.bidi import direction_of
from newsletter.edition.words.phrases import direction
from newsletter.edition.words.wording import isolate, line, plain, safe_link

_NAME, _LINE, _ADDRESS_LINES = 100, 200, 8
_LONG_NAME, _VERY_LONG_NAME = 16, 26
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class Hold(Protocol):
    """Take a value in and return what the template prints in its stead."""

    def __call__(self, value: str, /, *, may_shrink: bool = False) -> str: ...


@dataclass(frozen=True, slots=True)
class PrintedLogo:
    """A logo as the template prints it, in pixels; ``dark`` is empty where there is one for both schemes."""

    light: str
    dark: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Paper:
    """The newsletter's own part; ``start`` and ``end`` are left and right, or right and left in Arabic.

    ``accent`` is readable on every ground of the theme; the fonts are CSS, fit for the page's direction.
    """

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
    theme: Theme
    headline_font: str
    text_font: str
    small_font: str
    logo: PrintedLogo | None


def lay_out_paper(masthead: Masthead, theme: Theme, public_url: str, hold: Hold) -> Paper:
    """Return the newsletter's own part. Raises ContentError when its accent is no colour.

    ``public_url`` is where mail programs fetch the logo; without it there is none.
    """
    name, way = line(masthead.name, _NAME), direction(masthead.language)
    rtl = way == "rtl"
    lines = [line(each, _LINE) for each in masthead.postal_address.splitlines()]
    return Paper(
        name=hold(name),
        name_size="small" if len(name) > _VERY_LONG_NAME else "medium" if len(name) > _LONG_NAME else "large",
        publisher=hold(line(masthead.publisher, _NAME)),
        tagline=hold(line(masthead.tagline, _LINE)),
        site=hold(safe_link(masthead.site_url)),
        postal_address=tuple(hold(_isolated(each, way)) for each in lines if each)[:_ADDRESS_LINES],
        lang=fit_tag(masthead.language, "en"),
        dir=way,
        opposite_dir="ltr" if rtl else "rtl",
        start="right" if rtl else "left",
        end="left" if rtl else "right",
        accent=theme.light.legible(masthead.accent),
        accent_in_the_dark=theme.dark.legible(masthead.accent),
        theme=theme,
        headline_font=theme.headline_font(way),
        text_font=theme.text_font(way),
        small_font=theme.small_font(way),
        logo=_logo(theme, public_url, name, hold),
    )


def fit_tag(language: str, otherwise: str) -> str:
    """Return the first of two language tags that is well formed enough to stand in a page (BCP 47)."""
    for tag in (language.replace("_", "-"), otherwise):
        if _TAG.fullmatch(tag):
            return tag
    return "en"


def _isolated(text: str, way: str) -> str:
    return text if direction_of(text) == way else isolate(text)


def _logo(theme: Theme, public_url: str, name: str, hold: Hold) -> PrintedLogo | None:
    logo = theme.logo
    if logo is None or not public_url:
        return None

    def address(file: LogoFile | None) -> str:
        return hold(safe_link(file.address(public_url, theme.name))) if file else ""

    alt = hold(plain(logo.alt) or name)
    return PrintedLogo(address(logo.light), address(logo.dark), alt, logo.width, logo.height)
