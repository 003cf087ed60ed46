"""What a check says: passed, worth a look, or a reason not to send, each with its mend. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

LONGEST_SHOWN = 120
"""Characters of a message's own text that a finding repeats."""


class Outcome(StrEnum):
    """What a check leads to."""

    PASS = "pass"  # noqa: S105 — a word of the product, not a password
    WARN = "warn"
    BLOCK = "block"


_SEVERITY = {Outcome.PASS: 0, Outcome.WARN: 1, Outcome.BLOCK: 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: what is so, where in the message, and how to mend it.

    ``check`` and ``language`` (empty: the only one) are filled in by whoever ran the check.
    """

    outcome: Outcome
    what: str
    where: str = ""
    mend: str = ""
    check: str = ""
    language: str = ""

    def as_json(self) -> dict[str, str]:
        """Return it as JSON keeps it."""
        return {name: str(getattr(self, name)) for name in self.__dataclass_fields__}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """Return what :meth:`as_json` made."""
        values = {name: str(kept.get(name, "")) for name in cls.__dataclass_fields__ if name != "outcome"}
        return cls(outcome=Outcome(kept["outcome"]), **values)


def passed(what: str) -> Finding:
    """Return a finding that says that something is as it should be."""
    return Finding(Outcome.PASS, what)


def warn(what: str, where: str = "", mend: str = "") -> Finding:
    """Return a finding that an editor should know of."""
    return Finding(Outcome.WARN, what, where, mend)


def block(what: str, where: str = "", mend: str = "") -> Finding:
    """Return a finding that keeps an edition from being sent."""
    return Finding(Outcome.BLOCK, what, where, mend)


def worst(findings: Iterable[Finding]) -> Outcome:
    """Return the worst of the outcomes; without any, all is well."""
    return max((each.outcome for each in findings), key=_SEVERITY.__getitem__, default=Outcome.PASS)


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in an order for a person: what blocks first, else as they were found."""
    return sorted(findings, key=lambda each: -_SEVERITY[each.outcome])


def shown(text: str, longest: int = LONGEST_SHOWN) -> str:
    """Return a piece of a message that can be shown and stored: one line, printable, cut."""
    line = "".join(each if each.isprintable() else "?" for each in " ".join(text.split()))
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
