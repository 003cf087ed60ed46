"""The check of mail programs: what the mail relies on that some of them leave out. Pure.

The rules are data (``clients.toml``), so that a publisher can read what is asked of a template, and why.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from newsletter.preflight.css import Declaration, Rule, read_declarations, read_rules
from newsletter.preflight.expected import Expected
from newsletter.preflight.finding import Finding, Outcome, passed, warn
from newsletter.preflight.opened import Opened, tag_of

MOST_STYLE_BYTES = 16_000
"""Bytes of one style element; Gmail drops a larger one whole."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One rule of ``clients.toml``; empty patterns are not looked at."""

    name: str
    fails: tuple[str, ...]
    outcome: Outcome
    mend: str
    property: str = ""
    value: str = ""
    element: str = ""
    attribute: str = ""
    at_rule: str = ""
    selector: str = ""

    def is_in(self, declaration: Declaration) -> bool:
        """Whether a declaration uses it."""
        if self.element or not (self.property or self.value):
            return False
        has_name = not self.property or re.fullmatch(self.property, declaration.name) is not None
        return has_name and re.search(self.value, declaration.value, re.IGNORECASE) is not None

    def is_rule(self, rule: Rule) -> bool:
        """Whether a rule uses it by its selector or its name."""
        if self.selector:
            return not rule.at_rule and re.search(self.selector, rule.selector) is not None
        return bool(self.at_rule) and re.fullmatch(self.at_rule, rule.at_rule) is not None


@cache
def features() -> tuple[Feature, ...]:
    """Return the rules in the file's order."""
    text = resources.files("newsletter.preflight").joinpath("clients.toml").read_text("utf-8")
    rows = tomllib.loads(text)["feature"]
    return tuple(
        Feature(**{**row, "fails": tuple(row["fails"]), "outcome": Outcome(row["outcome"])}) for row in rows
    )


def check_clients(message: Opened, _: Expected) -> Iterator[Finding]:
    """Whether what the mail relies on is shown by the mail programs that our readers have."""
    sheets = [each.text or "" for each in message.elements("style")]
    rules = [rule for sheet in sheets for rule in read_rules(sheet)]
    used = _used(message, rules)
    for feature, places in used.items():
        if feature.outcome is not Outcome.PASS:
            count = f", {len(places)} times" if len(places) > 1 else ""
            what = f"{feature.name[0].upper()}{feature.name[1:]}: not in {' and '.join(feature.fails)}."
            yield Finding(feature.outcome, what, f"{places[0]}{count}", feature.mend)
    sizes = [len(sheet.encode("utf-8", "replace")) for sheet in sheets]
    if max(sizes, default=0) > MOST_STYLE_BYTES:
        what = (
            f"A style element has {max(sizes):,} bytes: Gmail drops one of more than about {MOST_STYLE_BYTES:,}."
        )
        yield warn(what, "a <style>", "Divide it.")
    enhancements = [feature.name for feature in used if feature.outcome is Outcome.PASS]
    if enhancements:
        yield passed(f"Not seen everywhere, and not missed there: {', '.join(enhancements)}.")


def _used(message: Opened, rules: Iterable[Rule]) -> dict[Feature, list[str]]:
    """Return where each feature is relied on."""
    found: dict[Feature, list[str]] = defaultdict(list)
    relied_on = [(tag_of(each), each.get("style", "")) for each in message.elements() if each.get("style")]
    declared = [(where, each) for where, css in relied_on for each in read_declarations(css)]
    for rule in rules:
        if not _is_extra(rule):
            declared += [(rule.selector, each) for each in rule.declarations]
    for feature in features():
        if feature.element:
            found[feature] += _elements(message, feature)
        found[feature] += [where for where, each in declared if feature.is_in(each)]
        found[feature] += [each.selector for each in rules if feature.is_rule(each)]
    return {feature: places for feature, places in found.items() if places}


def _is_extra(rule: Rule) -> bool:
    """Whether a rule only betters what is whole without it, or is for one mail program alone."""
    return bool(rule.within or rule.at_rule) or rule.selector.lstrip().startswith(("[data-", "#MessageViewBody"))


def _elements(message: Opened, feature: Feature) -> list[str]:
    return [
        tag_of(each)
        for each in message.elements()
        if re.fullmatch(feature.element, str(each.tag))
        and (not feature.attribute or re.search(feature.value, each.get(feature.attribute, ""), re.IGNORECASE))
    ]
