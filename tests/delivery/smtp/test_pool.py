"""Connections to several relays: opened as needed, shared by weight, rested, kept."""

import asyncio
import threading
from collections import Counter

import pytest
import structlog

from newsletter.delivery.outcome import ReceiptKind
from newsletter.delivery.smtp.client import CredentialsError, SmtpTransport
from newsletter.delivery.smtp.greeting import Extensions
from newsletter.delivery.smtp.relay import Relay, Tls
from newsletter.delivery.smtp.reply import Reply
from newsletter.delivery.transport import Envelope, Pool
from newsletter.errors import RelayError
from tests.delivery.fake_desk import QUICK, FakeDesk, drain, relay_at, submit_all
from tests.delivery.scripted_relay import CLOSE, Moment, ScriptedRelay, hold
from tests.delivery.smtp.test_client import at, letter
from tests.delivery.smtp.test_session import PIPELINING, greeted


def test_one_message_opens_one_connection(relay: ScriptedRelay) -> None:
    """Eight connections for one retry would be rude."""
    desk = FakeDesk(1)
    submit_all(desk, relay_at(relay.port, connections=8))
    assert 1 == relay.connections


def test_much_work_opens_all_connections_and_no_more(relay: ScriptedRelay) -> None:
    """Connections grow with the work, up to what the relay is configured for, and are opened side by side."""
    at_once = threading.Barrier(4)

    def decide(moment: Moment) -> None:
        if moment.step == "banner":
            at_once.wait(15)

    relay.decide = decide
    desk = FakeDesk(*range(1, 200))
    submit_all(desk, relay_at(relay.port, connections=4))
    assert 4 == relay.connections
    assert {ReceiptKind.ACCEPTED} == set(desk.kinds().values())


def test_a_slow_connection_keeps_nobody_waiting(relay: ScriptedRelay) -> None:
    """While the first connection waits for its banner another one is opened and does the work."""
    may_greet = threading.Event()
    relay.decide = hold("banner", may_greet, connection=1)
    desk = FakeDesk(1, 2, 3)
    assert submit_all(desk, relay_at(relay.port, connections=2)) is None
    may_greet.set()
    assert [2, 2, 2] == [each.connection for each in relay.kept]


def test_two_relays_share_by_weight() -> None:
    """Connections are opened in proportion to weight, and every message is submitted once."""
    with ScriptedRelay(greeted(PIPELINING)) as heavy, ScriptedRelay(greeted(PIPELINING)) as light:
        desk = FakeDesk(*range(1, 401))
        submit_all(
            desk,
            relay_at(heavy.port, connections=8, weight=3),
            relay_at(light.port, connections=8, weight=1),
        )
        assert 400 == len(desk.kinds()) == len(heavy.kept) + len(light.kept)
        assert (8, 3) == (heavy.connections, light.connections)
        assert min(Counter(name for name, _ in desk.taken_by).values()) > 0


def test_the_others_go_on_without_a_relay_that_is_down(relay: ScriptedRelay) -> None:
    """A relay that cannot be reached rests; its share goes to the others, and there is no trouble."""
    with ScriptedRelay() as gone:
        port = gone.port
    desk = FakeDesk(*range(1, 30))
    assert submit_all(desk, relay_at(port, weight=5), relay_at(relay.port)) is None
    assert 29 == len(relay.kept)


@pytest.mark.parametrize(
    ("step", "decision"),
    [
        ("banner", CLOSE),
        ("banner", "554 5.3.2 no"),
        ("mail", "550 5.7.1 not from you"),
        ("mail", "451 4.3.0 disk full"),
        ("mail", CLOSE),
        ("rcpt", "421 4.3.2 not now"),
        ("data", CLOSE),
    ],
)
def test_a_relay_that_refuses_us_is_trouble(relay: ScriptedRelay, step: str, decision: str) -> None:
    """When no relay can be used the pool says why; nobody has a receipt, and every message is back on the desk."""
    relay.decide = at(step, decision)
    desk = FakeDesk(*range(1, 6))
    trouble = submit_all(desk, relay_at(relay.port, connections=3))
    assert isinstance(trouble, RelayError)
    assert [] == desk.receipts
    assert {1, 2, 3, 4, 5} == {each.delivery_id for each in desk.waiting}


def test_a_relay_that_swallows_every_final_reply_is_left_alone(relay: ScriptedRelay) -> None:
    """Two lost final replies in a row are a pattern: not the whole edition becomes uncertain."""
    relay.decide = at("reply", CLOSE)
    desk = FakeDesk(*range(1, 50))
    assert submit_all(desk, relay_at(relay.port)) is not None
    assert [ReceiptKind.UNCERTAIN] * 2 == [each.kind for each in desk.receipts]


