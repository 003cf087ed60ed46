"""Submission over real connections: to a relay that follows a script, and to one that others wrote."""

import smtplib
import threading
import time
from collections.abc import Iterator
from email.message import Message as ParsedMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.delivery.outcome import Receipt, ReceiptKind
from newsletter.delivery.smtp import session
from newsletter.delivery.smtp.client import CredentialsError, SmtpTransport
from newsletter.delivery.smtp.relay import Relay, Tls, read_relays
from newsletter.delivery.smtp.wire import Timeouts
from newsletter.delivery.transport import Message
from newsletter.errors import RelayError
from tests.delivery.scripted_relay import CLOSE, Decision, Moment, ScriptedRelay


def letter(number: int, to: str = "", text: bytes = b"Hello\r\n") -> Message:
    """Return a small message."""
    head = f"Message-ID: <{number}@paper.example>\r\nSubject: {number}\r\n\r\n".encode()
    return Message(number, "news@paper.example", to or f"reader{number}@example.org", head + text)


def transport_to(relay: ScriptedRelay, **more: Any) -> SmtpTransport:
    """Return a transport that leads to the relay."""
    timeouts = more.pop("timeouts", None)
    return SmtpTransport([Relay("127.0.0.1", relay.port, Tls.IF_OFFERED, **more)], timeouts)


def submit(relay: ScriptedRelay, *messages: Message, **more: Any) -> list[Receipt]:
    """Submit messages over one transport and close it."""
    transport = transport_to(relay, **more)
    try:
        return list(transport.submit(messages))
    finally:
        transport.close()


def at(step: str, decision: str, *, connection: int | None = None, to: str = "") -> Decision:
    """Return a script that departs from the usual at one step, on one connection or for one reader."""

    def decide(moment: Moment) -> str | None:
        is_here = moment.step == step and connection in {None, moment.connection}
        return decision if is_here and (not to or moment.argument == to) else None

    return decide


def test_one_connection_carries_many_messages(relay: ScriptedRelay) -> None:
    """A connection is opened once and used for message after message, in their order."""
    receipts = submit(relay, *(letter(number) for number in range(1, 41)))
    assert list(range(1, 41)) == [each.delivery_id for each in receipts]
    assert {ReceiptKind.ACCEPTED} == {each.kind for each in receipts}
    assert (250, "2.0.0 queued", "2.0.0") == (receipts[0].code, receipts[0].text, receipts[0].enhanced_status)
    assert [f"reader{number}@example.org" for number in range(1, 41)] == relay.recipients()
    assert 1 == relay.connections
    assert 1 == relay.steps().count("ehlo")


def test_a_connection_is_renewed_before_the_relay_tires(relay: ScriptedRelay) -> None:
    """After its share of messages a connection is closed politely and another one opened."""
    submit(relay, *(letter(number) for number in range(7)), per_connection=3)
    assert [1, 1, 1, 2, 2, 2, 3] == [each.connection for each in relay.kept]
    assert 3 == relay.steps().count("quit")


def test_the_connection_is_kept_between_batches(relay: ScriptedRelay) -> None:
    """A second batch goes over the connection of the first."""
    transport = transport_to(relay)
    list(transport.submit([letter(1)]))
    list(transport.submit([letter(2)]))
    transport.close()
    transport.close()
    assert [1, 1] == [each.connection for each in relay.kept]


def test_a_connection_that_died_of_silence_costs_nothing(relay: ScriptedRelay) -> None:
    """Where the relay has closed a connection meanwhile, the next batch opens another without an error."""
    transport = transport_to(relay)
    list(transport.submit([letter(1)]))
    relay.decide = at("noop", "421 4.4.2 idle too long", connection=1)
    receipts = list(transport.submit([letter(2)]))
    relay.decide = at("noop", CLOSE, connection=2)
    receipts += list(transport.submit([letter(3)]))
    transport.close()
    assert [ReceiptKind.ACCEPTED] * 2 == [each.kind for each in receipts]
    assert [1, 2, 3] == [each.connection for each in relay.kept]


texts = st.lists(
    st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Zs"], include_characters="."), max_size=30),
    max_size=8,
).map(lambda lines: "".join(f"{line}\r\n" for line in lines).encode())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts)
def test_dots_arrive_as_they_were(relay: ScriptedRelay, text: bytes) -> None:
    """What arrives is what was given, and is on the wire to the byte what the standard library would send."""
    message = letter(1, text=text)
    relay.kept.clear()
    submit(relay, message)
    with smtplib.SMTP("127.0.0.1", relay.port) as client:
        client.sendmail(message.envelope_from, [message.envelope_to], message.content)
    ours, theirs = relay.kept
    assert theirs.wire == ours.wire
    assert message.content == ours.content


