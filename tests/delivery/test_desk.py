"""The desk: what is given out to whom, and what is on record before anything leaves."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from newsletter.delivery.accounting.journal import HEADER, Trace, read_journal
from newsletter.delivery.accounting.ledger import Claim, Due
from newsletter.delivery.desk import BEHIND, Brakes, Counter, EditionDesk
from newsletter.delivery.line import Page
from newsletter.delivery.outcome import Receipt, receipt_for
from newsletter.delivery.smtp.relay import Relay, Tls
from newsletter.delivery.throttling.breaker import Breaker
from newsletter.delivery.throttling.operator_rules import Limits
from newsletter.delivery.throttling.throttle import Throttle
from newsletter.delivery.transport import Envelope
from newsletter.edition.store import Wish
from newsletter.errors import ContentError, LeaseLostError

RELAY = Relay("relay.example", 25, Tls.IF_OFFERED)
OTHER = Relay("other.example", 25, Tls.IF_OFFERED)


@dataclass
class Notebook:
    """A journal in memory, which may be torn away."""

    raw: bytes = b""
    is_gone: bool = False
    writes: int = 0

    def write(self, records: bytes) -> None:
        self.writes += 1
        if self.is_gone:
            raise LeaseLostError("It was taken over.")
        self.raw += records

    def close(self, *, keep: bool) -> None:
        self.is_gone = not keep

    @property
    def traces(self) -> dict[int, Trace]:
        return dict(read_journal(HEADER + self.raw).traces)


@dataclass
class Said:
    """What must stop, as far as anybody said."""

    editions: set[int] = field(default_factory=set)
    subscriptions: set[int] = field(default_factory=set)
    is_deaf: bool = False


@dataclass
class Counterfeit:
    """An edition's desk with all that it leans on."""

    limits: dict[str, Limits] = field(default_factory=dict)
    allowances: dict[str, int] = field(default_factory=dict)
    stops: Said = field(default_factory=Said)
    notebook: Notebook = field(default_factory=Notebook)
    composed: list[int] = field(default_factory=list)
    unwritable: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        counter = Counter(7, "daily", "bounces+{}@paper.example".format, 1000, self.compose)
        self.throttle = Throttle([RELAY, OTHER], self.limits)
        self.desk = EditionDesk(counter, Brakes(self.stops, self.throttle, Breaker(), self.allowances))

    def compose(self, subscription_id: int, address: str, wish: Wish) -> bytes:
        """Compose a message, having looked at what is on record by then."""
        assert subscription_id in self.notebook.traces, "composing may kill: it must be known for whom"
        self.composed.append(subscription_id)
        if subscription_id in self.unwritable:
            raise ContentError("It cannot be written.")
        return f"To: {address}\r\n{wish.language}".encode()

    def lay_out(self, **operators: Sequence[int]) -> Page:
        """Give the desk a page: by operator, readers whose number is their delivery's and their subscription's."""
        waiting = {name: deque(reader(each) for each in numbers) for name, numbers in operators.items()}
        page = Page(Claim(1, 7, 1, 100, 1, "one"), self.notebook, waiting)
        self.desk.line.add(page)
        return page

    def take_all(self, relay: Relay = RELAY) -> list[Envelope]:
        """Take whatever is given out now."""
        taken = []
        while (envelope := self.desk.take(relay)) is not None:
            taken.append(envelope)
        return taken

    def numbers(self, relay: Relay = RELAY) -> list[int]:
        """Take whatever is given out now, and return the deliveries."""
        return [each.delivery_id for each in self.take_all(relay)]


def reader(number: int, open_gates: int = 0) -> Due:
    """Return a reader who waits."""
    return Due(number, number, f"reader{number}@example.org", 2, open_gates)


def accepted(number: int) -> Receipt:
    """Return the receipt of a message that the relay took."""
    return receipt_for(number, 250, "2.0.0 kept")


def test_a_message_from_its_taking_to_its_receipt() -> None:
    """Who is in hand, whose text leaves and what came of it are each on record at the commit that follows."""
    made = Counterfeit()
    page = made.lay_out(google=[1])
    (envelope,) = made.take_all()
    assert Envelope(1, "bounces+1@paper.example", "reader1@example.org", 1000) == envelope
    assert b"To: reader1@example.org\r\n" == made.desk.begin(envelope)
    assert {1: Trace(2)} == made.notebook.traces
    made.desk.commit()
    assert {1: Trace(2, is_begun=True)} == made.notebook.traces
    assert not page.is_over
    made.desk.settle(accepted(1))
    made.desk.commit()
    assert {1: Trace(2, True, accepted(1))} == made.notebook.traces
    assert [(accepted(1), 2, RELAY.name)] == [(each.receipt, each.attempts, each.relay) for each in page.outcomes]
    assert page.is_over
    assert 1 == made.desk.settled


