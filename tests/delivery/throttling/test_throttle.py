"""One worker's throttle by itself: at once, within its part of every limit."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.delivery.outcome import receipt_for
from newsletter.delivery.smtp.relay import Relay, Tls
from newsletter.delivery.throttling.operator_rules import GROW_AFTER, GROW_AFTER_MESSAGES, ROUND, STOP, Limits
from newsletter.delivery.throttling.shared import SharedThrottle
from newsletter.delivery.throttling.throttle import Throttle

PLAIN = Relay("relay.example", 25, Tls.IF_OFFERED)
OK = receipt_for(1, 250, "2.0.0 queued")
BUSY = receipt_for(1, 421, "4.7.0 Try again later")
FLOOD = receipt_for(1, 421, "4.7.28 unusual rate")


def limited(rate: float) -> Relay:
    return Relay("relay.example", 25, Tls.IF_OFFERED, rate=rate)


def begin_all(throttle: Throttle, relay: Relay, operator: str, now: float) -> int:
    """Begin messages until the throttle says to wait; return how many."""
    begun = 0
    while begun < 10_000 and not throttle.wait_for(relay, operator, now):
        begun += 1
    return begun


def test_without_limits_it_is_free() -> None:
    """Nothing configured and nothing learnt: every message may begin."""
    throttle = Throttle([PLAIN], {})
    assert throttle.is_free
    assert 10_000 == begin_all(throttle, PLAIN, "google", 0.0)
    assert throttle.is_free


def test_idle_operators_cost_no_memory() -> None:
    """Domains by the hundred thousand leave nothing behind."""
    throttle = Throttle([PLAIN], {})
    for number in range(100):
        throttle.wait_for(PLAIN, f"d{number}.example", 0.0)
        throttle.ended(f"d{number}.example", OK, 0.1)
    assert not throttle._lanes


def test_an_operator_is_given_so_many_at_once() -> None:
    """Places come back as messages end, whatever came of them; other operators are not held."""
    throttle = Throttle([PLAIN], {"google": Limits(3)})
    assert not throttle.is_free
    assert 3 == begin_all(throttle, PLAIN, "google", 0.0)
    assert 10_000 == begin_all(throttle, PLAIN, "yahoo", 0.0)
    for receipt in (OK, None, receipt_for(1, 550, "5.1.1 unknown")):
        throttle.ended("google", receipt, 0.1)
    assert 3 == begin_all(throttle, PLAIN, "google", 0.2)


def test_alone_it_keeps_to_its_part() -> None:
    """A worker that cannot speak to the others takes its part, and one place at least."""
    assert 5 == begin_all(Throttle([PLAIN], {"google": Limits(20)}, submitters=4), PLAIN, "google", 0.0)
    assert 1 == begin_all(Throttle([PLAIN], {"google": Limits(2)}, submitters=4), PLAIN, "google", 0.0)


def test_a_published_limit_holds_where_it_can_be_reached() -> None:
    """Microsoft's 500 bind only an installation that could go above them, and never loosen the operator's own."""
    wide = Relay("relay.example", 25, Tls.IF_OFFERED, connections=400)
    assert Throttle([wide], {}).is_free
    assert 500 == begin_all(Throttle([wide, PLAIN], {}, submitters=2), wide, "microsoft", 0.0) * 2
    assert 20 == begin_all(
        Throttle([wide, PLAIN], {"microsoft": Limits(40)}, submitters=2), wide, "microsoft", 0.0
    )


@given(
    st.floats(0.5, 500),
    st.integers(1, 4),
    st.lists(st.tuples(st.floats(0, 3), st.integers(0, 400)), max_size=40),
)
def test_a_rate_is_never_exceeded(rate: float, submitters: int, asks: list[tuple[float, int]]) -> None:
    """From any moment to any later one, no more begins than the part of the rate and half a second's burst."""
    relay, now, begun = limited(rate), 0.0, list[float]()
    throttle = Throttle([relay], {}, submitters=submitters)
    for pause, messages in asks:
        now += pause
        begun += [now for _ in range(messages) if not throttle.wait_for(relay, "google", now)]
    most = rate / submitters
    burst = max(1.0, rate * 0.5 / submitters) + 1e-6
    assert all(
        later - first <= most * (begun[later - 1] - begun[first]) + burst + 1e-6
        for first in range(0, len(begun), 7)
        for later in range(first + 1, len(begun) + 1, 11)
    )


