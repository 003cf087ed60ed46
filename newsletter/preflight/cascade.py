"""Which declaration wins on each element, by day and in the dark (CSS Cascading 4 §6). Pure.

Only what colours and hides text is looked at. Conditions on the width are left out: a phone has the same colours.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from cssselect import HTMLTranslator, SelectorError, parse
from lxml import etree
from lxml.html import HtmlElement

from newsletter.preflight.css import Declaration, Rule, read_declarations

_LOOKED_AT = frozenset(
    {
        *("color", "background", "background-color", "background-image", "display", "visibility", "opacity"),
        *("font-size", "font-weight", "font", "max-height"),
    }
)
_HINTS = {"bgcolor": "background-color", "text": "color", "color": "color"}
"""Attributes that say what a property would, below every style sheet."""

_Rank = tuple[int, int, tuple[int, int, int], int]
_Winning = dict[str, tuple[_Rank, str]]

Styles = Mapping[HtmlElement, Mapping[str, str]]


def styles_of(tree: HtmlElement, rules: Iterable[Rule], *, in_the_dark: bool) -> Styles:
    """Return the winning values of each element that has any."""
    winning: dict[HtmlElement, _Winning] = {}
    for order, rule in enumerate(each for each in rules if _applies(each, in_the_dark=in_the_dark)):
        for element, specificity in _selected(tree, rule.selector):
            for each in rule.declarations:
                _enter(winning.setdefault(element, {}), each, (int(each.is_important), 0, specificity, order))
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        values = winning.setdefault(element, {})
        for hint, name in _HINTS.items():
            if element.get(hint):
                _enter(values, Declaration(name, element.get(hint, ""), is_important=False), (-1, 0, (0, 0, 0), 0))
        for order, each in enumerate(read_declarations(element.get("style", ""))):
            _enter(values, each, (int(each.is_important), 1, (0, 0, 0), order))
    return {element: {name: value for name, (_, value) in values.items()} for element, values in winning.items()}


def has_dark_rules(rules: Iterable[Rule]) -> bool:
    """Whether a style sheet has colours of its own for the dark."""
    return any(re.search(r"prefers-color-scheme:\s*dark", " ".join(each.within)) for each in rules)


def _applies(rule: Rule, *, in_the_dark: bool) -> bool:
    if rule.at_rule:
        return False
    wanted = "dark" if in_the_dark else "light"
    for condition in rule.within:
        scheme = re.search(r"prefers-color-scheme:\s*(\w+)", condition)
        if not condition.lower().startswith("@media") or "print" in condition:
            return False
        if scheme and scheme[1].lower() != wanted:
            return False
        if not scheme and "(" in condition:
            return False
    return True


def _selected(tree: HtmlElement, selector: str) -> Iterator[tuple[HtmlElement, tuple[int, int, int]]]:
    try:
        for each in parse(selector):
            if each.pseudo_element is None:
                path = HTMLTranslator().selector_to_xpath(each, prefix="descendant-or-self::")
                for element in tree.xpath(path):
                    yield element, each.specificity()
    except (SelectorError, etree.XPathError, RecursionError, ValueError):
        # What cannot be understood is left out, as a mail program does.
        return


def _enter(values: _Winning, each: Declaration, rank: _Rank) -> None:
    name = "background-color" if each.name == "background" else each.name
    if each.name in _LOOKED_AT and (name not in values or values[name][0] <= rank):
        values[name] = (rank, each.value)