def test_one_write_for_all_that_one_turn_did() -> None:
    """However many messages are taken and settled between two commits, the journal is written once."""
    made = Counterfeit()
    made.lay_out(google=range(1, 9))
    made.take_all()
    made.desk.commit()
    for number in range(1, 9):
        made.desk.settle(accepted(number))
    made.desk.commit()
    made.desk.commit()
    assert 2 == made.notebook.writes
    assert 8 == sum(trace.receipt is not None for trace in made.notebook.traces.values())


@pytest.mark.parametrize(("said", "behind"), [("", {}), ("421 go away", {1: BEHIND})])
def test_what_is_given_back(said: str, behind: dict[int, timedelta]) -> None:
    """It is off the record, and waits behind the others where the relay hung up at it."""
    made = Counterfeit()
    page = made.lay_out(google=[1])
    (envelope,) = made.take_all()
    made.desk.begin(envelope)
    made.desk.give_back(envelope, said)
    made.desk.commit()
    assert {} == made.notebook.traces
    assert behind == page.behind
    assert page.is_over
    assert 0 == made.desk.settled


def test_a_message_that_cannot_be_written() -> None:
    """It is noted as such and not begun, and the next one is."""
    made = Counterfeit(unwritable={1})
    page = made.lay_out(google=[1, 2])
    bad, good = made.take_all()
    assert made.desk.begin(bad) is None
    made.desk.give_back(bad, "")
    assert made.desk.begin(good)
    made.desk.commit()
    assert [1] == page.poisonous
    assert {2: Trace(2, is_begun=True)} == made.notebook.traces


def test_a_reader_who_must_stop() -> None:
    """Said before the taking, the reader is not given out; said after, the text is not."""
    made = Counterfeit()
    page = made.lay_out(google=[1, 2, 3])
    made.stops.subscriptions.add(1)
    envelopes = made.take_all()
    assert [2, 3] == [each.delivery_id for each in envelopes]
    made.stops.subscriptions.add(2)
    assert made.desk.begin(envelopes[0]) is None
    assert made.desk.begin(envelopes[1])
    assert [3] == made.composed
    assert 2 == page.in_hand


def test_an_edition_that_must_stop() -> None:
    """A pause heard of keeps back what waits, and what was taken and not begun."""
    made = Counterfeit()
    made.lay_out(google=[1, 2])
    envelope = made.desk.take(RELAY)
    assert envelope
    made.stops.editions.add(7)
    assert made.desk.is_closed
    assert made.desk.begin(envelope) is None
    assert [] == made.take_all()


def test_a_desk_that_is_closed() -> None:
    """Nothing more is given out or begun, and its pages are over once what is in hand is."""
    made = Counterfeit()
    page = made.lay_out(google=[1, 2])
    envelope = made.desk.take(RELAY)
    assert envelope
    made.desk.begin(envelope)
    made.desk.close()
    assert (0, []) == (made.desk.line.left, made.take_all())
    assert not page.is_over
    made.desk.settle(accepted(1))
    assert page.is_over


def test_what_may_have_killed_a_worker_goes_alone() -> None:
    """It waits until nothing else is in hand, and nothing else is given out while it is."""
    made = Counterfeit()
    page = made.lay_out(google=[1])
    page.waiting["google"].extend([reader(2, open_gates=1), reader(3, open_gates=2)])
    assert [1] == made.numbers()
    made.desk.settle(accepted(1))
    assert [2] == made.numbers()
    page.waiting["yahoo"] = deque([reader(4)])
    assert [] == made.numbers()
    made.desk.settle(accepted(2))
    assert [3] == made.numbers()
    made.desk.settle(accepted(3))
    assert [4] == made.numbers()


def test_pages_are_served_in_turn() -> None:
    """A second page is given out once nothing of the first waits."""
    made = Counterfeit()
    made.lay_out(google=[1, 2])
    made.lay_out(google=[3])
    assert 3 == made.desk.line.left
    assert [1, 2, 3] == made.numbers()
    assert 0 == made.desk.line.left


