"""A hook: where a relay's operator calls to tell of bounces and complaints. One small interface for all."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from newsletter.errors import NewsletterError
from newsletter.inbound.report.pushed import Pushed

RETRIED_FOR = timedelta(days=1)
"""How long those who sign what they say go on calling with the same words; what is older is nobody's retry."""

AHEAD = timedelta(minutes=5)
"""By how much another's clock may be ahead of ours."""


class ForgedError(NewsletterError):
    """A call that is not signed by whom it should be, or that is too old."""

    status = 403


class UnreadableError(NewsletterError):
    """A call that is signed, and cannot be read."""

    status = 400


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it came: the headers, names in lower case, and the octets, which the signature is about."""

    headers: Mapping[str, str]
    octets: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What a call that is believed tells.

    ``once`` is what may be heard only once, because its signature does not cover what the call says; else empty.
    """

    reports: Sequence[Pushed] = ()
    once: str = ""


class Hook(Protocol):
    """One operator's way to call."""

    def hear(self, call: Call, now: datetime) -> Told:
        """Return what a call tells, once it is certain who calls.

        Raises ForgedError for a signature that is not theirs, or a call from another time; UnreadableError for
        words that are not as they document them.
        """


def read_object(octets: bytes | str) -> dict[str, Any]:
    """Return a JSON object. Raises UnreadableError for anything else."""
    told = read_json(octets)
    if not isinstance(told, dict):
        raise UnreadableError("The call is no JSON object.")
    return told


def read_json(octets: bytes | str) -> Any:
    """Return what JSON says. Raises UnreadableError for what is none."""
    try:
        return json.loads(octets)
    except (ValueError, RecursionError):
        raise UnreadableError("The call is no JSON.") from None


def text_in(told: object, *path: str) -> str:
    """Return the text, or the number as text, at a path of names; nothing where there is none."""
    for name in path:
        told = told.get(name) if isinstance(told, dict) else None
    return str(told) if isinstance(told, str | int) and not isinstance(told, bool) else ""


def refuse_other_times(said: datetime, now: datetime, oldest: timedelta) -> None:
    """Raise ForgedError for a time that is long past, or to come."""
    if not -AHEAD <= now - said <= oldest:
        raise ForgedError("The call is from another time.", "Check the clock of this host.")


def moment_of(seconds: str) -> datetime:
    """Return the moment of so many seconds since 1970. Raises ForgedError where that is none."""
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= len("9999999999")):
        raise ForgedError("The call does not say when it was made.")
    return datetime.fromtimestamp(int(seconds), UTC)
