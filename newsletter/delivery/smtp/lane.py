"""One relay as the pool keeps it: its connections, what was learnt of it, and its rest after a failure."""

import asyncio
from dataclasses import dataclass, field

from newsletter import log
from newsletter.delivery.smtp.greeting import Approach
from newsletter.delivery.smtp.relay import Relay
from newsletter.delivery.smtp.session import Habits, Session
from newsletter.errors import RelayError

FIRST_REST = 5.0
LONGEST_REST = 300.0
"""Seconds that a relay which cannot be used is left alone; doubled each time."""

_log = log.get("delivery")


@dataclass(eq=False)
class Lane:
    """One relay: its connections, what was learnt of it, and until when it rests (in the loop's time)."""

    approach: Approach
    habits: Habits = field(default_factory=Habits)
    sessions: list[Session] = field(default_factory=list)
    opening: set[asyncio.Task[None]] = field(default_factory=set)
    error: RelayError | None = None
    rests_until: float = 0.0
    next_rest: float = FIRST_REST
    lost_a_reply: bool = False

    @property
    def relay(self) -> Relay:
        """The relay it leads to."""
        return self.approach.relay

    def rests(self, now: float) -> bool:
        """Whether no connection may be opened now."""
        return now < self.rests_until

    @property
    def has_session(self) -> bool:
        """Whether a connection stands."""
        return bool(self.sessions)

    def rest(self, error: RelayError, now: float) -> None:
        """Open no connection for a while. Several that fail together are one failure."""
        self.error = error
        if not self.rests(now):
            self.rests_until = now + self.next_rest
            self.next_rest = min(2 * self.next_rest, LONGEST_REST)
            # Only an error that nobody foresaw has a cause, and is worth a traceback.
            _log.warning(
                "relay_rests",
                relay=self.relay.name,
                seconds=self.rests_until - now,
                error=str(error),
                exc_info=error.__cause__,
            )

    def recover(self) -> None:
        """Forget earlier failures."""
        self.error, self.rests_until, self.next_rest, self.lost_a_reply = None, 0.0, FIRST_REST, False
