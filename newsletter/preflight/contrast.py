"""The check of contrast: every piece of text against what lies behind it, by day and in the dark. Pure.

WCAG 2.2, 1.4.3: 4.5 to 1, and 3 to 1 for large text (from 24 px, or 18.66 px in bold).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lxml.html import HtmlElement

from newsletter.edition.look.colour import contrast
from newsletter.preflight.cascade import Styles, has_dark_rules, styles_of
from newsletter.preflight.colours import Rgb, as_hex, find_colour, laid_over, read_colour
from newsletter.preflight.css import Rule, read_rules
from newsletter.preflight.expected import Expected
from newsletter.preflight.finding import Finding, block, passed, shown, warn
from newsletter.preflight.opened import Opened

ENOUGH, ENOUGH_WHEN_LARGE = 4.5, 3.0
UNREADABLE = 2.0
"""Below this nobody reads it: a mistake, and no matter of taste."""

_LARGE, _LARGE_IN_BOLD, _BOLD = 24.0, 18.66, 600
_SIZES = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "small": 0.83}
_UNSEEN = {"head", "style", "script", "title", "meta", "link"}
_STRONG = {"b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"}
_LENGTH = re.compile(r"([\d.]+)(px|pt|em|rem|%)")
_MOST_TOLD = 5


@dataclass(frozen=True, slots=True)
class _Look:
    """How text looks inside an element. ``ground`` is None where a picture lies behind it."""

    colour: Rgb
    ground: Rgb | None
    link: Rgb
    size: float = 16.0
    is_bold: bool = False
    is_hidden: bool = False


_BY_DAY = _Look((0, 0, 0), (255, 255, 255), (0, 0, 238))
_IN_THE_DARK = _Look((255, 255, 255), (18, 18, 18), (158, 158, 255))
"""What a browser takes where the mail says nothing; the second only where it says that it can be dark."""


def check_contrast(message: Opened, _: Expected) -> Iterator[Finding]:
    """Whether all text can be read on white and on dark paper."""
    if message.tree is None:
        return
    rules = [rule for each in message.elements("style") for rule in read_rules(each.text or "")]
    by_day = _seen(message.tree, styles_of(message.tree, rules, in_the_dark=False), _BY_DAY)
    yield from _judge(by_day, "by day")
    if not has_dark_rules(rules):
        yield passed("No colours of its own for the dark: mail programs turn these round.")
        return
    paper = _IN_THE_DARK if _knows_the_dark(message, rules) else _BY_DAY
    in_the_dark = _seen(message.tree, styles_of(message.tree, rules, in_the_dark=True), paper)
    yield from _judge(in_the_dark, "in the dark")


def _judge(pieces: Iterator[tuple[str, _Look]], when: str) -> Iterator[Finding]:
    worst: dict[tuple[Rgb, Rgb], tuple[float, str, float]] = {}
    for text, look in pieces:
        if look.ground is None:
            continue
        is_large = look.size >= _LARGE or (look.is_bold and look.size >= _LARGE_IN_BOLD)
        needed = ENOUGH_WHEN_LARGE if is_large else ENOUGH
        has = contrast(look.colour, look.ground)
        if has < needed:
            worst.setdefault((look.colour, look.ground), (has, text, needed))
    for (colour, ground), (has, text, needed) in sorted(worst.items(), key=lambda each: each[1])[:_MOST_TOLD]:
        say = block if has < UNREADABLE else warn
        yield say(
            f"{as_hex(colour)} on {as_hex(ground)} has {has:.1f} to 1 {when}; it needs {needed:.1f}.",
            f"the text {shown(text, 40)!r}",
            "Choose a darker or lighter colour in the theme or the style sheet.",
        )


def _seen(tree: HtmlElement, styles: Styles, paper: _Look) -> Iterator[tuple[str, _Look]]:
    """Return each piece of text that can be seen, and how it looks."""
    looks: dict[HtmlElement, _Look] = {}
    for element in tree.iter():
        parent = element.getparent()
        around = looks.get(parent, paper) if parent is not None else paper
        if isinstance(element.tag, str):
            looks[element] = look = _look(element, styles.get(element, {}), around)
            if element.text and element.text.strip() and not look.is_hidden:
                yield element.text, look
        if element.tail and element.tail.strip() and not around.is_hidden:
            yield element.tail, around


def _look(element: HtmlElement, values: dict[str, str] | object, around: _Look) -> _Look:
    assert isinstance(values, dict)
    tag = str(element.tag)
    size = _size(values, around.size, _SIZES.get(tag, 1.0))
    colour = _colour(element, values, around)
    return replace(
        around,
        colour=colour,
        ground=_ground(values, around),
        size=size,
        is_bold=_is_bold(values, is_bold=around.is_bold or tag in _STRONG),
        is_hidden=around.is_hidden or tag in _UNSEEN or _is_hidden(values, size),
    )


def _colour(element: HtmlElement, values: dict[str, str], around: _Look) -> Rgb:
    said = values.get("color", "")
    found = read_colour(said)
    if found is not None:
        return laid_over(found, around.ground or (255, 255, 255))
    is_link = element.tag == "a" and element.get("href") is not None
    return around.link if is_link and said.lower() != "inherit" else around.colour


def _ground(values: dict[str, str], around: _Look) -> Rgb | None:
    said = " ".join(values.get(name, "") for name in ("background-color", "background-image"))
    if re.search(r"url\(|gradient\(", said, re.IGNORECASE):
        return None
    found = find_colour(said)
    if found is None or not found[1]:
        return around.ground
    return laid_over(found, around.ground or (255, 255, 255))


def _size(values: dict[str, str], around: float, usual: float) -> float:
    found = _LENGTH.search(values.get("font-size", "") or values.get("font", ""))
    if found is None:
        return 0.0 if values.get("font-size", "").strip() == "0" else around * usual
    try:
        number = float(found[1])
    except ValueError:
        return around * usual
    return number * {"px": 1.0, "pt": 4 / 3, "em": around, "rem": 16.0, "%": around / 100}[found[2]]


def _is_bold(values: dict[str, str], *, is_bold: bool) -> bool:
    weight = values.get("font-weight", "").lower()
    if weight.isdecimal() and len(weight) <= len("1000"):
        return int(weight) >= _BOLD
    if weight in {"bold", "bolder"} or re.search(r"\bbold", values.get("font", ""), re.IGNORECASE):
        return True
    return is_bold and weight != "normal"


def _is_hidden(values: dict[str, str], size: float) -> bool:
    return (
        values.get("display", "").lower() == "none"
        or values.get("visibility", "").lower() in {"hidden", "collapse"}
        or values.get("opacity", "").strip() in {"0", "0.0"}
        or re.fullmatch(r"0(?:px)?", values.get("max-height", "").strip()) is not None
        or size < 1
    )


def _knows_the_dark(message: Opened, rules: list[Rule]) -> bool:
    said = [each.get("content", "") for each in message.elements("meta") if each.get("name") == "color-scheme"]
    said += [each.value for rule in rules for each in rule.declarations if each.name == "color-scheme"]
    return any("dark" in each.lower() for each in said)