@pytest.mark.parametrize("text", [b".\r\n", b"..\r\n.a\r\n\r\n.\r\n", b"a.\r\n.\r\nRSET\r\n", b"\r\n" * 3])
def test_a_lone_dot_ends_nothing(relay: ScriptedRelay, text: bytes) -> None:
    """A line that is only a dot is text like any other."""
    message = letter(1, text=text)
    assert [ReceiptKind.ACCEPTED] * 2 == [each.kind for each in submit(relay, message, letter(2))]
    assert message.content == relay.kept[0].content


BREAKS_BEFORE_THE_TEXT = [
    ("connect", CLOSE),
    ("banner", CLOSE),
    ("banner", "421 4.3.2 not now"),
    ("banner", "554 5.3.2 no"),
    ("ehlo", CLOSE),
    ("ehlo", "421 4.3.2 not now"),
    ("mail", CLOSE),
    ("mail", "421 4.3.2 not now"),
    ("mail", "452 4.3.1 disk full"),
    ("mail", "550 5.7.1 not from you"),
    ("rcpt", CLOSE),
    ("rcpt", "421 4.3.2 not now"),
    ("data", CLOSE),
    ("data", "421 4.3.2 not now"),
    ("data", "250 2.0.0 what?"),
]


@pytest.mark.parametrize(("step", "decision"), BREAKS_BEFORE_THE_TEXT)
def test_a_relay_that_refuses_us(relay: ScriptedRelay, step: str, decision: str) -> None:
    """Whatever happens before the text is an error of the relay: no reader gets a receipt for it."""
    relay.decide = at(step, decision, connection=1)
    transport = transport_to(relay)
    with pytest.raises(RelayError) as caught:
        list(transport.submit([letter(1)]))
    assert not isinstance(caught.value, CredentialsError)
    assert [] == relay.kept
    assert [ReceiptKind.ACCEPTED] == [each.kind for each in transport.submit([letter(1)])]
    transport.close()
    assert [2] == [each.connection for each in relay.kept]


def test_no_message_is_taken_before_the_relay_answers(relay: ScriptedRelay) -> None:
    """Taking a message passes its gate, so it is taken only once a connection stands."""
    relay.decide = at("ehlo", CLOSE)
    taken: list[int] = []

    def messages() -> Iterator[Message]:
        taken.append(1)
        yield letter(1)

    with pytest.raises(RelayError):
        list(transport_to(relay).submit(messages()))
    assert [] == taken


def test_receipts_before_the_break_stand(relay: ScriptedRelay) -> None:
    """When the relay breaks off at the third message, the first two have had their receipts."""
    relay.decide = at("rcpt", CLOSE, to="reader3@example.org")
    transport = transport_to(relay)
    submitted = transport.submit(letter(number) for number in range(1, 6))
    assert [1, 2] == [next(submitted).delivery_id for _ in range(2)]
    with pytest.raises(RelayError):
        next(submitted)
    assert ["reader1@example.org", "reader2@example.org"] == relay.recipients()


@pytest.mark.parametrize("step", ["text", "dot", "reply"])
def test_a_loss_once_the_text_has_left_is_uncertain(relay: ScriptedRelay, step: str) -> None:
    """From here the relay may have taken it: the receipt says so, and the next message has a new connection."""
    relay.decide = at(step, CLOSE, to="reader1@example.org")
    receipts = submit(relay, letter(1, text=b"x" * 70 + b"\r\n"), letter(2))
    assert [ReceiptKind.UNCERTAIN, ReceiptKind.ACCEPTED] == [each.kind for each in receipts]
    assert receipts[0].text
    assert receipts[0].code is None
    assert 2 == relay.kept[-1].connection


def test_a_reply_that_is_none_is_uncertain(relay: ScriptedRelay) -> None:
    """Gibberish after the dot says neither yes nor no."""
    relay.decide = at("reply", "hello?", to="reader1@example.org")
    receipts = submit(relay, letter(1), letter(2))
    assert [ReceiptKind.UNCERTAIN, ReceiptKind.ACCEPTED] == [each.kind for each in receipts]
    assert [1, 2] == [each.connection for each in relay.kept]


def test_a_late_final_reply_is_waited_for(relay: ScriptedRelay) -> None:
    """The final reply may take longer than any other one (RFC 5321 §4.5.3.2.6)."""

    def decide(moment: Moment) -> None:
        if moment.step == "reply":
            time.sleep(1)

    relay.decide = decide
    assert [ReceiptKind.ACCEPTED] == [
        each.kind for each in submit(relay, letter(1), timeouts=Timeouts(command=0.4))
    ]


