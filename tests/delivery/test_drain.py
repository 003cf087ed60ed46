"""The drain: everybody is mailed once, whatever the relay, the database and the readers do meanwhile."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.addressed import read_addressed
from newsletter.delivery import control
from newsletter.delivery.accounting.journal_files import FileJournal
from newsletter.delivery.accounting.ledger import Ledger
from newsletter.delivery.drain import Drained, Way, drain
from newsletter.delivery.messages.composer import Composer, compose_copy, load_copy
from newsletter.delivery.outcome import ReceiptKind
from newsletter.delivery.plan import Slicing
from newsletter.delivery.reconcile import reconcile
from newsletter.delivery.smtp.client import SmtpTransport
from newsletter.delivery.smtp.relay import Relay, Tls
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import relay_day
from newsletter.delivery.throttling.operator import KnownOperators
from newsletter.delivery.throttling.throttle import Throttle
from newsletter.delivery.transport import MemoryTransport, Message
from newsletter.errors import ContentError, LeaseLostError, NotFoundError, RelayError
from newsletter.readers.pauses import pause
from newsletter.readers.tables import SubscriptionState, subscriber, subscription
from newsletter.tokens import Purpose
from tests.delivery.mail import mailed, memory, over, parse, text_of
from tests.delivery.press import NOW, ORIGIN, Press
from tests.delivery.scripted_relay import CLOSE, Moment, ScriptedRelay

READERS = ["ann", "bo", "cy", "dee", "eve"]
ALL = [f"{name}@example.org" for name in READERS]


def slowly(press: Press, do: Callable[[str], None]) -> None:
    """Let something happen at each message that the relay takes."""

    def answer(message: Message) -> tuple[int, str]:
        do(message.envelope_to)
        return 250, "2.0.0 kept"

    memory(press).answer = answer


@contextmanager
def relay_of(press: Press, relay: ScriptedRelay, **wishes: object) -> Iterator[None]:
    """Let the mail go over a relay."""
    press.transport = over(relay, **wishes)
    try:
        yield
    finally:
        press.transport.close()


@contextmanager
def under_way(press: Press, edition_id: int) -> Iterator["Running"]:
    """Let another thread drain an edition; the test does something meanwhile."""
    running = Running(press, edition_id)
    try:
        yield running
    finally:
        running.is_over.set()
        running.pool.shutdown()


@contextmanager
def held_after(
    press: Press, relay: ScriptedRelay, edition_id: int, kept: int
) -> Iterator[tuple["Running", threading.Event]]:
    """Drain over one connection until the relay has kept so many; it holds its reply back until it is let go."""
    let_go = threading.Event()

    def decide(moment: Moment) -> str | None:
        if moment.step == "reply" and len(relay.kept) == kept:
            let_go.wait(20)
        return None

    relay.decide = decide
    with relay_of(press, relay, connections=1, pipelining=False), under_way(press, edition_id) as running:
        until(lambda: len(relay.kept) == kept)
        yield running, let_go


class Running:
    """A drain in another thread."""

    def __init__(self, press: Press, edition_id: int) -> None:
        self.pool = ThreadPoolExecutor(1)
        self.is_over = threading.Event()
        way = Way(press.ledger(), Throttle(press.transport.relays, {}), KnownOperators(), 1)
        copies = press.copies(edition_id)
        self._future = self.pool.submit(drain, press.post, way, copies, lambda: not self.is_over.is_set())

    def result(self) -> Drained:
        """Wait for its end."""
        return self._future.result(timeout=20)


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, for as long as a slow machine may need."""
    ends_at = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < ends_at, "it never came"
        time.sleep(0.01)


# Who is mailed, and what.


def test_everybody_is_mailed_once(press: Press) -> None:
    """One message for each reader, from the newsletter's sender to the reader alone."""
    edition_id = press.send(*READERS)
    assert Drained(5, had_work=True) == press.submit(edition_id)
    assert ALL == mailed(press)
    assert {"news@paper.example"} == {each.envelope_from for each in memory(press).submitted}
    assert {DeliveryState.ACCEPTED: 5} == press.counts(edition_id)
    assert Drained(0, had_work=False) == press.submit(edition_id)