@settings(max_examples=20)
@given(st.floats(0.5, 200))
def test_a_rate_is_reached(rate: float) -> None:
    """Whoever asks again when told to gets the rate."""
    relay, now, begun = limited(rate), 0.0, 0
    throttle = Throttle([relay], {})
    seconds = max(20.0, 20 / rate)
    while now < seconds:
        wait = throttle.wait_for(relay, "google", now)
        assert 0 <= wait <= 0.25
        begun, now = (begun + 1, now) if not wait else (begun, now + wait)
    assert 0.9 * rate * seconds <= begun + 1


@given(
    st.integers(1, 50),
    st.lists(st.tuples(st.sampled_from("bbbokn"), st.floats(0, 20)), max_size=80),
)
def test_places_are_never_exceeded(limit: int, steps: list[tuple[str, float]]) -> None:
    """Begin, end, be refused, give back, in any order: never more in flight than the limit."""
    throttle, flying, now = Throttle([PLAIN], {"google": Limits(limit)}), 0, 0.0
    for step, pause in steps:
        now += pause
        if step == "b":
            flying += begin_all(throttle, PLAIN, "google", now)
        elif flying:
            throttle.ended("google", {"o": OK, "k": BUSY, "n": None}[step], now)
            flying -= 1
        assert flying <= limit


def test_a_refusal_limits_only_its_operator() -> None:
    """After a refusal one operator pauses and then has half; the others never wait."""
    throttle = Throttle([PLAIN], {})
    for _ in range(8):
        assert not throttle.wait_for(PLAIN, "google", 0.0)
    for _ in range(8):
        throttle.ended("google", BUSY, 0.5)
    assert not throttle.is_free
    assert ROUND == throttle.wait_for(PLAIN, "google", 0.5)
    assert 4 == begin_all(throttle, PLAIN, "google", 0.5 + ROUND)
    assert not throttle.wait_for(PLAIN, "yahoo", 1.0)


def test_a_flood_closes_the_operator() -> None:
    """4.7.28 closes it for ten minutes; then one message at a time."""
    throttle = Throttle([PLAIN], {})
    assert 0.0 == throttle.wait_for(PLAIN, "google", 0.0)
    throttle.ended("google", FLOOD, 0.0)
    assert STOP == throttle.wait_for(PLAIN, "google", 0.0)
    assert 0.5 == throttle.wait_for(PLAIN, "google", STOP - 0.5)
    assert 1 == begin_all(throttle, PLAIN, "google", STOP)


def test_a_measured_rate_is_halved_too() -> None:
    """An operator refused while its rate was known goes on at half of it."""
    throttle = Throttle([PLAIN], {})
    for tick in range(200):
        assert not throttle.wait_for(PLAIN, "google", tick / 100)
        throttle.ended("google", BUSY if tick == 199 else OK, tick / 100)
    begun = 0
    for tick in range(700, 1700):
        if not throttle.wait_for(PLAIN, "google", tick / 100):
            begun += 1
            throttle.ended("google", None, tick / 100)
    assert 400 <= begun <= 540


def test_a_message_that_was_not_counted_can_warn() -> None:
    """While all is free nothing is counted, and still a refusal closes its operator."""
    throttle = Throttle([PLAIN], {})
    throttle.ended("google", FLOOD, 0.0, counted=False)
    assert STOP == throttle.wait_for(PLAIN, "google", 0.0)
    assert not throttle._lanes["google"].in_flight


def test_a_connection_closed_without_a_word_is_no_refusal() -> None:
    """What Yahoo does after some messages, and anything else given back, teaches nothing."""
    throttle = Throttle([PLAIN], {})
    assert not throttle.wait_for(PLAIN, "yahoo", 0.0)
    throttle.ended("yahoo", None, 1.0)
    assert throttle.is_free


def test_it_becomes_free_again() -> None:
    """With good replies alone the caution wears off; without any mail it does so in an hour."""
    throttle = Throttle([PLAIN], {}, shared=SharedThrottle(""))
    throttle.ended("google", BUSY, 0.0, counted=False)
    throttle.ended("firm.example", BUSY, 0.0, counted=False)
    now = ROUND
    while throttle._lanes.get("google"):
        now += GROW_AFTER / GROW_AFTER_MESSAGES
        assert now < 300
        if not throttle.wait_for(PLAIN, "google", now):
            throttle.ended("google", OK, now + 0.01)
    assert not throttle.is_free
    asyncio.run(throttle.share(4000.0))
    assert throttle.is_free