def test_a_final_reply_that_never_comes(relay: ScriptedRelay) -> None:
    """After the whole wait the message is uncertain, and its late reply answers nothing else."""
    may_reply = threading.Event()

    def decide(moment: Moment) -> None:
        if (moment.step, moment.connection) == ("reply", 1):
            may_reply.wait(30)

    relay.decide = decide
    receipts = submit(relay, letter(1), letter(2), timeouts=Timeouts(final=0.2))
    may_reply.set()
    assert [ReceiptKind.UNCERTAIN, ReceiptKind.ACCEPTED] == [each.kind for each in receipts]


REFUSALS = [
    ("rcpt", "450 4.2.0 greylisted", ReceiptKind.DEFERRED),
    ("rcpt", "452 4.2.2 mailbox full", ReceiptKind.DEFERRED),
    ("rcpt", "550 5.1.1 no such reader", ReceiptKind.FAILED),
    ("rcpt", "550-5.7.1 blocked,\r\n550 5.7.1 see our page", ReceiptKind.FAILED),
    ("data", "451 4.3.0 later", ReceiptKind.DEFERRED),
    ("data", "554 5.6.0 no", ReceiptKind.FAILED),
    ("dot", "451 4.7.1 later", ReceiptKind.DEFERRED),
    ("dot", "554 5.6.0 spam", ReceiptKind.FAILED),
    ("dot", "421 4.3.2 going down", ReceiptKind.DEFERRED),
]


@pytest.mark.parametrize(("step", "decision", "kind"), REFUSALS)
def test_a_refused_reader_stops_nobody_else(
    relay: ScriptedRelay, step: str, decision: str, kind: ReceiptKind
) -> None:
    """The refused reader has a receipt with the relay's words, and the others are served."""
    relay.decide = (
        at(step, decision, connection=1) if step == "data" else at(step, decision, to="reader1@example.org")
    )
    receipts = submit(relay, letter(1), *([] if step == "data" else [letter(2), letter(3)]))
    expected = [kind] if step == "data" else [kind, ReceiptKind.ACCEPTED, ReceiptKind.ACCEPTED]
    assert expected == [each.kind for each in receipts]
    assert int(decision[:3]) == receipts[0].code
    assert decision.split()[1] == receipts[0].enhanced_status or "-" in decision
    assert (2 if decision.startswith("421") else 1) == relay.connections


@pytest.mark.parametrize("decision", [CLOSE, "421 4.7.0 too many errors"])
def test_a_refusal_stands_when_the_relay_hangs_up_over_it(relay: ScriptedRelay, decision: str) -> None:
    """A relay that closes after refusing a reader has refused them: they are not tried for ever."""
    refuse = at("rcpt", "550 5.1.1 no such reader", to="reader1@example.org")
    relay.decide = lambda moment: refuse(moment) or (decision if moment.step == "rset" else None)
    receipts = submit(relay, letter(1), letter(2))
    assert [ReceiptKind.FAILED, ReceiptKind.ACCEPTED] == [each.kind for each in receipts]
    assert [2] == [each.connection for each in relay.kept]


def test_an_error_of_ours_leaves_no_half_exchange(relay: ScriptedRelay, monkeypatch: pytest.MonkeyPatch) -> None:
    """When our own program breaks into an exchange, no later reply is taken for the answer to it."""
    transport = transport_to(relay)
    with monkeypatch.context() as broken:
        broken.setattr(session, "receipt_for", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            list(transport.submit([letter(1)]))
    assert [2] == [each.delivery_id for each in transport.submit([letter(2)])]
    transport.close()
    assert [1, 2] == [each.connection for each in relay.kept]


class _Collector(MessageHandler):
    """Keeps the messages that another project's server hands it."""

    def __init__(self) -> None:
        super().__init__()
        self.received: list[ParsedMessage] = []

    def handle_message(self, message: ParsedMessage) -> None:
        """Keep one."""
        self.received.append(message)


def test_a_relay_that_others_wrote() -> None:
    """The server of another project takes what we submit, every message with its own recipient."""
    collector = _Collector()
    with ScriptedRelay() as used:
        port = used.port
    controller = Controller(collector, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        transport = SmtpTransport(read_relays(f"smtp://127.0.0.1:{port}", insist_on_starttls=True))
        receipts = list(transport.submit(letter(number, text=b".dot\r\n") for number in range(1, 6)))
        transport.close()
    finally:
        controller.stop()
    assert [ReceiptKind.ACCEPTED] * 5 == [each.kind for each in receipts]
    assert [f"<{number}@paper.example>" for number in range(1, 6)] == [
        each["Message-ID"] for each in collector.received
    ]
    assert {".dot"} == {str(each.get_payload()).strip() for each in collector.received}
    assert "reader5@example.org" == collector.received[-1]["X-RcptTo"]
