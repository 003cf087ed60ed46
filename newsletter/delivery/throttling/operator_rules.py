"""How many messages a receiving operator is given at once, and how fast: what is known of it, and what it taught.

Pure: the moment is an argument, in seconds. The rules, and where they come from:

- An answer of 421, 451 or 4.7.x halves the messages in flight and the rate, and pauses. Answers to one round of
  messages come together, so only the first in ROUND seconds counts. When nothing is left to halve, the pause
  doubles instead.
- Growth is by addition: one more in flight, and a fifth of the rate that was refused, after GROW_AFTER_MESSAGES
  accepted messages and GROW_AFTER seconds. When all that we could have in flight is allowed again, and twice that
  rate, the caution is forgotten; so it is after an hour without another refusal.
- 4.7.28 («mail flood detected» in IANA's registry of enhanced status codes) follows Gmail's guidelines for
  senders: stop for ten minutes, go on with one connection, then add one at a time.
- Yahoo closes a connection after some messages and says nothing: that is no answer, and nothing is learnt from
  it, at any operator.
- Microsoft allows 500 connections at most. What it refuses with 5yz is never tried again; that holds everywhere.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from newsletter.delivery.outcome import Receipt
from newsletter.errors import SettingsError

N = TypeVar("N", int, float)

ROUND = 5.0
"""Seconds within which refusals are one refusal, and the first pause."""

LONGEST_PAUSE = 600.0
GROW_AFTER = 5.0
GROW_AFTER_MESSAGES = 20
FORGET_AFTER = 3600.0
LEAST_RATE = 0.1
FLOOD = "4.7.28"
STOP = 600.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The most messages in flight, and the most begun a second; None for no limit."""

    in_flight: int | None = None
    rate: float | None = None


NO_LIMITS = Limits()

PUBLISHED: Mapping[str, Limits] = {"microsoft": Limits(in_flight=500)}
"""Limits that operators publish."""


@dataclass(frozen=True, slots=True)
class Used:
    """What was in use when an operator refused: messages in flight, and messages a second if they were measured.

    ``most`` is how many could have been in flight without any caution.
    """

    in_flight: int
    rate: float | None = None
    most: int = 0


@dataclass(frozen=True, slots=True)
class Caution:
    """What an operator's refusals have taught.

    ``before`` is where recovery ends: all that could be in flight, and twice the rate that was refused. Nothing
    begins before ``closed_until``; ``warned_at`` is when the last refusal that counted came, ``changed_at`` when a
    limit last moved, and ``accepted`` counts messages since.
    """

    before: Limits
    limits: Limits
    closed_until: float
    warned_at: float
    changed_at: float
    pause: float = ROUND
    accepted: int = 0


def warned(caution: Caution | None, receipt: Receipt, used: Used, now: float) -> Caution:
    """Return the caution after ``receipt`` asked us to slow down."""
    known = caution or _first(used)
    if used.rate is not None and known.before.rate is None:
        before = replace(known.before, rate=2 * used.rate)
        known = replace(known, before=before, limits=replace(known.limits, rate=used.rate))
    if receipt.enhanced_status == FLOOD:
        one = replace(known.limits, in_flight=1)
        return replace(known, limits=one, closed_until=now + STOP, warned_at=now, changed_at=now, accepted=0)
    if now < max(known.warned_at + ROUND, known.closed_until):
        return replace(known, accepted=0)
    limits = _halved(known.limits)
    pause = ROUND if limits != known.limits else min(2 * known.pause, LONGEST_PAUSE)
    return Caution(known.before, limits, max(known.closed_until, now + pause), now, now, pause)


def went_well(caution: Caution, messages: int, now: float) -> Caution | None:
    """Return the caution after ``messages`` more were accepted; None once nothing is left of it."""
    accepted = caution.accepted + messages
    is_due = now >= max(caution.changed_at, caution.closed_until) + GROW_AFTER
    if accepted < GROW_AFTER_MESSAGES or not is_due:
        return replace(caution, accepted=accepted)
    limits = _grown(caution)
    return (
        None
        if limits == caution.before
        else replace(caution, limits=limits, changed_at=now, pause=ROUND, accepted=0)
    )


def aged(caution: Caution, now: float) -> Caution | None:
    """Return the caution, or None when it is too old to mean anything."""
    return caution if now < max(caution.warned_at, caution.closed_until) + FORGET_AFTER else None


def stricter(one: Caution | None, other: Caution | None) -> Caution | None:
    """Return the caution that two parties who could not speak to each other should share."""
    if one is None or other is None:
        return one or other
    return Caution(
        Limits(_most(one.before.in_flight, other.before.in_flight), _most(one.before.rate, other.before.rate)),
        tighter(one.limits, other.limits),
        max(one.closed_until, other.closed_until),
        max(one.warned_at, other.warned_at),
        max(one.changed_at, other.changed_at),
        max(one.pause, other.pause),
    )


def tighter(one: Limits, other: Limits) -> Limits:
    """Return the limits that keep both."""
    return Limits(_least(one.in_flight, other.in_flight), _least(one.rate, other.rate))


def read_limits(text: str) -> dict[str, Limits]:
    """Read OPERATOR_LIMITS: ``google=20/5 firm.example=2``, most in flight and messages a second.

    Raises SettingsError.
    """
    found: dict[str, Limits] = {}
    for part in text.split():
        read = re.fullmatch(r"([^\s=/]+)=([0-9]{1,6})(?:/([0-9]{1,6}(?:\.[0-9]{1,6})?))?", part)
        if not read or not int(read[2]) or (read[3] and not float(read[3])):
            raise SettingsError(
                f"OPERATOR_LIMITS: {part!r} is no limit.",
                "Write google=20 for 20 messages in flight, or google=20/5 for at most 5 a second besides.",
            )
        name = read[1].lower()
        if name in found:
            raise SettingsError(f"OPERATOR_LIMITS: {name} is named twice.", "Keep one.")
        found[name] = Limits(int(read[2]), float(read[3]) if read[3] else None)
    return found


def _first(used: Used) -> Caution:
    before = Limits(max(used.in_flight, used.most, 1))
    return Caution(before, Limits(max(used.in_flight, 1)), -math.inf, -math.inf, -math.inf)


def _halved(limits: Limits) -> Limits:
    in_flight = max((limits.in_flight or 1) // 2, 1)
    return Limits(in_flight, None if limits.rate is None else max(limits.rate / 2, min(LEAST_RATE, limits.rate)))


def _grown(caution: Caution) -> Limits:
    before, limits = caution.before, caution.limits
    rate = None
    if limits.rate is not None and before.rate is not None:
        rate = min(limits.rate + before.rate / 10, before.rate)
    return Limits(min((limits.in_flight or 1) + 1, before.in_flight or 1), rate)


def _least(one: N | None, other: N | None) -> N | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _most(one: N | None, other: N | None) -> N | None:
    return max((each for each in (one, other) if each is not None), default=None)
