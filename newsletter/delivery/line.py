"""The line: readers of the pages in hand who wait for their message, and who of them is next.

Readers stand by who receives their mail, so that an operator who asks for patience holds up nobody else's.
"""

import math
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple, Protocol

from newsletter.delivery.accounting.journal import Journal
from newsletter.delivery.accounting.ledger import Claim, Due
from newsletter.delivery.accounting.settle import Outcome
from newsletter.delivery.smtp.relay import Relay
from newsletter.delivery.throttling.throttle import Throttle

PATIENCE = 1.0
"""Seconds that readers of a throttled operator may keep a batch from being given back."""

PARTED = 5.0
"""Seconds that readers given back for their operator's sake wait at least, so that other batches come first."""

MOST_ASKED = 16
"""Operators that are asked about for one message, before the relay itself is thought to be what holds back."""


@dataclass
class Page:
    """A batch in hand: who waits, what came of the others since the database was told, who must wait longer."""

    claim: Claim
    journal: Journal
    waiting: dict[str, deque[Due]]
    outcomes: list[Outcome] = field(default_factory=list)
    behind: dict[int, timedelta] = field(default_factory=dict)
    poisonous: list[int] = field(default_factory=list)
    unwritten: bytearray = field(default_factory=bytearray)
    in_hand: int = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing of it can be begun any more, or is under way."""
        return not self.in_hand and not self.waiting


class Stopping(Protocol):
    """What must not be begun any more; :class:`newsletter.delivery.stops.Stops` is the real one."""

    editions: set[int]
    subscriptions: set[int]

    @property
    def is_deaf(self) -> bool:
        """Whether nothing can be heard at the moment."""


class Called(NamedTuple):
    """Whoever is next: of which page, at which operator, and whether the throttle counted it."""

    due: Due
    page: Page
    operator: str
    is_counted: bool


class Line:
    """Calls one reader after another."""

    def __init__(self, stops: Stopping, throttle: Throttle) -> None:
        """Start with nobody."""
        self._stops = stops
        self._throttle = throttle
        self._retry_at: dict[str, float] = {}
        self._now = time.monotonic
        self.pages: list[Page] = []
        self.left = 0
        """How many wait."""
        self.was_refused = False
        """Whether somebody was not called who waits, because of the throttle, or to be alone."""

    def add(self, page: Page) -> None:
        """Let a page's readers stand behind those of the pages before it."""
        self.pages.append(page)
        self.left += sum(map(len, page.waiting.values()))

    def call(self, relay: Relay, *, is_idle: bool) -> Called | None:
        """Return who may be mailed next over a relay. ``is_idle`` when nobody's message is under way."""
        is_counted = not self._throttle.is_free
        asked = 0
        for page in self.pages:
            for operator, queue in page.waiting.items():
                self._let_go(queue)
                if not queue:
                    continue
                if queue[0].open_gates and not is_idle:
                    # What may have killed a worker goes alone, so that nobody is taken down with it.
                    self.was_refused = True
                    continue
                if is_counted and (asked >= MOST_ASKED or not self._may_go(relay, operator)):
                    asked += 1
                    self.was_refused = True
                    continue
                due = queue.popleft()
                self.left -= 1
                if not queue:
                    # The walk over the queues ends here, so one may go.
                    del page.waiting[operator]
                return Called(due, page, operator, is_counted)
            page.waiting = {operator: queue for operator, queue in page.waiting.items() if queue}
        return None

    def ask_again(self, operator: str) -> None:
        """Take note that a place at an operator has become free."""
        self._retry_at.pop(operator, None)

    def ready(self) -> int:
        """Return how many wait for nothing but a connection."""
        if not self._retry_at:
            return self.left
        now = self._now()
        return sum(
            len(queue)
            for page in self.pages
            for operator, queue in page.waiting.items()
            if self._retry_at.get(operator, 0.0) <= now
        )

    def seconds_to_wait(self) -> float:
        """Return after how many seconds somebody who was refused may be asked for again; infinity for nobody."""
        wanted = {operator for page in self.pages for operator in page.waiting}
        waits = (at - self._now() for operator, at in self._retry_at.items() if operator in wanted)
        return max(min(waits, default=math.inf), 0.0)

    def part_with_throttled(self, *, of_all: bool = False) -> None:
        """Give back those who would keep their batch waiting, so that the readers of other operators come on."""
        for page in self.pages:
            for operator in list(page.waiting):
                wait = self._retry_at.get(operator, 0.0) - self._now()
                if wait > PATIENCE or (of_all and wait > 0):
                    pause = timedelta(seconds=max(wait, PARTED))
                    parted = page.waiting.pop(operator)
                    self.left -= len(parted)
                    page.behind.update((due.delivery_id, pause) for due in parted)

    def clear(self) -> None:
        """Send everybody away who waits."""
        self.part_with_throttled(of_all=True)
        for page in self.pages:
            page.waiting.clear()
        self.left = 0

    def _let_go(self, queue: deque[Due]) -> None:
        """Call nobody of whom something was heard: whoever reads the batch next finds out what."""
        while queue and queue[0].subscription_id in self._stops.subscriptions:
            queue.popleft()
            self.left -= 1

    def _may_go(self, relay: Relay, operator: str) -> bool:
        now = self._now()
        if self._retry_at.get(operator, 0.0) > now:
            return False
        wait = self._throttle.wait_for(relay, operator, now)
        if wait:
            self._retry_at[operator] = now + wait
            return False
        self._retry_at.pop(operator, None)
        return True
