"""Themes: how a publisher changes the look without touching HTML.

A theme is ``themes/<name>.toml`` beside the templates, the publisher's own folder before ours. It says what is
different from its ``base``; what comes out is complete, and readable by day and in the dark, or it is refused with
the file, the variable and the mend.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from newsletter.edition.look import colour
from newsletter.edition.look.fonts import STACKS, in_css
from newsletter.edition.look.logo import Logo, read_logo
from newsletter.edition.look.themefile import DENSITIES, ThemeFault, Values, read_values
from newsletter.errors import ContentError

DEFAULT = "broadsheet"

_SOFTER = 0.16
"""How much of the sheet is in the colour of running text; headlines have all the ink."""

_COMPACT = 0.7
_CORNER = 8
_TEXTS = ("ink", "muted")
_GROUNDS = ("sheet", "panel", "paper")


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one scheme, as ``#rrggbb``: grounds, text, and the thin lines."""

    paper: str
    sheet: str
    panel: str
    ink: str
    muted: str
    rule: str

    @property
    def soft(self) -> str:
        """The colour of running text: the ink, a little softer where it stays readable."""
        return colour.readable(colour.mixed(self.ink, self.sheet, _SOFTER), self.grounds)

    @property
    def grounds(self) -> tuple[str, ...]:
        """What text stands on."""
        return self.sheet, self.panel, self.paper

    def legible(self, wish: str) -> str:
        """Return a colour, darkened or lightened until text in it can be read. Raises ContentError for none."""
        return colour.readable(wish, self.grounds)


@dataclass(frozen=True, slots=True)
class Theme:
    """A look, complete and checked. ``sections`` are colours by the section's name in lower case."""

    name: str
    light: Palette
    dark: Palette
    headline_stack: str
    text_stack: str
    density: str
    full_stories: int
    rounded: bool
    sections: Mapping[str, str]
    logo: Logo | None = None

    @property
    def corner(self) -> int:
        """The radius of corners in pixels; classic Outlook shows none."""
        return _CORNER if self.rounded else 0

    def space(self, pixels: int) -> int:
        """Return a distance between parts, in pixels, as wide as the density asks for."""
        return round(pixels * _COMPACT) if self.density == "compact" else pixels

    def headline_font(self, direction: str) -> str:
        """Return the faces of headlines for a page of that direction, as CSS."""
        return in_css(self.headline_stack, direction)

    def text_font(self, direction: str) -> str:
        """Return the faces of running text, as CSS."""
        return in_css(self.text_stack, direction)

    def small_font(self, direction: str) -> str:
        """Return the faces of labels and small print: without serifs in every theme, to be read at 12 pixels."""
        return in_css("sans", direction)


def read_theme(name: str, folders: Sequence[Path]) -> Theme:
    """Return the theme of that name, from the first of the templates' folders that has it.

    Raises ContentError where there is none, or where it cannot be used.
    """
    values = read_values(name, folders)
    theme = Theme(
        name=name,
        light=_palette(values, "light"),
        dark=_palette(values, "dark"),
        headline_stack=_one_of(values, "headline_font", STACKS),
        text_stack=_one_of(values, "text_font", STACKS),
        density=_one_of(values, "density", DENSITIES),
        full_stories=values.need("full_stories").value,
        rounded=values.need("rounded").value,
        sections=_sections(values),
        logo=read_logo(values),
    )
    for scheme in ("light", "dark"):
        _check_contrast(values, scheme, getattr(theme, scheme))
    return theme


def _palette(values: Values, scheme: str) -> Palette:
    return Palette(**{each.name: _colour(values, f"{scheme}.{each.name}") for each in fields(Palette)})


def _colour(values: Values, variable: str) -> str:
    found = values.need(variable)
    try:
        colour.parse(found.value)
    except ContentError as error:
        raise ThemeFault(found, f"{found.value!r} is not a colour", "Write it as #rrggbb.") from error
    return str(found.value).lower()


def _one_of(values: Values, variable: str, known: Mapping[str, Any] | tuple[str, ...]) -> str:
    found = values.need(variable)
    if found.value not in known:
        raise ThemeFault(found, f"it cannot be {found.value!r}", f"Choose one of {', '.join(known)}.")
    return str(found.value)


def _sections(values: Values) -> Mapping[str, str]:
    names = [variable for variable in values.names if variable.startswith("sections.")]
    return {variable.partition(".")[2].strip().casefold(): _colour(values, variable) for variable in names}


def _check_contrast(values: Values, scheme: str, palette: Palette) -> None:
    for text in _TEXTS:
        for ground in _GROUNDS:
            wish, behind = getattr(palette, text), getattr(palette, ground)
            if colour.is_readable(wish, behind):
                continue
            above, below = values.need(f"{scheme}.{text}"), values.need(f"{scheme}.{ground}")
            ratio = colour.contrast(colour.parse(wish), colour.parse(behind))
            raise ThemeFault(
                # Of the two the one that the theme says itself, and did not inherit.
                below if below.path == values.path != above.path else above,
                f"{above.variable} {wish} on {below.variable} {behind} has a contrast of {ratio:.1f} : 1, "
                f"and text needs {colour.TEXT} : 1",
                f"There {colour.readable(wish, [behind])} can be read.",
            )