def test_each_message_is_its_readers_own(press: Press) -> None:
    """Address, link and Message-ID differ from reader to reader; the link leads to that reader's subscription."""
    edition_id = press.send("ann", "bo")
    press.submit(edition_id)
    messages = [parse(each.content) for each in memory(press).submitted]
    assert ["ann@example.org", "bo@example.org"] == [each["To"] for each in messages]
    assert 2 == len({each["Message-ID"] for each in messages})
    for message, row in zip(messages, press.rows(edition_id), strict=True):
        token = message["List-Unsubscribe"].strip("<>").rpartition("/")[2]
        assert row.subscription_id == press.tokens.read(token, Purpose.UNSUBSCRIBE, NOW)[0]
        for kind in ("plain", "html"):
            assert token in text_of(message, kind)


def test_reports_come_back_by_the_delivery(press: Press) -> None:
    """Where mail comes back to us, each envelope sender names its own delivery; else all name the newsletter's."""
    press.submit(press.send("ann"))
    press.inbound_domain = "back.paper.example"
    press.add_readers("bo", "cy")
    edition_id = press.make_ready([], date(2026, 3, 3))
    press.start(edition_id)
    press.submit(edition_id)
    first, *others = memory(press).submitted
    assert press.newsletter.sender_address == first.envelope_from
    found = [read_addressed(each.envelope_from, press.tokens, Purpose.BOUNCE, NOW) for each in others]
    assert [row.id for row in press.rows(edition_id)] == [delivery_id for delivery_id, _ in found]
    assert [row.id for row in press.rows(edition_id)] == [each.delivery_id for each in others]


def test_a_copy_is_the_same_to_the_byte(press: Press) -> None:
    """Composed again, at any time, by any process, a reader's message is the very same."""
    edition_id = press.send("ann")
    (row,) = press.rows(edition_id)
    press.submit(edition_id)
    (first,) = memory(press).submitted
    assert first.content == compose_copy(
        press.post, press.copy(edition_id), row.subscription_id, "ann@example.org"
    )


def test_no_copy_before_the_edition_is_ready(press: Press) -> None:
    """An edition without content cannot be submitted."""
    with pytest.raises(NotFoundError):
        load_copy(press.post, 99)


def test_several_pages(press: Press) -> None:
    """An audience of several batches is mailed in one go, in order, and nobody twice."""
    press.slicing = Slicing(batch_size=10)
    names = [f"reader{number:02}" for number in range(35)]
    edition_id = press.send(*names)
    assert 35 == press.submit(edition_id).settled
    assert [f"{name}@example.org" for name in names] == mailed(press)
    assert {DeliveryState.ACCEPTED: 35} == press.counts(edition_id)


@pytest.mark.parametrize("wishes", [{"connections": 1}, {"connections": 8}, {"connections": 2, "chunks": 3}])
def test_over_many_connections(press: Press, relay: ScriptedRelay, wishes: dict[str, int]) -> None:
    """However many connections share the work, each reader has one message, and it is that reader's."""
    press.slicing = Slicing(batch_size=10)
    names = [f"reader{number:02}" for number in range(35)]
    edition_id = press.send(*names)
    with relay_of(press, relay, **wishes):
        assert 35 == press.submit(edition_id).settled
    assert sorted(f"{name}@example.org" for name in names) == sorted(relay.recipients())
    assert all(each.recipient == parse(each.content)["To"] for each in relay.kept)


