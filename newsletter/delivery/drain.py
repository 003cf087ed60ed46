"""The drain: submits one edition for a while. Pages are read ahead, outcomes carried away, leases kept alive.

One thread talks to the database while the loop talks to the relays, so neither waits for the other. Whatever ends
a drain, what was not begun is given back, and what is not in the database yet stays in the journal.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import ParamSpec, TypeVar

from newsletter import log
from newsletter.delivery.accounting.ledger import Due, Ledger
from newsletter.delivery.accounting.settle import accepted_today
from newsletter.delivery.desk import LOW_WATER, Brakes, Counter, EditionDesk
from newsletter.delivery.line import Page
from newsletter.delivery.messages.composer import Composers, Copy
from newsletter.delivery.post import Post
from newsletter.delivery.stops import Stops
from newsletter.delivery.throttling.breaker import Breakers
from newsletter.delivery.throttling.operator import OperatorDirectory
from newsletter.delivery.throttling.throttle import Throttle
from newsletter.delivery.throttling.warmup import allowance
from newsletter.delivery.transport import Pool
from newsletter.errors import LeaseLostError, NewsletterError, RelayError

_log = log.get("delivery")

P = ParamSpec("P")
T = TypeVar("T")

_TURN_SECONDS = 0.1
"""How often a drain looks up when nothing nudges it: well under the second in which a pause takes hold."""

_SETTLE_SECONDS = 1.0
"""How long outcomes are in the journal alone; also how often leases are renewed."""

_SHARE_SECONDS = 0.25
"""How often the processes that submit tell each other what operators ask for."""

_SHORTEST_SECONDS = 0.01
"""How soon at the earliest an operator is asked about again."""

_MOST_PAGES = 8
"""Batches in hand at once; more than two only while operators hold some of their readers back."""


@dataclass(frozen=True, slots=True)
class Way:
    """What a drain needs besides the post: the ledger, and how fast whom may be mailed."""

    ledger: Ledger
    throttle: Throttle
    operators: OperatorDirectory
    submitters: int
    breakers: Breakers = field(default_factory=Breakers)


@dataclass(frozen=True, slots=True)
class Drained:
    """What came of a drain: outcomes, the relays' trouble, the breaker's reason; and whether batches were had."""

    settled: int
    had_work: bool
    trouble: RelayError | None = None
    tripped: str | None = None


def drain(post: Post, way: Way, copies: Sequence[Copy], go_on: Callable[[], bool]) -> Drained:
    """Submit an edition, in all its contents, until nothing of it is due, or ``go_on()`` says no.

    Raises RelayError when there is no relay for it at all.
    """
    slug = copies[0].newsletter.slug
    if not any(relay.serves(slug) for relay in post.transport.relays):
        raise RelayError(
            f"No relay in SMTP_URL serves the newsletter {slug}.", "Name it in a relay's newsletters=."
        )

    async def work(pool: Pool) -> Drained:
        with ThreadPoolExecutor(1, "ledger") as thread:
            async with Stops(post.database.plain_url) as stops:
                return await _Drain(post, way, copies, thread).run(pool, stops, go_on)

    return post.transport.run(work)


class _Drain:
    """One drain of one edition."""

    def __init__(self, post: Post, way: Way, copies: Sequence[Copy], thread: ThreadPoolExecutor) -> None:
        self._post = post
        self._ledger = way.ledger
        self._way = way
        self._copies = copies
        self._edition_id = copies[0].edition.id
        self._thread = thread
        self._is_exhausted = False
        self._had_work = False
        self._settle_at = 0.0
        self._share_at = 0.0

    async def run(self, pool: Pool, stops: Stops, go_on: Callable[[], bool]) -> Drained:
        breaker = self._way.breakers.watch(self._edition_id)
        allowances = await self._in_thread(self._allowances)
        desk = EditionDesk(self._counter(), Brakes(stops, self._way.throttle, breaker, allowances))
        pool.serve(desk)
        trouble = None
        timer = _Timer(desk, go_on)
        try:
            while not pool.is_broken and (desk.line.pages or not (self._is_exhausted or desk.is_closed)):
                trouble = trouble or pool.trouble
                has_way = any(map(desk.serves, self._post.transport.relays))
                if trouble or stops.is_lost or not has_way or not go_on() or desk.is_closed:
                    desk.close()
                await self._turn(pool, stops, desk)
        finally:
            timer.stop()
            desk.close()
            try:
                await pool.settled()
            finally:
                pool.release()
                desk.abandon()
                await self._leave(desk.line.pages)
        if desk.tripped:
            # Resumed, the edition starts afresh.
            self._way.breakers.forget(self._edition_id)
        if trouble:
            _log.warning("relay_refused", edition_id=self._edition_id, error=str(trouble))
        return Drained(desk.settled, self._had_work, trouble, desk.tripped)

    def _counter(self) -> Counter:
        composers, newsletter = Composers(self._post, self._copies), self._copies[0].newsletter
        # One that cannot be 8bit is quoted for such a relay as well.
        in_8bit = composers.message_8bit if any(copy.compiled_8bit for copy in self._copies) else None
        size = max(copy.compiled.size for copy in self._copies)
        return Counter(
            self._edition_id, newsletter.slug, composers.envelope_from, size, composers.message, in_8bit
        )

    async def _turn(self, pool: Pool, stops: Stops, desk: EditionDesk) -> None:
        """Wait for something to happen, and do what the database has to know."""
        loop = asyncio.get_running_loop()
        line = desk.line
        if self._wants_page(desk):
            page = await self._next_page(stops)
            if page is not None:
                line.add(page)
                pool.wake()
        with suppress(TimeoutError):
            wait = line.seconds_to_wait() if line.was_refused else _TURN_SECONDS
            await asyncio.wait_for(desk.nudge.wait(), min(_TURN_SECONDS, max(wait, _SHORTEST_SECONDS)))
        desk.nudge.clear()
        if line.was_refused:
            # Ask again for whoever was held back.
            line.was_refused = False
            pool.wake()
        if loop.time() >= self._share_at:
            self._share_at = loop.time() + _SHARE_SECONDS
            await self._way.throttle.share(time.monotonic())
        line.part_with_throttled(of_all=len(line.pages) >= _MOST_PAGES)
        for page in [page for page in line.pages if page.is_over]:
            await self._in_thread(self._end, page)
            line.pages.remove(page)
        if loop.time() >= self._settle_at:
            self._settle_at = loop.time() + _SETTLE_SECONDS
            for page in line.pages:
                await self._settle(page)

    def _wants_page(self, desk: EditionDesk) -> bool:
        is_short = desk.line.ready() < LOW_WATER and len(desk.line.pages) < _MOST_PAGES
        return is_short and not self._is_exhausted and not desk.is_closed

    async def _next_page(self, stops: Stops) -> Page | None:
        """Claim a batch, begin its journal and read it, in this order; None when none is due."""
        claim = await self._in_thread(self._ledger.claim, self._edition_id)
        if claim is None:
            self._is_exhausted = True
            return None
        self._had_work = True
        journal = self._ledger.journals.open(claim.journal)
        heard = set(stops.subscriptions)
        try:
            waiting = await self._in_thread(self._ledger.read, claim)
        except BaseException:
            journal.close(keep=True)
            raise
        # These have been looked at again since.
        stops.subscriptions -= heard.intersection(due.subscription_id for due in waiting)
        return Page(claim, journal, await self._by_operator(waiting))

    async def _by_operator(self, waiting: Sequence[Due]) -> dict[str, deque[Due]]:
        """Group readers by who receives their mail: an operator who asks for patience holds up nobody else."""
        domains = [due.address.rpartition("@")[2].lower() for due in waiting]
        operators = await self._way.operators.lookup(set(domains))
        grouped: dict[str, deque[Due]] = {}
        for due, domain in zip(waiting, domains, strict=True):
            grouped.setdefault(operators.get(domain, domain), deque()).append(due)
        return grouped

    async def _settle(self, page: Page) -> None:
        """Tell the database what came of a page so far, and that its lease is still wanted."""
        outcomes, page.outcomes = page.outcomes, []
        try:
            is_mine = await self._in_thread(self._ledger.settle, page.claim, outcomes)
        except BaseException:
            # Not told, or not known to be: without these the rows would still be waiting for their mail.
            page.outcomes = outcomes + page.outcomes
            raise
        if not is_mine:
            raise LeaseLostError("Another task took over a batch.")

    def _end(self, page: Page) -> None:
        """Tell the database all about a page, and forget its journal."""
        self._ledger.finish(page.claim, page.outcomes, page.poisonous, page.behind)
        page.journal.close(keep=False)

    async def _leave(self, pages: list[Page]) -> None:
        """End what is left after a fault; what cannot be told now stays in the journal for a recovery."""
        for page in pages:
            try:
                if not page.in_hand:
                    await self._in_thread(self._end, page)
                    continue
                # What was heard last may not be in the journal.
                await self._settle(page)
            except Exception as error:  # noqa: BLE001 — whatever it is, the other pages are left in order
                _log.warning("batch_left", batch_id=page.claim.batch_id, error=type(error).__name__)
            with suppress(OSError, NewsletterError):
                page.journal.close(keep=True)

    def _allowances(self) -> dict[str, int]:
        """Return how many messages the relays being warmed up may still take from this task today."""
        today = datetime.now(UTC).date()
        limits = {each.name: allowance(each.warm_up_on, today) for each in self._post.transport.relays}
        plans = {name: limit for name, limit in limits.items() if limit is not None}
        if not plans:
            return {}
        with self._post.database.transaction() as connection:
            used = accepted_today(connection, plans)
        return {name: max(limit - used.get(name, 0), 0) // self._way.submitters for name, limit in plans.items()}

    async def _in_thread(self, function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        call = partial(function, *given, **named)
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)


class _Timer:
    """Closes a desk when its time is over, also while the drain waits for the database."""

    def __init__(self, desk: EditionDesk, go_on: Callable[[], bool]) -> None:
        self._desk, self._go_on = desk, go_on
        self._loop = asyncio.get_running_loop()
        self._look()

    def stop(self) -> None:
        self._handle.cancel()

    def _look(self) -> None:
        if not self._go_on():
            self._desk.close()
            self._desk.nudge.set()
        self._handle = self._loop.call_later(_TURN_SECONDS, self._look)
