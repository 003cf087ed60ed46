"""The connections of one process to its relays: opened as they are needed, kept, shared out, rested.

Relays share the work in proportion to their weight because that is how their connections are opened. A relay that
cannot be used rests, five seconds at first and five minutes at most, while the others go on.
"""

import asyncio
import math
from collections.abc import Sequence
from contextlib import suppress

from newsletter.delivery.outcome import Receipt
from newsletter.delivery.smtp.auth import CredentialsError
from newsletter.delivery.smtp.greeting import Approach, open_wire
from newsletter.delivery.smtp.lane import Lane
from newsletter.delivery.smtp.letter import LetterDesk
from newsletter.delivery.smtp.relay import Relay
from newsletter.delivery.smtp.session import Session
from newsletter.delivery.smtp.wire import Timeouts
from newsletter.delivery.transport import Desk, Message
from newsletter.errors import RelayError


class ConnectionPool:
    """See :class:`newsletter.delivery.transport.Pool`. Made and used on one loop."""

    def __init__(self, relays: Sequence[Relay], timeouts: Timeouts) -> None:
        self._loop = asyncio.get_running_loop()
        self._lanes = [Lane(Approach.towards(relay, timeouts)) for relay in relays]
        self._timeouts = timeouts
        self._desk: Desk | None = None
        self._demand = 0
        self._most = sum(relay.connections for relay in relays)
        self._fault: Exception | None = None
        self._letter: LetterDesk | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._leaving: set[Session] = set()
        self._is_woken = False
        self._beat()

    # What a desk's owner asks for.

    def serve(self, desk: Desk) -> None:
        """Let every connection fetch from this desk, opening connections as they are needed."""
        self._desk, self._fault, self._demand = desk, None, 0
        for session in self._sessions():
            session.serve(desk, after_noop=True)
        self._grow()

    def wake(self) -> None:
        """Say that the desk has work again."""
        if not self._is_woken:
            self._is_woken = True
            self._loop.call_soon(self._wake_up)

    async def settled(self) -> None:
        """Wait until no connection has a message in hand. Raises what the desk raised, if it did."""
        while self._fault is None and any(session.in_hand for session in self._sessions()):
            if self._waiter is None or self._waiter.done():
                self._waiter = self._loop.create_future()
            await asyncio.shield(self._waiter)
        if self._fault is not None:
            raise self._fault

    def release(self) -> None:
        """Fetch from the desk no longer; connections stay open. Only once settled."""
        self._desk = None
        for lane in self._lanes:
            for task in lane.opening:
                task.cancel()
        for session in self._sessions():
            session.desk = None

    @property
    def trouble(self) -> RelayError | None:
        """Why none of the relays that the desk serves can be used now, or None."""
        now, lanes = self._loop.time(), self._serving()
        if any(lane.has_session or not lane.rests(now) for lane in lanes):
            return None
        return _worst([lane.error for lane in lanes if lane.error is not None])

    @property
    def is_broken(self) -> bool:
        return self._fault is not None

    # What a transport asks for.

    async def submit(self, message: Message, session: Session) -> Receipt:
        """Submit one message over a session from :meth:`ready_session`. Raises RelayError."""
        desk = self._letter = LetterDesk(message, session)
        self._fault = None
        try:
            session.serve(desk)
            receipt = await desk.answer
            await session.quiet()
        except BaseException:
            session.drop()
            self._forget(session)
            raise
        finally:
            self._letter = None
            session.desk = None
        if receipt is None:
            raise session.error or RelayError(f"The relay {session.relay.host} broke off: {desk.relay_said}.")
        return receipt

    async def ready_session(self, *, after_noop: bool) -> Session:
        """Return a session that stands, opening one where none does, at whichever relay can be used.

        Raises RelayError when none can: letters do not wait for a relay to have rested.
        """
        # What a relay said or closed while the loop stood still is heard first.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        now = self._loop.time()
        errors: list[RelayError] = []
        for lane in sorted(self._lanes, key=lambda each: (each.rests(now), not each.sessions)):
            for session in list(lane.sessions):
                if not after_noop or await session.answers():
                    return session
            try:
                return await self._connect(lane)
            except RelayError as error:
                errors.append(error)
        raise _worst(errors) or RelayError("There is no relay.")

    async def abandon(self) -> None:
        """Drop every connection that has a message in hand, and fetch no longer: its desk is gone."""
        for session in self._sessions():
            if session.in_hand:
                session.drop()
                self._forget(session)
        self.release()
        opening = [task for lane in self._lanes for task in lane.opening]
        if opening:
            await asyncio.wait(opening)

    async def close(self) -> None:
        """Say QUIT everywhere and wait for the farewells."""
        await self.abandon()
        for session in self._sessions():
            session.leave()
            self._leaving.add(session)
            self._forget(session)
        if self._leaving:
            await asyncio.wait([session.gone for session in self._leaving])
        self._leaving.clear()

    def discard(self) -> None:
        """Close everything without a word; the loop need not run."""
        for session in (*self._sessions(), *self._leaving):
            session.drop()

    # What sessions say: see :class:`newsletter.delivery.smtp.session.Host`.

    def took(self) -> None:
        """Open another connection while there is work for it."""
        if self._desk is not None and self._demand < self._most:
            self._demand += 1
            self.wake()

    def rested(self, session: Session) -> None:
        """End the wait of :meth:`settled` when this was the last one."""
        if self._waiter is not None and not self._waiter.done() and not session.in_hand:
            self._waiter.set_result(None)

    def over(self, session: Session, *, is_relay_at_fault: bool) -> None:
        """Replace a connection, unless its relay must rest first."""
        lane = self._forget(session)
        if session.is_fruitful:
            lane.recover()
        if not session.gone.done():
            self._leaving.add(session)
            session.gone.add_done_callback(lambda _: self._leaving.discard(session))
        if self._letter is not None and self._letter.session is session:
            self._letter.end()
        if is_relay_at_fault and session.error is not None:
            if session.left_uncertain and not lane.lost_a_reply:
                # Once may be chance; a relay that swallows every reply would make a whole edition uncertain.
                lane.lost_a_reply = True
            else:
                lane.rest(session.error, self._loop.time())
        self.wake()

    def may_go_elsewhere(self, desk: Desk, relay: Relay) -> bool:
        """Say whether a relay that serves the desk knows SMTPUTF8, or has not been asked yet."""
        others = [lane for lane in self._lanes if lane.relay is not relay and desk.serves(lane.relay)]
        return any(lane.habits.takes_utf8 is not False for lane in others)

    def failed(self, error: Exception) -> None:
        """Send nothing more: the desk raised."""
        self._fault, self._desk = error, None
        for session in self._sessions():
            if session.in_hand or session.is_over:
                session.drop()
                self._forget(session)
            session.desk = None
        if self._letter is not None and not self._letter.answer.done():
            self._letter.answer.set_exception(error)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # How it is done.

    def _sessions(self) -> list[Session]:
        return [session for lane in self._lanes for session in lane.sessions]

    def _serving(self) -> list[Lane]:
        """Return the lanes that the desk serves: those of other newsletters can neither help nor trouble it."""
        desk = self._desk
        return [lane for lane in self._lanes if desk is None or desk.serves(lane.relay)]

    def _forget(self, session: Session) -> Lane:
        lane = next(each for each in self._lanes if each.relay is session.relay)
        with suppress(ValueError):
            lane.sessions.remove(session)
        return lane

    def _wake_up(self) -> None:
        self._is_woken = False
        if self._desk is not None:
            for session in self._sessions():
                if session.desk is not None:
                    session.pull()
            self._grow()

    def _beat(self) -> None:
        now = self._loop.time()
        for lane in self._lanes:
            if not lane.rests(now) and any(session.is_fruitful for session in lane.sessions):
                lane.recover()
        for session in self._sessions():
            session.check()
        if self._desk is not None:
            if all(session.in_hand for lane in self._serving() for session in lane.sessions):
                # The connection that is being opened is slow, or all that stand are.
                self._demand = min(self._demand + 1, self._most)
            self._grow()
        self._loop.call_later(self._timeouts.beat, self._beat)

    def _grow(self) -> None:
        """Open the connections that the work asks for, in proportion to weight.

        Only at relays that the desk serves, and that do not rest.
        """
        now = self._loop.time()
        awake = [lane for lane in self._serving() if not lane.rests(now)]
        if self._desk is None or not awake:
            return
        weights = sum(lane.relay.weight for lane in awake)
        unit = min(lane.relay.connections / lane.relay.weight for lane in awake)
        for lane in awake:
            share = max(1, round(unit * lane.relay.weight))
            wanted = min(share, max(1, math.ceil(self._demand * lane.relay.weight / weights)))
            for _ in range(wanted - len(lane.sessions) - len(lane.opening)):
                task = self._loop.create_task(self._open(lane))
                lane.opening.add(task)
                task.add_done_callback(lane.opening.discard)

    async def _open(self, lane: Lane) -> None:
        try:
            session = await self._connect(lane)
        except RelayError:
            return
        if self._desk is not None:
            session.serve(self._desk)

    async def _connect(self, lane: Lane) -> Session:
        try:
            session = await self._greeted(lane)
        except RelayError as error:
            lane.rest(error, self._loop.time())
            raise
        except Exception as error:
            # Whatever it is, it would come again at once, and as often as we tried.
            unforeseen = RelayError(f"The relay {lane.relay.name} cannot be used: {error!r}.")
            unforeseen.__cause__ = error
            lane.rest(unforeseen, self._loop.time())
            raise unforeseen from error
        lane.sessions.append(session)
        return session

    async def _greeted(self, lane: Lane) -> Session:
        wire, extensions = await open_wire(lane.approach)
        try:
            return Session(wire, lane.approach, extensions, lane.habits, self)
        except BaseException:
            wire.close()
            raise


def _worst(errors: Sequence[RelayError]) -> RelayError | None:
    """Return the error to show: the operator's credentials only when no relay would take them."""
    others = [error for error in errors if not isinstance(error, CredentialsError)]
    return next(reversed(others or errors), None)