def test_two_drains_of_one_edition(press: Press) -> None:
    """Tasks that drain together mail everybody once between them."""
    press.slicing = Slicing(batch_size=5)
    edition_id = press.send(*(f"reader{number}" for number in range(40)))
    together = threading.Barrier(3)

    def task(_: int) -> int:
        own = replace(press, transport=MemoryTransport(submitted=memory(press).submitted))
        together.wait()
        return own.submit(edition_id).settled

    with ThreadPoolExecutor(3) as pool:
        assert 40 == sum(pool.map(task, range(3)))
    assert 40 == len(set(mailed(press))) == len(mailed(press))


# What relays answer.


def test_a_refused_reader_stops_nobody(press: Press) -> None:
    """Deferred and failed readers have their receipts, and the rest their mail."""
    replies = {"bo@example.org": (450, "4.2.0 later"), "cy@example.org": (550, "5.1.1 who?")}
    memory(press).answer = lambda message: replies.get(message.envelope_to, (250, "2.0.0 kept"))
    edition_id = press.send(*READERS)
    assert 5 == press.submit(edition_id).settled
    expected = {DeliveryState.ACCEPTED: 3, DeliveryState.DEFERRED: 1, DeliveryState.FAILED: 1}
    assert expected == press.counts(edition_id)


def test_a_relay_that_refuses_everything(press: Press) -> None:
    """The drain stops by itself and says why, long before everybody is refused; the rest is given back."""
    memory(press).answer = lambda _: (550, "5.7.1 You are blocked")
    edition_id = press.send(*(f"reader{number}" for number in range(60)))
    drained = press.submit(edition_id)
    assert drained.tripped
    assert "You are blocked" in drained.tripped
    counts = press.counts(edition_id)
    assert counts[DeliveryState.FAILED] == drained.settled < 30
    assert 60 == counts[DeliveryState.FAILED] + counts[DeliveryState.PENDING]


@pytest.mark.parametrize("step", ["connect", "ehlo", "mail", "rcpt", "data"])
def test_a_relay_that_breaks_off_costs_nobody_an_attempt(press: Press, step: str) -> None:
    """Before the text, whatever the relay does is no reader's fault: everything is given back as it was."""
    edition_id = press.send(*READERS)
    with ScriptedRelay(lambda moment: CLOSE if moment.step == step else None) as relay:
        with relay_of(press, relay):
            drained = press.submit(edition_id)
            assert isinstance(drained.trouble, RelayError)
        assert {(DeliveryState.PENDING, 0, 0)} == {
            (row.state, row.attempts, row.open_gates) for row in press.rows(edition_id)
        }
        relay.decide = lambda _: None
        press.make_due(edition_id)
        with relay_of(press, relay):
            assert 5 == press.submit(edition_id).settled
    assert set(ALL) == set(relay.recipients())


def test_a_reader_at_whom_the_relay_hangs_up_does_not_hold_up_the_others(press: Press) -> None:
    """Whoever the relay cannot bear waits behind the others, and costs them nothing."""
    edition_id = press.send(*READERS)
    hated = "bo@example.org"

    def decide(moment: Moment) -> str | None:
        return CLOSE if (moment.step, moment.argument) == ("rcpt", hated) else None

    with ScriptedRelay(decide) as relay:
        for _ in range(5):
            with relay_of(press, relay):
                press.submit(edition_id)
        assert {DeliveryState.PENDING: 1, DeliveryState.ACCEPTED: 4} == press.counts(edition_id)
    assert set(ALL) - {hated} == set(relay.recipients())


def test_a_lost_final_reply(press: Press) -> None:
    """The one message is uncertain, everybody else is accepted, and the copy that follows is the same."""
    edition_id = press.send(*READERS)
    lost: list[Moment] = []

    def decide(moment: Moment) -> str | None:
        if (moment.step, moment.argument) != ("reply", "bo@example.org") or lost:
            return None
        lost.append(moment)
        return CLOSE

    with ScriptedRelay(decide) as relay, relay_of(press, relay, connections=1):
        assert 5 == press.submit(edition_id).settled
        assert {DeliveryState.UNCERTAIN: 1, DeliveryState.ACCEPTED: 4} == press.counts(edition_id)
        press.make_due(edition_id)
        assert 1 == press.submit(edition_id).settled
    assert {DeliveryState.ACCEPTED: 5} == press.counts(edition_id)
    first, second = [each for each in relay.kept if each.recipient == "bo@example.org"]
    assert (first.message_id, first.wire) == (second.message_id, second.wire)
    assert [True] == [row.possible_copy for row in press.rows(edition_id) if row.attempts == 2]


