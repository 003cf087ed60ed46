"""The gate: how much mail strangers can make us send, to one address, from one network, and in all.

Anybody can type anybody's address. So the one mail that a stranger can cause is rationed three ways: by network at
the door, by address, and over all together. The last loses no wish: what finds no room now waits for its turn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter import log
from newsletter.readers.address import canonical_address, is_disposable, mailbox_of
from newsletter.readers.allowance import Rate, hourly, is_used_up, take
from newsletter.tokens import Tokens

_log = log.get("readers")

DAY = timedelta(days=1)
"""At most one confirmation an address in this time, over all newsletters."""

WEEK = timedelta(days=7)
WEEKLY_ASKS = 3
"""At most so many an address in a week."""

LONGEST_WAIT = timedelta(days=1)
"""A confirmation that would come later than this is none that anybody waits for."""

EVERYBODY = "confirmations"
"""The bucket that all confirmations share."""

_NETWORK = "network:"
_MAILBOX = "mailbox:"

_TO_ONE = Rate(2, WEEK / 2)
"""No week sees more than WEEKLY_ASKS."""


@dataclass(frozen=True, slots=True)
class Gate:
    """The limits of this installation: sign-ups an hour from one network, confirmations an hour in all.

    ``refuse_disposable`` is whether services for throw-away mail are asked nothing, by whichever door.
    """

    tokens: Tokens
    per_network: int
    per_hour: int
    refuse_disposable: bool = False

    def admits_network(self, connection: sa.Connection, bucket: str, now: datetime) -> bool:
        """Whether a network may have one more sign-up looked at; half of an hour's may come at once."""
        rate = hourly(self.per_network, self.per_network // 2)
        is_admitted = take(connection, _NETWORK + bucket, rate, now) is not None
        if not is_admitted:
            _log.warning("network_full", bucket=bucket, per_hour=self.per_network)
        return is_admitted

    def admits_mailbox(self, connection: sa.Connection, address: str, now: datetime) -> bool:
        """Whether one more may be mailed to a mailbox that is written in another way each time.

        An address that is its mailbox's plain one is counted by its own asks, and admitted here, save where it is
        for throw-away mail and such is refused.
        """
        if self.refuse_disposable and is_disposable(address):
            return False
        mailbox = mailbox_of(address)
        if mailbox == canonical_address(address):
            return True
        return take(connection, _MAILBOX + self.tokens.digest("mailbox", mailbox).hex(), _TO_ONE, now) is not None

    def next_place(self, connection: sa.Connection, now: datetime) -> datetime | None:
        """Return when one more confirmation may be mailed; None where that is beyond LONGEST_WAIT."""
        return take(connection, EVERYBODY, self._in_all, now, LONGEST_WAIT)

    @property
    def _in_all(self) -> Rate:
        return hourly(self.per_hour, self.per_hour // 10)


def may_be_asked(asks: Sequence[datetime], now: datetime, *, comes_back: bool) -> bool:
    """Whether an address may be mailed one more confirmation after those that it was asked for. Pure.

    Who left and asks to come back need not wait for a day, as only they can have left; the week's number holds.
    """
    of_week = [each for each in asks if each > now - WEEK]
    is_early = bool(of_week) and max(of_week) > now - DAY
    return len(of_week) < WEEKLY_ASKS and (comes_back or not is_early)


def has_queue(connection: sa.Connection, now: datetime) -> bool:
    """Whether who asks now has to wait for the others."""
    return is_used_up(connection, EVERYBODY, now)