def test_credentials_are_to_blame_only_when_no_relay_takes_them(relay: ScriptedRelay) -> None:
    """With two relays, one of which is merely down, an operator need not look at the password."""
    relay.decide = lambda moment: "535 5.7.8 wrong" if moment.step == "auth" else None
    with ScriptedRelay() as gone:
        down = relay_at(gone.port)
    wrong = relay_at(relay.port, user="ann", password="hush")
    desk = FakeDesk(1)
    assert isinstance(submit_all(desk, wrong), CredentialsError)
    both = submit_all(desk, wrong, down)
    assert isinstance(both, RelayError)
    assert not isinstance(both, CredentialsError)


def test_a_woken_pool_fetches_again(relay: ScriptedRelay) -> None:
    """Idle connections take what comes onto the desk later."""
    desk = FakeDesk(1)

    async def work(pool: Pool) -> None:
        done = asyncio.Event()
        desk.on_change = done.set
        pool.serve(desk)
        await done.wait()
        await pool.settled()
        done.clear()
        desk.waiting.append(desk.envelope(2))
        pool.wake()
        pool.wake()
        await done.wait()
        await pool.settled()
        pool.release()

    transport = SmtpTransport([relay_at(relay.port)], QUICK)
    transport.run(work)
    transport.close()
    assert [(1, 1), (2, 1)] == [(int(each.recipient[6]), each.connection) for each in relay.kept]


def test_a_released_pool_takes_nothing(relay: ScriptedRelay) -> None:
    """After its release a desk is not asked again, whatever wakes the pool."""
    desk = FakeDesk(1)

    async def work(pool: Pool) -> None:
        await drain(pool, desk)
        desk.waiting.append(desk.envelope(2))
        pool.wake()
        await asyncio.sleep(0.1)

    transport = SmtpTransport([relay_at(relay.port)], QUICK)
    transport.run(work)
    transport.close()
    assert [2] == [each.delivery_id for each in desk.waiting]


def test_work_that_fails_leaves_no_half_exchange(relay: ScriptedRelay) -> None:
    """Whatever ends the work early, no later reply answers a command of it."""
    may_reply = threading.Event()
    relay.decide = hold("reply", may_reply)
    has_begun = threading.Event()
    desk = FakeDesk(1)
    desk.on_begin = has_begun.set

    async def work(pool: Pool) -> None:
        pool.serve(desk)
        await asyncio.to_thread(has_begun.wait, 20)
        raise ZeroDivisionError

    transport = SmtpTransport([relay_at(relay.port)], QUICK)
    with pytest.raises(ZeroDivisionError):
        transport.run(work)
    may_reply.set()
    assert [ReceiptKind.ACCEPTED] == [each.kind for each in transport.submit([letter(2)])]
    transport.close()
    assert [] == desk.receipts
    assert 2 == relay.kept[-1].connection


def test_letters_take_another_relay_when_one_is_down(relay: ScriptedRelay) -> None:
    """A confirmation goes out by whichever relay can be used."""
    with ScriptedRelay() as gone:
        down = relay_at(gone.port)
    transport = SmtpTransport([down, relay_at(relay.port)], QUICK)
    assert [ReceiptKind.ACCEPTED] * 2 == [each.kind for each in transport.submit([letter(1), letter(2)])]
    transport.close()


def test_letters_over_bdat_keep_their_dots(relay: ScriptedRelay) -> None:
    """Where the length of a text is said no dot is doubled."""
    relay.decide = greeted("250-scripted.example\r\n250-PIPELINING\r\n250 CHUNKING")
    transport = SmtpTransport([Relay("127.0.0.1", relay.port, Tls.IF_OFFERED, chunks=2)], QUICK)
    message = letter(1, text=b".dot\r\n..\r\n")
    list(transport.submit([message]))
    transport.close()
    assert [message.content] == [each.wire for each in relay.kept]
    assert "bdat" in relay.steps()


def test_a_relay_of_other_newsletters_hides_no_trouble(relay: ScriptedRelay) -> None:
    """It may stand ready: what counts is that every relay which serves this desk rests, and why."""
    relay.decide = at("auth", "535 5.7.8 wrong")
    with ScriptedRelay() as other, ScriptedRelay() as gone:
        wrong = relay_at(relay.port, user="ann", password="hush")
        ready, down = relay_at(other.port), relay_at(gone.port)
        gone.__exit__()
        transport = SmtpTransport([wrong, ready, down], QUICK)
        opened = FakeDesk(1)
        opened.closed_to = {wrong.name, down.name}
        assert transport.run(lambda pool: drain(pool, opened)) is None
        closed = FakeDesk(2)
        closed.closed_to = {ready.name, down.name}
        trouble = transport.run(lambda pool: drain(pool, closed))
        assert isinstance(trouble, CredentialsError)
        transport.close()
        assert [2] == [each.delivery_id for each in closed.waiting]
        assert ["reader1@example.org"] == other.recipients()