def test_a_lost_final_reply_where_copies_are_unwanted(press: Press) -> None:
    """Under ``hold`` the message is never repeated, and the edition can end."""
    edition_id = press.send("ann", "bo")
    with (
        ScriptedRelay(lambda moment: CLOSE if moment.step == "reply" else None) as relay,
        relay_of(press, relay, connections=1),
    ):
        press.submit(edition_id, policy="hold")
        press.make_due(edition_id)
        press.submit(edition_id, policy="hold")
    assert {DeliveryState.HELD: 2} == press.counts(edition_id)
    assert set(ALL[:2]) == set(relay.recipients())
    assert 2 == len(relay.recipients())


# What must stop.


def test_a_pause_takes_hold_within_a_second(press: Press, relay: ScriptedRelay) -> None:
    """Committed by another program while a slow relay is at work, a pause lets no message begin a second later."""
    edition_id = press.send(*(f"reader{number}" for number in range(400)))

    def decide(moment: Moment) -> str | None:
        if moment.step == "text":
            time.sleep(0.05)
        return None

    relay.decide = decide
    with relay_of(press, relay, connections=2), under_way(press, edition_id) as running:
        until(lambda: len(relay.kept) >= 3)
        with press.database.transaction() as connection:
            control.pause(connection, edition_id, "look at this")
        paused_at = time.monotonic()
        drained = running.result()
        assert time.monotonic() < paused_at + 5
    # In hand at that moment: what the two connections had begun and fetched already.
    assert drained.settled < 50
    assert len(relay.kept) == drained.settled
    counts = press.counts(edition_id)
    assert {DeliveryState.PENDING: 400 - drained.settled, DeliveryState.ACCEPTED: drained.settled} == counts
    with press.database.transaction() as connection:
        control.resume(connection, edition_id)
    assert [(0, 0)] == sorted(
        {(row.attempts, row.open_gates) for row in press.rows(edition_id) if row.state == "pending"}
    )


def test_what_a_pause_kept_back_is_free_at_once(press: Press) -> None:
    """Resumed, the edition goes on with whom it had not reached, and nobody is mailed twice."""
    press.slicing = Slicing(batch_size=1)
    edition_id = press.send(*READERS)

    def pause(address: str) -> None:
        if address == "cy@example.org":
            with press.database.transaction() as connection:
                control.pause(connection, edition_id, "look at this")

    slowly(press, pause)
    assert 5 > press.submit(edition_id).settled
    assert Drained(0, had_work=False) == press.submit(edition_id)
    with press.database.transaction() as connection:
        control.resume(connection, edition_id)
    slowly(press, lambda _: None)
    press.submit(edition_id)
    assert ALL == mailed(press)


def waiting_for(press: Press, relay: ScriptedRelay, change: Callable[[], None]) -> Drained:
    """Drain an edition for five readers; after two messages, and before the third may go, something happens."""
    edition_id = press.send(*READERS)
    with held_after(press, relay, edition_id, 2) as (running, held):
        change()
        time.sleep(0.5)
        held.set()
        return running.result()


def test_a_reader_who_leaves_during_the_drain(press: Press, relay: ScriptedRelay) -> None:
    """An unsubscription between the reading of the batch and the reader's turn is honoured, and then recorded."""
    assert 4 == waiting_for(press, relay, lambda: press.unsubscribe(5)).settled
    assert Drained(0, had_work=True) == press.submit(1)
    assert ALL[:4] == relay.recipients()
    assert {DeliveryState.ACCEPTED: 4, DeliveryState.SUPPRESSED: 1} == press.counts(1)


