"""What a scripted relay does, as data: rules that a JSON object can hold, and who decides by them.

A rule names a step of the session (RFC 5321), what happens there, and to whom, how often and when. The first rule
that applies is followed; without one the relay does what a good relay does.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

STEPS = (
    "connect",
    "banner",
    "ehlo",
    "starttls",
    "handshake",
    "auth",
    "mail",
    "rcpt",
    "data",
    "text",
    "dot",
    "reply",
    "rset",
    "noop",
    "quit",
)
"""``handshake`` comes when the relay has said that TLS may begin, ``text`` with the first octets of a message,
``dot`` when it is whole and before anything is kept, and ``reply`` when it has been kept and only the final reply
is missing."""

CLOSE, RESET, HANG, DRIP = "close", "reset", "hang", "drip"
_WAYS = frozenset({"", CLOSE, RESET, HANG, DRIP})


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that a relay does.

    ``does`` is ``close`` (FIN), ``reset`` (RST), ``hang`` (never a word again), ``drip`` (the usual reply, one
    octet every ``wait`` seconds), a whole reply such as ``451 4.3.0 not now``, or empty for the usual reply.
    ``wait`` is seconds before that. ``to`` is a pattern for the address, such as ``*@slow.example``; ``each`` is
    how often it applies to one address, ``times`` how often at all, ``skip`` how many it lets pass first.
    ``after`` and ``until`` bound it in seconds since the script was given.
    """

    step: str
    does: str = ""
    wait: float = 0.0
    to: str = "*"
    probability: float = 1.0
    each: int | None = None
    times: int | None = None
    skip: int = 0
    after: float = 0.0
    until: float | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a step or a deed that no relay knows."""
        if self.step not in STEPS:
            raise ValueError(f"{self.step!r} is no step: {', '.join(STEPS)}")
        if self.does not in _WAYS and not self.does[:3].isdigit():
            raise ValueError(f"{self.does!r} is neither a reply nor one of {', '.join(sorted(_WAYS))}")

    def as_json(self) -> dict[str, Any]:
        """Return the rule as JSON can hold it."""
        return asdict(self)


def read_rules(given: Sequence[Mapping[str, Any]]) -> list[Rule]:
    """Return the rules of a JSON list. Raises TypeError for an unknown key, ValueError for an unusable value."""
    return [Rule(**each) for each in given]


@dataclass(slots=True)
class Script:
    """Rules in force since ``started`` (seconds of the caller's clock), and how often each has been followed."""

    rules: Sequence[Rule] = ()
    started: float = 0.0
    dice: random.Random = field(default_factory=lambda: random.Random(0))
    fired: Counter[int] = field(default_factory=Counter)
    _met: Counter[int] = field(default_factory=Counter)
    _per_address: Counter[tuple[int, str]] = field(default_factory=Counter)

    def decide(self, step: str, address: str, now: float) -> Rule | None:
        """Return the rule to follow at a step, or None for the usual course."""
        for number, rule in enumerate(self.rules):
            if rule.step == step and self._applies(number, rule, address, now - self.started):
                self.fired[number] += 1
                self._per_address[number, address] += 1
                return rule
        return None

    def _applies(self, number: int, rule: Rule, address: str, age: float) -> bool:
        if age < rule.after or (rule.until is not None and age >= rule.until):
            return False
        if rule.to != "*" and not fnmatchcase(address, rule.to):
            return False
        if rule.times is not None and self.fired[number] >= rule.times:
            return False
        if rule.each is not None and self._per_address[number, address] >= rule.each:
            return False
        self._met[number] += 1
        if self._met[number] <= rule.skip:
            return False
        return rule.probability >= 1 or self.dice.random() < rule.probability
