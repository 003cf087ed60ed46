"""The line: who is next."""

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta

from newsletter.delivery.accounting.journal import Journal
from newsletter.delivery.accounting.ledger import Claim, Due
from newsletter.delivery.line import MOST_ASKED, PARTED, Line, Page
from newsletter.delivery.smtp.relay import Relay, Tls
from newsletter.delivery.throttling.operator_rules import Limits
from newsletter.delivery.throttling.throttle import Throttle

RELAY = Relay("relay.example", 25, Tls.IF_OFFERED)
SLOW = Relay("slow.example", 25, Tls.IF_OFFERED, rate=1)


class NoJournal:
    """Nothing is written here."""

    def write(self, records: bytes) -> None:
        raise AssertionError(records)

    def close(self, *, keep: bool) -> None:
        raise AssertionError(keep)


@dataclass
class Said:
    """What must stop, as far as anybody said."""

    editions: set[int] = field(default_factory=set)
    subscriptions: set[int] = field(default_factory=set)
    is_deaf: bool = False


def page(**operators: list[int]) -> Page:
    """Return a page of readers by operator, each known by one number."""
    journal: Journal = NoJournal()
    waiting = {
        name: deque(Due(each, each, f"{each}@x.example", 0, 0) for each in ids) for name, ids in operators.items()
    }
    return Page(Claim(1, 1, 1, 100, 1, "one"), journal, waiting)


def line(*pages: Page, relay: Relay = RELAY, stops: Said | None = None, **limits: Limits) -> Line:
    """Return a line in which these pages stand."""
    made = Line(stops or Said(), Throttle([relay], limits))
    for each in pages:
        made.add(each)
    return made


def called(made: Line, relay: Relay = RELAY, most: int = 100) -> list[int]:
    """Call until nobody comes."""
    numbers: list[int] = []
    while len(numbers) < most and (one := made.call(relay, is_idle=not numbers)):
        numbers.append(one.due.delivery_id)
    return numbers


def test_page_by_page() -> None:
    """Readers come in their order, one page after another, and the line knows how many are left."""
    made = line(page(a=[1, 2], b=[3]), page(a=[4]))
    assert [1, 2] == called(made, most=2)
    assert 2 == made.left
    assert [3, 4] == called(made)
    assert (0, False) == (made.left, made.was_refused)


def test_whoever_left_is_not_called() -> None:
    """Readers of whom something was heard are let go, and counted as gone."""
    made = line(page(a=[1, 2, 3], b=[4]), stops=Said(subscriptions={1, 3, 4}))
    assert [2] == called(made)
    assert 0 == made.left


def test_an_operator_that_is_full_holds_up_nobody_else() -> None:
    """While one operator's place is taken, others are called, and the refusal is remembered until it is free."""
    made = line(page(google=[1, 2], b=[3]), google=Limits(in_flight=1))
    assert [1, 3] == called(made)
    assert (True, 0) == (made.was_refused, made.ready())
    made._throttle.ended("google", None, made._now())
    made.ask_again("google")
    assert [2] == called(made)


def test_a_relay_that_is_slow_does_not_have_every_operator_asked() -> None:
    """With a thousand operators behind a relay that takes one message a second, few are asked for one call."""
    made = line(page(**{f"o{number}": [number] for number in range(1000)}), relay=SLOW)
    assert [] == called(made, SLOW), "its first permit has yet to come"
    assert 0 < len(made._retry_at) <= MOST_ASKED


def test_those_who_would_wait_long_are_given_back() -> None:
    """At the end, readers held back for their operator go behind the others, so that other batches come first."""
    one = page(google=[1, 2], b=[3])
    made = line(one, google=Limits(in_flight=1))
    called(made)
    made.clear()
    assert {2: timedelta(seconds=PARTED)} == one.behind
    assert (0, {}) == (made.left, one.waiting)