def test_a_reader_who_pauses_during_the_drain(press: Press, relay: ScriptedRelay) -> None:
    """A pause stops what is not begun as leaving does."""

    def rest() -> None:
        with press.database.transaction() as connection:
            pause(connection, 5, None, ORIGIN, NOW)

    assert 4 == waiting_for(press, relay, rest).settled
    assert Drained(0, had_work=True) == press.submit(1)
    assert ALL[:4] == relay.recipients()
    assert {DeliveryState.ACCEPTED: 4, DeliveryState.SUPPRESSED: 1} == press.counts(1)


@pytest.mark.parametrize("state", [SubscriptionState.UNSUBSCRIBED, SubscriptionState.PAUSED])
def test_a_reader_back_from_a_pause_who_thinks_better_of_it(
    press: Press, relay: ScriptedRelay, state: SubscriptionState
) -> None:
    """Who counts as active because a pause has ended, though no tick wrote so, is stopped like everybody else."""
    eve = sa.update(subscription).where(subscription.c.id == press.add_readers(*READERS)[-1])
    with press.database.transaction() as connection:
        over_since = NOW - timedelta(days=1)
        connection.execute(eve.values(state=SubscriptionState.PAUSED, paused_until=over_since))

    def change() -> None:
        with press.database.transaction() as connection:
            connection.execute(eve.values(state=state, paused_until=None))

    waiting_for(press, relay, change)
    assert ALL[:4] == relay.recipients()


def test_a_reader_who_is_erased_during_the_drain(press: Press, relay: ScriptedRelay) -> None:
    """Nothing more goes to somebody who asked to be forgotten."""

    def erase() -> None:
        with press.database.transaction() as connection:
            connection.execute(sa.delete(subscription).where(subscription.c.id == 5))

    waiting_for(press, relay, erase)
    assert ALL[:4] == relay.recipients()
    assert {DeliveryState.ACCEPTED: 4} == press.counts(1)