def test_an_operator_who_asks_for_patience_holds_up_nobody_else() -> None:
    """Where one operator's places are taken, the next operator's readers are given out."""
    made = Counterfeit(limits={"google": Limits(in_flight=1)})
    page = made.lay_out(google=[1, 2], yahoo=[3])
    assert [1, 3] == made.numbers()
    assert 0 < made.desk.line.seconds_to_wait() < 60
    made.desk.settle(accepted(1))
    assert [2] == made.numbers()
    assert page.waiting == {}


def test_a_desk_that_hears_nothing_gives_out_nothing() -> None:
    """While the database does not answer nothing is begun, and the refusal is remembered for when it does."""
    made = Counterfeit()
    made.lay_out(x=[1, 2])
    envelope = made.desk.take(RELAY)
    assert envelope
    made.stops.is_deaf = True
    assert (None, None) == (made.desk.take(RELAY), made.desk.begin(envelope))
    assert made.desk.line.was_refused
    made.stops.is_deaf = False
    assert made.desk.begin(envelope)
    assert made.desk.take(RELAY)


def test_a_flood_at_one_operator_gives_its_readers_up() -> None:
    """Told to slow down, the desk parts with that operator's readers for as long, and with nobody else's."""
    made = Counterfeit()
    page = made.lay_out(google=[1, 2, 3], yahoo=[4])
    envelope = made.desk.take(RELAY)
    assert envelope
    made.desk.settle(receipt_for(1, 421, "4.7.28 unusual rate"))
    assert [4] == made.numbers()
    made.desk.line.part_with_throttled()
    assert {2, 3} == set(page.behind)
    assert all(pause > timedelta(seconds=1) for pause in page.behind.values())


def test_relays_that_serve_another_newsletter() -> None:
    """A connection to a relay that is not for this newsletter gets nothing."""
    made = Counterfeit()
    made.lay_out(google=[1])
    assert [] == made.numbers(Relay("relay.example", 25, Tls.IF_OFFERED, newsletters=frozenset({"weekly"})))
    assert [1] == made.numbers(Relay("relay.example", 25, Tls.IF_OFFERED, newsletters=frozenset({"daily"})))


def test_a_relay_being_warmed_up() -> None:
    """It is given no more than it may still take today; what it did not take is not counted."""
    made = Counterfeit(allowances={RELAY.name: 2})
    made.lay_out(google=[1, 2, 3, 4])
    first, second = made.take_all()
    made.desk.give_back(first, "")
    made.desk.settle(accepted(second.delivery_id))
    assert [3] == made.numbers()
    assert [4] == made.numbers(OTHER)


def test_a_journal_that_is_gone() -> None:
    """Refused once, the desk gives out nothing more, and never writes to that journal again."""
    made = Counterfeit()
    made.lay_out(google=[1, 2])
    first, second = made.take_all()
    made.desk.begin(first)
    made.notebook.is_gone = True
    with pytest.raises(LeaseLostError):
        made.desk.commit()
    assert made.desk.is_lost
    made.notebook.is_gone = False
    before = made.notebook.raw
    with pytest.raises(LeaseLostError):
        made.desk.commit()
    assert made.desk.begin(second) is None
    assert before == made.notebook.raw


def test_a_disk_that_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the system is a journal that is gone: nothing is begun without a record."""
    made = Counterfeit()
    made.lay_out(google=[1])
    (envelope,) = made.take_all()

    def fill(_: Notebook, records: bytes) -> None:
        raise OSError(28, "No space left on device", records)

    monkeypatch.setattr(Notebook, "write", fill)
    with pytest.raises(LeaseLostError, match="No space"):
        made.desk.begin(envelope)
    assert [] == made.composed


def test_refusals_of_ours_close_the_desk() -> None:
    """When the breaker trips, its reason is kept and nothing more is given out."""
    made = Counterfeit()
    made.lay_out(google=range(1, 40))
    for number in range(1, 40):
        if made.desk.tripped:
            break
        assert made.desk.take(RELAY)
        made.desk.settle(receipt_for(number, 550, "5.7.1 You are blocked"))
    assert made.desk.tripped
    assert "You are blocked" in made.desk.tripped
    assert made.desk.is_closed
    assert [] == made.take_all()
