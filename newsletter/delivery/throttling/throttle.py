"""How much may begin now: the one place that a drain asks, at once and without waiting, before each message.

What is limited is a relay's messages a second, and an operator's messages in flight and a second, by its settings
or by what its refusals taught (:mod:`newsletter.delivery.throttling.operator_rules`). The limits hold over all
workers: a few
times a second each trades permits and places with the others through Redis. A worker that Redis does not answer,
or that has not traded yet, keeps to its part of every limit: the limit divided by the number of submitters, though
never less than one message in flight. Nothing here waits for Redis but ``share``, and that not for long.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from redis.exceptions import RedisError

from newsletter import log
from newsletter.delivery.outcome import Receipt, ReceiptKind
from newsletter.delivery.smtp.relay import Relay
from newsletter.delivery.throttling.lanes import (
    SHORTEST_WAIT,
    Change,
    Lane,
    Tap,
    learnt_from,
    moved,
    read_back,
    written_of,
)
from newsletter.delivery.throttling.operator_rules import (
    FLOOD,
    NO_LIMITS,
    PUBLISHED,
    Caution,
    Limits,
    Used,
    aged,
    stricter,
    tighter,
    warned,
    went_well,
)
from newsletter.delivery.throttling.shared import PermitsAsked, PlacesAsked, SharedThrottle, Told

_log = log.get("delivery")

STALE = 1.0
"""Seconds after which what was traded is worth nothing, and between two tries to reach Redis."""

_TEMPO_FROM, _TEMPO_TO = 1.0, 10.0


@dataclass(slots=True)
class _Terms:
    """How this throttle stands with the others."""

    epoch: str = ""
    shared_at: float = -math.inf
    retry_at: float = -math.inf
    is_lost: bool = False


@dataclass(slots=True)
class Throttle:
    """What this worker may begin. ``submitters`` is how many processes submit at once."""

    relays: Iterable[Relay]
    limits: Mapping[str, Limits]
    submitters: int = 1
    shared: SharedThrottle | None = None
    _lanes: dict[str, Lane] = field(default_factory=dict)
    _taps: dict[str, Tap] = field(default_factory=dict)
    _cautious: set[str] = field(default_factory=set)
    _terms: _Terms = field(default_factory=_Terms)
    _capacity: int = 0

    def __post_init__(self) -> None:
        """Keep only what can ever bind."""
        relays = tuple(self.relays)
        self._capacity = self.submitters * sum(each.at_once for each in relays)
        self._taps = {each.name: Tap(each.rate) for each in relays if each.rate is not None}
        reachable = {name: each for name, each in PUBLISHED.items() if (each.in_flight or 0) < self._capacity}
        self.limits = reachable | {
            name: tighter(each, reachable.get(name, NO_LIMITS)) for name, each in self.limits.items()
        }

    @property
    def is_free(self) -> bool:
        """Whether nothing at all is limited now. Then a message may begin without asking."""
        return not (self._taps or self.limits or self._cautious)

    def wait_for(self, relay: Relay, operator: str, now: float) -> float:
        """Return 0.0, having counted one message begun, or the seconds until asking again is worth it.

        An operator's places come back with ``ended``: asking again after it is worth it too.
        """
        lane = self._lane(operator)
        if lane.caution and now < lane.caution.closed_until:
            return lane.caution.closed_until - now
        alone = self._parts(now)
        limits = lane.limits
        if limits.in_flight is not None:
            places = max(1, limits.in_flight // alone) if alone else min(lane.places, limits.in_flight)
            if lane.in_flight >= places:
                lane.was_refused = True
                return SHORTEST_WAIT
        taps = [tap for tap in (self._taps.get(relay.name), self._tap_of(lane, limits.rate)) if tap]
        wait = max((tap.wait(now, alone) for tap in taps), default=0.0)
        if wait:
            return wait
        for tap in taps:
            tap.permits -= 1
        if now - lane.begun_from > _TEMPO_TO:
            lane.begun, lane.begun_from = 0, now
        lane.begun += 1
        lane.in_flight += 1
        lane.peak = max(lane.peak, lane.in_flight)
        return 0.0

    def ended(self, operator: str, receipt: Receipt | None, now: float, *, counted: bool = True) -> None:
        """Take note of a reply; None when nothing was submitted. ``counted`` is whether ``wait_for`` let it begin.

        A message that began without asking is worth a word only when its reply asks us to slow down.
        """
        lane = self._lane(operator)
        if receipt and receipt.kind is ReceiptKind.ACCEPTED:
            if lane.caution:
                lane.accepted += 1
                self._set(operator, lane, went_well(lane.caution, 1, now))
        elif receipt and receipt.asks_us_to_slow_down:
            used = self._used(lane, now, counted=counted)
            caution = warned(lane.caution, receipt, used, now)
            self._set(operator, lane, caution)
            if lane.warning is None or receipt.enhanced_status == FLOOD:
                lane.warning = receipt, used
            lane.begun, lane.begun_from = 0, caution.closed_until
        if counted and lane.in_flight:
            lane.in_flight -= 1
        if lane.is_idle:
            del self._lanes[operator]

    async def share(self, now: float) -> None:
        """Trade with the other workers; a few times a second. Never raises, and waits a quarter second at most."""
        if self.shared is None or not self.shared.redis_url:
            self._age(now)
            return
        if now < self._terms.retry_at:
            return
        try:
            told = await self.shared.exchange(self._permits_asked(), self._places_asked())
            changes = self._receive(told, now)
            if changes:
                written = await self.shared.learn({name: change.words for name, change in changes.items()})
                self._agree(changes, written)
        except (RedisError, OSError, TimeoutError) as error:
            self._lose(error, now)

    async def close(self) -> None:
        """Hang up."""
        if self.shared:
            await self.shared.close()

    def _parts(self, now: float) -> int:
        """Return into how many parts the limits are divided now; 0 while they are shared."""
        is_shared = not self._terms.is_lost and now - self._terms.shared_at <= STALE
        return 0 if is_shared else max(self.submitters, 1)

    def _lane(self, operator: str) -> Lane:
        lane = self._lanes.get(operator)
        if lane is None:
            lane = self._lanes[operator] = Lane(self.limits.get(operator, NO_LIMITS))
        return lane

    @staticmethod
    def _tap_of(lane: Lane, rate: float | None) -> Tap | None:
        if rate is None:
            lane.tap = None
        elif lane.tap is None:
            lane.tap = Tap(rate)
        else:
            lane.tap.rate = rate
        return lane.tap

    def _set(self, operator: str, lane: Lane, caution: Caution | None) -> None:
        lane.caution = caution
        if caution:
            self._cautious.add(operator)
        else:
            self._cautious.discard(operator)

    def _used(self, lane: Lane, now: float, *, counted: bool) -> Used:
        """Return what all workers used together, as far as one of them can tell."""
        passed = now - lane.begun_from
        rate = self.submitters * lane.begun / passed if lane.begun and passed >= _TEMPO_FROM else None
        most = min(self._capacity, lane.agreed.in_flight or self._capacity)
        in_flight = min(lane.in_flight * self.submitters, most) if counted else most
        return Used(in_flight, rate, most)

    def _age(self, now: float) -> None:
        for operator in list(self._cautious):
            lane = self._lanes[operator]
            if lane.caution:
                self._set(operator, lane, aged(lane.caution, now))

    def _permits_asked(self) -> dict[str, PermitsAsked]:
        taps = {f"relay:{name}": tap for name, tap in self._taps.items()}
        taps |= {f"operator:{name}": lane.tap for name, lane in self._lanes.items() if lane.tap}
        asked = {}
        for name, tap in taps.items():
            want = math.ceil(tap.burst) if tap.is_wanted else 0
            if want or tap.permits:
                asked[name] = PermitsAsked(tap.rate, tap.burst, want, tap.permits)
            # Out of hand while the exchange is under way, or they could be used and given back.
            tap.permits, tap.is_wanted = 0.0, False
        return asked

    def _places_asked(self) -> dict[str, PlacesAsked]:
        asked = {}
        for operator, lane in self._lanes.items():
            limit = lane.limits.in_flight
            if limit is not None:
                want = limit if lane.was_refused else min(lane.peak, limit)
                asked[operator] = PlacesAsked(limit, want, lane.in_flight)
                lane.places = min(lane.places, lane.in_flight)
            lane.peak, lane.was_refused = lane.in_flight, False
        return asked

    def _receive(self, told: Told, now: float) -> dict[str, Change]:
        """Take what was granted and learn what others did. Return what they should learn, by operator."""
        is_reunion = self._terms.is_lost or told.epoch != self._terms.epoch
        if self._terms.is_lost:
            _log.info("throttle_together")
        self._terms = _Terms(told.epoch, now)
        offset = told.now - now
        for name, tap in self._taps.items():
            tap.permits = told.permits.get(f"relay:{name}", 0)
        for name, lane in self._lanes.items():
            lane.places = told.places.get(name, 0)
            if lane.tap:
                lane.tap.permits = told.permits.get(f"operator:{name}", 0)
        changes = {}
        for operator in set(told.learnt) | self._cautious:
            lane, raw = self._lane(operator), told.learnt.get(operator, "")
            read = read_back(raw)
            # Redis forgot, or could not be told: what this worker knows counts as much as what stands there.
            mine = lane.caution and moved(lane.caution, offset)
            new = learnt_from(stricter(read, mine), told.now) if is_reunion else learnt_from(read, told.now, lane)
            self._set(operator, lane, new and moved(new, -offset))
            change = Change((raw, written_of(new)), lane.warning, lane.accepted)
            if new == read:
                lane.forget(change)
            else:
                changes[operator] = change
        self._tidy()
        return changes

    def _agree(self, changes: Mapping[str, Change], written: Iterable[str]) -> None:
        """Forget what the others know now; what another worker wrote first is tried again next time."""
        for operator in written:
            if operator in self._lanes:
                self._lanes[operator].forget(changes[operator])

    def _tidy(self) -> None:
        for operator in [name for name, lane in self._lanes.items() if lane.is_idle]:
            del self._lanes[operator]

    def _lose(self, error: Exception, now: float) -> None:
        if not self._terms.is_lost:
            _log.warning("throttle_alone", error=type(error).__name__)
        self._terms.is_lost, self._terms.retry_at = True, now + STALE
        self._age(now)
