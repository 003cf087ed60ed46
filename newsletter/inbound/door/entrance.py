"""Which of our addresses a message came to, and so what it can be about. Pure.

Addresses of ours are few, and all in one domain: what mail does not name one of them is not for us.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Errand(StrEnum):
    """What an address is there for."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    CONFIRM = "confirm"
    PREFERENCES = "preferences"
    """Where an answer of ours is answered: what it asks for is done, as its token says for whom."""
    HELP = "help"
    REPORT = "report"
    NEWSLETTER = "newsletter"
    """The address that a newsletter comes from: what readers write to it."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """An address of ours. ``tag`` is a token or the name of a newsletter, or nothing."""

    errand: Errand
    tag: str = ""


_PLAIN = {each.value: each for each in (Errand.SUBSCRIBE, Errand.UNSUBSCRIBE, Errand.HELP)}
_TAGGED = {
    Errand.SUBSCRIBE.value: Errand.SUBSCRIBE,
    Errand.UNSUBSCRIBE.value: Errand.UNSUBSCRIBE,
    Errand.CONFIRM.value: Errand.CONFIRM,
    Errand.PREFERENCES.value: Errand.PREFERENCES,
    "bounces": Errand.REPORT,
    "returns": Errand.REPORT,
}


def read_entrance(address: str, domain: str, senders: Mapping[str, str]) -> Entrance | None:
    """Return what an address of ours is for; None where it is none of ours.

    ``senders`` are the addresses that newsletters come from, in lower case, each with the newsletter's slug, or
    with nothing where several share it.
    """
    known = address.strip().strip("<>").lower()
    local, _, theirs = known.rpartition("@")
    if not domain or theirs != domain.lower():
        return None
    if known in senders:
        return Entrance(Errand.NEWSLETTER, senders[known])
    name, _, tag = local.partition("+")
    errand = _TAGGED.get(name) if tag else _PLAIN.get(local)
    return Entrance(errand, tag) if errand else None
