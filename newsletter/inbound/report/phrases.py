"""What the words of a report mean, by rules that are data (``phrases.toml``) and can be read and mended."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from newsletter.inbound.report.reported import Reason

LONGEST_READ = 3_000
"""Characters of a text in which phrases are looked for."""

_GAP = 60
"""Characters that "…" in a phrase stands for, at most."""

_LATIN = re.compile(r"[a-zà-ž]")
_QUOTES = str.maketrans(
    {"\N{RIGHT SINGLE QUOTATION MARK}": "'", "\N{LEFT SINGLE QUOTATION MARK}": "'", "\xa0": " "}
)


class Phrase(NamedTuple):
    """A phrase as it is looked for: its pieces, and whether white space counts."""

    first: str
    others: tuple[str, ...]
    is_spaced: bool


def phrase(written: str) -> Phrase:
    """Return a phrase as the file writes it."""
    is_spaced = bool(_LATIN.search(written))
    first, *others = (written if is_spaced else written.replace(" ", "")).split("…")
    return Phrase(first, tuple(others), is_spaced)


class Told:
    """A text as phrases are looked for in it."""

    def __init__(self, text: str) -> None:
        words = text[:LONGEST_READ].translate(_QUOTES).lower().split()
        self._spaced = f" {' '.join(words)} "
        self._squeezed = "".join(words)

    def says_any(self, phrases: tuple[Phrase, ...]) -> bool:
        """Whether any of them stands in it."""
        for first, others, is_spaced in phrases:
            haystack = self._spaced if is_spaced else self._squeezed
            if first in haystack and (not others or _follow(haystack, first, others)):
                return True
        return False


def _follow(haystack: str, first: str, others: tuple[str, ...]) -> bool:
    """Whether the pieces stand one soon behind the other."""
    at = haystack.find(first)
    while at >= 0:
        end = at + len(first)
        for piece in others:
            start = haystack.find(piece, end, end + _GAP + len(piece))
            end = start + len(piece)
            if start < 0:
                break
        else:
            return True
        at = haystack.find(first, at + 1)
    return False


@dataclass(frozen=True, slots=True)
class Rule:
    """What some phrases mean; weak ones only where no status says something definite."""

    reason: Reason
    phrases: tuple[Phrase, ...]
    is_weak: bool


@dataclass(frozen=True, slots=True)
class Marks:
    """By which words a report is known for what it is, and its parts for what they are."""

    failure: tuple[Phrase, ...]
    delay: tuple[Phrase, ...]
    answer: tuple[Phrase, ...]
    original: tuple[str, ...]


def reason_in(text: str, *, is_weak: bool = False) -> Reason | None:
    """Return the first reason for which the text has words."""
    told = Told(text)
    return next((rule.reason for rule in rules() if rule.is_weak == is_weak and told.says_any(rule.phrases)), None)


@cache
def rules() -> tuple[Rule, ...]:
    """Return the rules in the file's order."""
    return tuple(
        Rule(Reason[row["name"].upper().replace("-", "_")], _all(row["phrases"]), row.get("weak", False))
        for row in _file()["reason"]
    )


@cache
def marks() -> Marks:
    """Return the marks."""
    told = _file()["marks"]
    return Marks(_all(told["failure"]), _all(told["delay"]), _all(told["answer"]), tuple(told["original"]))


def _all(written: list[str]) -> tuple[Phrase, ...]:
    return tuple(phrase(each) for each in written)


def _file() -> dict[str, Any]:
    return tomllib.loads(resources.files("newsletter.inbound.report").joinpath("phrases.toml").read_text("utf-8"))