def test_a_reader_whose_address_changes_during_the_drain(
    press: Press, relay: ScriptedRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message goes to the new address and never to the old one, and whoever comes after is not held up."""
    # Pages are read one by one, so that the first comes back before the others are read.
    monkeypatch.setattr("newsletter.delivery.drain.LOW_WATER", 1)
    press.slicing = Slicing(batch_size=3)

    def change() -> None:
        cy = sa.update(subscriber).where(subscriber.c.canonical_address == "cy@example.org")
        with press.database.transaction() as connection:
            connection.execute(cy.values(address="CY@example.org"))

    assert 5 == waiting_for(press, relay, change).settled
    assert sorted([*ALL[:2], "CY@example.org", *ALL[3:]]) == sorted(relay.recipients())


def test_time_over(press: Press, relay: ScriptedRelay) -> None:
    """When the task's time is over, what it has not begun is free for the next one."""
    edition_id = press.send(*READERS)
    with held_after(press, relay, edition_id, 2) as (running, held):
        running.is_over.set()
        time.sleep(0.5)
        held.set()
        assert 2 == running.result().settled
        assert {DeliveryState.PENDING: 3, DeliveryState.ACCEPTED: 2} == press.counts(edition_id)
        assert 3 == press.submit(edition_id).settled
    assert ALL == relay.recipients()


# What breaks.


def test_a_lease_lost_while_messages_are_under_way(press: Press, relay: ScriptedRelay) -> None:
    """Taken over by another task, a drain begins nothing more, and the last reply that it hears still counts."""
    edition_id = press.send(*READERS)
    with held_after(press, relay, edition_id, 2) as (running, held):
        other = press.ledger()
        # The drain renews its lease each second; as if it had been frozen for longer than that.
        while press.rows(edition_id)[1].state != DeliveryState.UNCERTAIN:
            press.end_leases(edition_id)
            other.recover()
        held.set()
        with pytest.raises(LeaseLostError):
            running.result()
    relay.decide = lambda _: None
    assert ALL[:2] == relay.recipients()
    assert {DeliveryState.ACCEPTED: 2, DeliveryState.PENDING: 3} == press.counts(edition_id)
    press.make_due(edition_id)
    with relay_of(press, relay):
        assert 3 == press.submit(edition_id).settled
    assert ALL == sorted(relay.recipients())
    assert [False, True, False, False, False] == [row.possible_copy for row in press.rows(edition_id)]


def test_a_journal_that_cannot_be_written(
    press: Press, relay: ScriptedRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the disk full nothing more leaves and the drain ends; with room again the others are mailed, once."""
    edition_id = press.send(*READERS)
    write = FileJournal.write

    def fill(journal: FileJournal, records: bytes) -> None:
        if len(relay.kept) >= 2:
            raise OSError(28, "No space left on device")
        write(journal, records)

    with relay_of(press, relay, connections=1, pipelining=False), monkeypatch.context() as full:
        full.setattr(FileJournal, "write", fill)
        with under_way(press, edition_id) as running, pytest.raises(LeaseLostError):
            running.result()
    assert 2 == len(relay.kept)
    press.ledger().recover()
    press.make_due(edition_id)
    with relay_of(press, relay):
        press.submit(edition_id)
    assert {DeliveryState.ACCEPTED: 5} == press.counts(edition_id)
    assert ALL == sorted(relay.recipients())


@pytest.mark.parametrize("error", [ContentError("It cannot be written."), ValueError("no address")])
def test_a_message_that_cannot_be_written(press: Press, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """One reader's message is put aside, and the others are mailed."""
    edition_id = press.send(*READERS)
    message = Composer.message

    def compose(composer: Composer, subscription_id: int, address: str) -> bytes:
        if address == "bo@example.org":
            raise error
        return message(composer, subscription_id, address)

    monkeypatch.setattr(Composer, "message", compose)
    press.submit(edition_id)
    assert [each for each in ALL if each != "bo@example.org"] == mailed(press)
    assert {DeliveryState.ACCEPTED: 4, DeliveryState.QUARANTINED: 1} == press.counts(edition_id)


@pytest.mark.parametrize("connections", [1, 4])
def test_a_mistake_of_ours_in_one_message(
    press: Press, relay: ScriptedRelay, monkeypatch: pytest.MonkeyPatch, connections: int
) -> None:
    """Each drain ends with the mistake; after three that message is put aside, and all others are out."""
    edition_id = press.send(*READERS)
    message = Composer.message

    def compose(composer: Composer, subscription_id: int, address: str) -> bytes:
        if address == "bo@example.org":
            raise KeyError("ours")
        return message(composer, subscription_id, address)

    monkeypatch.setattr(Composer, "message", compose)
    for _ in range(3):
        with relay_of(press, relay, connections=connections), pytest.raises(KeyError, match="ours"):
            press.submit(edition_id)
        press.end_leases(edition_id)
        press.ledger().recover()
        press.make_due(edition_id)
    with relay_of(press, relay, connections=connections):
        press.submit(edition_id)
    assert {DeliveryState.ACCEPTED: 4, DeliveryState.QUARANTINED: 1} == press.counts(edition_id)
    copies = sum(row.possible_copy for row in press.rows(edition_id))
    assert 4 <= len(relay.recipients()) <= 4 + copies


POISON = """
import os, sys
from pathlib import Path
from newsletter.db import Database
from newsletter.delivery.messages.composer import Composer
from newsletter.delivery.accounting.journal_files import FileJournals
from newsletter.delivery.smtp.relay import Relay, Tls
from newsletter.delivery.smtp.client import SmtpTransport
from newsletter.publication.newsletters import get_newsletter_by_id
from newsletter.tokens import Tokens
from tests.delivery.press import Press

url, folder, port, edition_id = sys.argv[1:]
message = Composer.message

def compose(composer, subscription_id, address):
    if address.startswith("poison"):
        os._exit(9)
    return message(composer, subscription_id, address)

Composer.message = compose
database = Database(url)
with database.transaction() as connection:
    newsletter = get_newsletter_by_id(connection, 1)
transport = SmtpTransport([Relay("127.0.0.1", int(port), Tls.IF_OFFERED, connections=2)])
tokens = Tokens("a-secret-only-for-tests-0123456789abcdef")
press = Press(database, newsletter, tokens, FileJournals(Path(folder)), transport)
press.ledger().recover()
press.submit(int(edition_id))
"""


def test_a_message_that_kills_its_worker(press: Press, relay: ScriptedRelay, tmp_path: Path) -> None:
    """After three deaths it is put aside, and everybody else has had their mail."""
    press.slicing = Slicing(batch_size=10)
    names = [f"reader{number}" for number in range(12)]
    everybody = [*names[:4], "poison", *names[4:]]
    edition_id = press.send(*everybody)
    told = [press.database.plain_url, tmp_path / "journals", relay.port, edition_id]
    command = [sys.executable, "-c", POISON, *(str(each) for each in told)]
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    deaths = 0
    while subprocess.run(command, check=False, env=here).returncode == 9:
        deaths += 1
        assert deaths <= 3
        # Killed between a claim and its journal, a worker is known to be dead only when its lease is over.
        press.end_leases(edition_id)
        press.ledger().recover()
        press.make_due(edition_id)
    assert 3 == deaths
    assert {DeliveryState.ACCEPTED: 12, DeliveryState.QUARANTINED: 1} == press.counts(edition_id)
    assert {f"{name}@example.org" for name in names} == set(relay.recipients())
    # Only those whose text was on its way when the worker died may have it twice, and they are known.
    copies = {row.subscription_id for row in press.rows(edition_id) if row.possible_copy}
    twice = {each for each in relay.recipients() if relay.recipients().count(each) > 1}
    assert twice <= {f"{everybody[each - 1]}@example.org" for each in copies}


def test_a_database_connection_that_is_cut(press: Press, relay: ScriptedRelay) -> None:
    """With every connection to the database gone in the middle, nobody is lost, and nothing heard is forgotten."""
    press.slicing = Slicing(batch_size=10)
    names = [f"reader{number:02}" for number in range(30)]
    edition_id = press.send(*names)
    with held_after(press, relay, edition_id, 15) as (running, held):
        with press.database.transaction() as connection:
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            connection.execute(sa.text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
        held.set()
        # Whether it found out by its next statement or by its ear alone.
        with suppress(sa.exc.SQLAlchemyError):
            running.result()
    relay.decide = lambda _: None
    press.ledger().recover()
    with relay_of(press, relay):
        press.submit(edition_id)
    assert {DeliveryState.ACCEPTED: 30} == press.counts(edition_id)
    assert sorted(f"{name}@example.org" for name in names) == sorted(relay.recipients())


def test_an_error_of_ours_gives_back_only_what_was_not_begun(press: Press) -> None:
    """What our own error broke into may have left: it is uncertain, and the others are free."""
    edition_id = press.send(*READERS)

    def fail(address: str) -> None:
        if address == "bo@example.org":
            raise KeyError(address)

    slowly(press, fail)
    with pytest.raises(KeyError):
        press.submit(edition_id)
    press.ledger().recover()
    expected = {DeliveryState.PENDING: 3, DeliveryState.UNCERTAIN: 1, DeliveryState.ACCEPTED: 1}
    assert expected == press.counts(edition_id)
    slowly(press, lambda _: None)
    assert 3 == press.submit(edition_id).settled


def test_receipts_that_cannot_be_recorded(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the database refusing all it is told, the journal knows: nobody who accepted is mailed again."""
    edition_id = press.send(*READERS)

    def refuse(*_: object) -> None:
        raise sa.exc.OperationalError("", {}, Exception("gone"))

    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "_record", refuse)
        with pytest.raises(sa.exc.OperationalError):
            press.submit(edition_id)
    press.ledger().recover()
    assert {DeliveryState.ACCEPTED: 5} == press.counts(edition_id)
    press.submit(edition_id)
    assert ALL == mailed(press)


# How it is paced.


def test_the_canary_goes_first(press: Press) -> None:
    """Some go ahead of all others, who are let go once everything of the first has come to an end."""
    press.slicing = Slicing(batch_size=10, canary=2)
    edition_id = press.send(*READERS)
    assert 2 == press.submit(edition_id).settled
    assert Drained(0, had_work=False) == press.submit(edition_id)
    with press.database.transaction() as connection:
        reconcile(connection, edition_id, NOW - NOW.replace(year=2025))
    assert 3 == press.submit(edition_id).settled
    assert ALL == mailed(press)


def test_a_canary_that_dies_holds_the_others_back(press: Press) -> None:
    """A mistake that the first few show stops the edition before it reaches the rest."""
    press.slicing = Slicing(batch_size=10, canary=12)
    edition_id = press.send(*(f"reader{number}" for number in range(40)))
    memory(press).answer = lambda _: (554, "5.6.0 This is spam")
    drained = press.submit(edition_id)
    assert drained.tripped
    assert 12 >= len(mailed(press))


def test_a_relay_of_another_newsletter(press: Press, relay: ScriptedRelay) -> None:
    """Mail goes out by the relays that serve its newsletter, and by no other; where there is none, it says so."""
    edition_id = press.send(*READERS)
    with ScriptedRelay() as others:
        mine = Relay("127.0.0.1", relay.port, Tls.IF_OFFERED, newsletters=frozenset({"daily"}))
        theirs = Relay("127.0.0.1", others.port, Tls.IF_OFFERED, newsletters=frozenset({"weekly"}))
        press.transport = SmtpTransport([theirs])
        with pytest.raises(RelayError, match="newsletters="):
            press.submit(edition_id)
        press.transport = SmtpTransport([theirs, mine])
        assert 5 == press.submit(edition_id).settled
        press.transport.close()
    assert set(ALL) == set(relay.recipients())
    assert [] == others.recipients()


def test_a_relay_that_is_being_warmed_up(press: Press, relay: ScriptedRelay) -> None:
    """It takes what its plan allows today, counted over all tasks, and the rest goes by another relay or waits."""
    edition_id = press.send(*READERS)
    young = Relay("127.0.0.1", relay.port, Tls.IF_OFFERED, warm_up_on=datetime.now(UTC).date())
    with press.database.transaction() as connection:
        today = sa.text("timezone('UTC', now())::date")
        connection.execute(sa.insert(relay_day).values(relay=young.name, day_on=today, accepted=197))
    looks = iter(range(20))
    press.transport = SmtpTransport([young])
    way = Way(press.ledger(), Throttle([young], {}), KnownOperators(), 1)
    drain(press.post, way, press.copies(edition_id), lambda: next(looks, None) is not None)
    assert 3 == len(relay.kept)
    assert {DeliveryState.PENDING: 2, DeliveryState.ACCEPTED: 3} == press.counts(edition_id)
    press.transport.close()
    with ScriptedRelay() as grown:
        old = Relay("127.0.0.1", grown.port, Tls.IF_OFFERED)
        press.transport = SmtpTransport([young, old])
        assert 2 == press.submit(edition_id).settled
        press.transport.close()
        assert 2 == len(grown.kept)


def test_memory_answers_as_a_relay_does() -> None:
    """The fake that ships beside the real transport gives receipts by the same rules."""
    fake = MemoryTransport(answer=lambda _: (550, "5.1.1 no"))
    (receipt,) = fake.submit([Message(7, "a@paper.example", "b@example.org", b"")])
    fake.close()
    assert (7, ReceiptKind.FAILED, True) == (receipt.delivery_id, receipt.kind, receipt.condemns_address)