def test_connections_are_opened_only_where_the_desk_is_served(relay: ScriptedRelay) -> None:
    """A relay of other newsletters is left alone, and takes no share of the connections."""
    relay.decide = greeted(PIPELINING)
    with ScriptedRelay() as other:
        elsewhere = relay_at(other.port, connections=8, weight=9)
        desk = FakeDesk(*range(1, 200))
        desk.closed_to = {elsewhere.name}
        assert submit_all(desk, relay_at(relay.port, connections=4), elsewhere) is None
        assert (4, 0) == (relay.connections, other.connections)


@pytest.mark.parametrize("knows", [True, False])
def test_an_address_beyond_ascii_waits_for_a_relay_that_takes_it(relay: ScriptedRelay, knows: bool) -> None:
    """It is put off while another relay knows SMTPUTF8, or may; where none does it fails, by no fault of ours."""
    relay.decide = greeted(PIPELINING)
    ehlo = "250-scripted.example\r\n250-8BITMIME\r\n250 SMTPUTF8" if knows else PIPELINING
    with ScriptedRelay(greeted(ehlo)) as other:
        plain, second = relay_at(relay.port), relay_at(other.port)
        transport = SmtpTransport([plain, second], QUICK)

        def submitted(closed_to: Relay, *numbers: int) -> FakeDesk:
            desk = FakeDesk(*numbers)
            desk.closed_to = {closed_to.name}
            return desk

        unknown = submitted(plain, 1)
        transport.run(lambda pool: drain(pool, unknown))

        class Everywhere(FakeDesk):
            def take(self, relay: Relay) -> Envelope | None:
                return super().take(relay) if relay.name == plain.name else None

        desk = Everywhere()
        desk.waiting.append(FakeDesk.envelope(2, "jürgen@example.org"))
        transport.run(lambda pool: drain(pool, desk))
        alone = submitted(second)
        alone.waiting.append(FakeDesk.envelope(3, "jürgen@example.org"))
        transport.run(lambda pool: drain(pool, alone))
        transport.close()
    expected = (450, "4.6.7") if knows else (553, "5.6.7")
    assert [expected] == [(each.code, each.enhanced_status) for each in desk.receipts]
    assert [(553, None)] == [(each.code, each.our_fault) for each in alone.receipts]
    assert not desk.receipts[0].asks_us_to_slow_down


def test_an_error_that_nobody_foresaw_lets_the_relay_rest(
    relay: ScriptedRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of our own at one relay is told with where it happened, and not repeated as fast as can be."""
    tries: list[str] = []

    def fail(reply: Reply) -> Extensions:
        tries.append(str(reply))
        raise ZeroDivisionError

    monkeypatch.setattr(Extensions, "read", fail)
    desk = FakeDesk(1)
    with structlog.testing.capture_logs() as logs:
        trouble = submit_all(desk, relay_at(relay.port))
    assert isinstance(trouble, RelayError)
    assert "ZeroDivisionError" in str(trouble)
    assert 1 == len(tries)
    rests = [each for each in logs if each["event"] == "relay_rests"]
    assert ["ZeroDivisionError"] == [type(each["exc_info"]).__name__ for each in rests]
    assert [1] == [each.delivery_id for each in desk.waiting]


def test_an_edition_paused_at_the_go_ahead_is_no_fault_of_the_relay(relay: ScriptedRelay) -> None:
    """Connections that wait for a text nobody may begin are closed; the next drain opens others at once."""
    at_once = threading.Barrier(3)

    def meet(moment: Moment) -> None:
        if moment.step == "data":
            at_once.wait(15)

    desk = FakeDesk(1, 2, 3)
    desk.refuse_to_begin = {1, 2, 3}
    relay.decide = greeted(PIPELINING, meet)
    transport = SmtpTransport([relay_at(relay.port, connections=3)], QUICK)
    with structlog.testing.capture_logs() as logs:
        assert transport.run(lambda pool: drain(pool, desk)) is None
        assert {1, 2, 3} == {number for number, _ in desk.given_back}
        relay.decide = greeted(PIPELINING)
        resumed = FakeDesk(1, 2, 3)
        assert transport.run(lambda pool: drain(pool, resumed)) is None
    transport.close()
    assert dict.fromkeys((1, 2, 3), ReceiptKind.ACCEPTED) == resumed.kinds()
    assert [] == resumed.given_back
    assert [] == logs


def test_an_idle_pool_asks_once(relay: ScriptedRelay) -> None:
    """A desk that has nothing is asked when it is served and when somebody wakes the pool, and not in between."""
    desk = FakeDesk(1)

    async def turned() -> int:
        for _ in range(100):
            await asyncio.sleep(0)
        return desk.asked

    async def work(pool: Pool) -> None:
        done = asyncio.Event()
        desk.on_change = done.set
        pool.serve(desk)
        await done.wait()
        await pool.settled()
        asked = await turned()
        assert asked == await turned()
        pool.wake()
        assert asked + 1 == await turned()
        pool.release()

    transport = SmtpTransport([relay_at(relay.port)], QUICK)
    transport.run(work)
    transport.close()
