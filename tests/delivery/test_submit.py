"""Submitting a batch: gate, message, receipt, one reader after another."""

from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

import pytest
import sqlalchemy as sa

from newsletter.delivery import control
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.outcome import ReceiptKind
from newsletter.delivery.relay import Relay, Tls
from newsletter.delivery.smtp import SmtpTransport
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.submit import compose_copy, load_copy, submit_batch
from newsletter.delivery.tables import delivery
from newsletter.delivery.transport import MemoryTransport, Message
from newsletter.errors import NotFoundError, RelayError
from newsletter.tokens import Purpose
from tests.delivery.press import NOW, Press
from tests.delivery.scripted_relay import CLOSE, Moment, ScriptedRelay

READERS = ["ann", "bo", "cy", "dee", "eve"]


def submit(press: Press, edition_id: int, most: int = 100) -> int:
    """Claim one batch and submit it; return how many receipts came."""
    ledger = press.ledger()
    batch = ledger.claim(edition_id, most)
    return submit_batch(press.post, ledger, press.copy(edition_id), batch, lambda: True)


def memory(press: Press) -> MemoryTransport:
    """Return where the press keeps its mail."""
    assert isinstance(press.transport, MemoryTransport)
    return press.transport


def mailed(press: Press) -> list[str]:
    """Return the addresses that were mailed, in order."""
    return [each.envelope_to for each in memory(press).submitted]


def parse(raw: bytes) -> EmailMessage:
    """Read a message as a reader's program would."""
    message = BytesParser(policy=default).parsebytes(raw)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage, kind: str) -> str:
    """Return one part of a message, ``plain`` or ``html``."""
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


def test_everybody_is_mailed_once(press: Press) -> None:
    """One message for each reader, from the newsletter's sender to the reader alone."""
    edition_id = press.send(*READERS)
    assert 5 == submit(press, edition_id)
    assert [f"{name}@example.org" for name in READERS] == mailed(press)
    assert {"news@paper.example"} == {each.envelope_from for each in memory(press).submitted}
    assert {DeliveryState.ACCEPTED: 5} == press.counts(edition_id)
    assert 0 == submit(press, edition_id)


def test_each_message_is_its_readers_own(press: Press) -> None:
    """Address, link and Message-ID differ from reader to reader; the link leads to that reader's subscription."""
    edition_id = press.send("ann", "bo")
    submit(press, edition_id)
    messages = [parse(each.content) for each in memory(press).submitted]
    assert ["ann@example.org", "bo@example.org"] == [each["To"] for each in messages]
    assert 2 == len({each["Message-ID"] for each in messages})
    for message, row in zip(messages, press.rows(edition_id), strict=True):
        token = message["List-Unsubscribe"].strip("<>").rpartition("/")[2]
        assert row.subscription_id == press.tokens.read(token, Purpose.UNSUBSCRIBE, NOW)[0]
        for kind in ("plain", "html"):
            assert token in text_of(message, kind)


def test_a_copy_is_the_same_to_the_byte(press: Press) -> None:
    """Composed again, at any time, by any process, a reader's message is the very same."""
    edition_id = press.send("ann")
    (row,) = press.rows(edition_id)
    submit(press, edition_id)
    (first,) = memory(press).submitted
    assert first.content == compose_copy(
        press.post, press.copy(edition_id), row.subscription_id, "ann@example.org"
    )


def test_no_copy_before_the_edition_is_ready(press: Press) -> None:
    """An edition without content cannot be submitted."""
    with pytest.raises(NotFoundError):
        load_copy(press.post, 99)


def test_a_refused_reader_stops_nobody(press: Press) -> None:
    """Deferred and failed readers have their receipts, and the rest their mail."""
    replies = {"bo@example.org": (450, "4.2.0 later"), "cy@example.org": (550, "5.1.1 who?")}
    memory(press).answer = lambda message: replies.get(message.envelope_to, (250, "2.0.0 kept"))
    edition_id = press.send(*READERS)
    assert 5 == submit(press, edition_id)
    expected = {DeliveryState.ACCEPTED: 3, DeliveryState.DEFERRED: 1, DeliveryState.FAILED: 1}
    assert expected == press.counts(edition_id)


def test_a_pause_takes_hold_within_one_message(press: Press) -> None:
    """Paused while the third message is under way, the fourth is not begun; resumed, the rest goes out once."""
    edition_id = press.send(*READERS)

    def answer(message: Message) -> tuple[int, str]:
        if len(memory(press).submitted) == 3 and message.envelope_to == "cy@example.org":
            with press.database.transaction() as connection:
                control.pause(connection, edition_id, "look at this")
        return 250, "2.0.0 kept"

    memory(press).answer = answer
    assert 3 == submit(press, edition_id)
    assert {DeliveryState.PENDING: 2, DeliveryState.ACCEPTED: 3} == press.counts(edition_id)
    assert 0 == submit(press, edition_id)
    with press.database.transaction() as connection:
        control.resume(connection, edition_id)
    assert 2 == submit(press, edition_id), "what the pause kept back is free at once"
    assert [f"{name}@example.org" for name in READERS] == mailed(press)


def test_a_reader_who_leaves_during_the_batch(press: Press) -> None:
    """An unsubscription between the claim and the gate is honoured."""
    edition_id = press.send(*READERS)
    leaving = press.rows(edition_id)[3].subscription_id

    def answer(message: Message) -> tuple[int, str]:
        if message.envelope_to == "cy@example.org":
            press.unsubscribe(leaving)
        return 250, "2.0.0 kept"

    memory(press).answer = answer
    assert 4 == submit(press, edition_id)
    assert "dee@example.org" not in mailed(press)
    assert {DeliveryState.ACCEPTED: 4, DeliveryState.SUPPRESSED: 1} == press.counts(edition_id)


def test_out_of_time(press: Press) -> None:
    """When the task's time is over, what it had claimed is free for the next one."""
    edition_id = press.send(*READERS)
    ledger = press.ledger()
    batch = ledger.claim(edition_id, 5)
    copy = press.copy(edition_id)
    assert 2 == submit_batch(press.post, ledger, copy, batch, lambda: len(memory(press).submitted) < 2)
    assert 3 == submit(press, edition_id)
    assert [f"{name}@example.org" for name in READERS] == mailed(press)


def over(relay: ScriptedRelay) -> SmtpTransport:
    """Return a transport that leads to the relay."""
    return SmtpTransport(Relay("127.0.0.1", relay.port, Tls.IF_OFFERED))


@pytest.mark.parametrize("step", ["connect", "ehlo", "mail", "rcpt", "data"])
def test_a_relay_that_breaks_off_costs_nobody_an_attempt(press: Press, step: str) -> None:
    """Before the text, whatever the relay does is no reader's fault: everything is given back as it was."""
    edition_id = press.send(*READERS)
    with ScriptedRelay(lambda moment: CLOSE if moment.step == step else None) as relay:
        press.transport = over(relay)
        with pytest.raises(RelayError):
            submit(press, edition_id)
        assert {(DeliveryState.PENDING, 0, 0)} == {
            (row.state, row.attempts, row.open_gates) for row in press.rows(edition_id)
        }
        relay.decide = lambda _: None
        # The one whose gate was open waits a moment behind the others.
        press.change(delivery.c.edition_id == edition_id, not_before_at=sa.func.now())
        assert 5 == submit(press, edition_id)
        press.transport.close()
    assert {f"{name}@example.org" for name in READERS} == set(relay.recipients())


def test_a_reader_at_whom_the_relay_hangs_up_does_not_hold_up_the_others(press: Press) -> None:
    """Each time it hangs up at one reader, the next task begins with somebody else."""
    edition_id = press.send(*READERS)
    hated = f"{READERS[1]}@example.org"
    with ScriptedRelay(
        lambda moment: CLOSE if (moment.step, moment.argument) == ("rcpt", hated) else None
    ) as relay:
        press.transport = over(relay)
        with pytest.raises(RelayError):
            submit(press, edition_id)
        assert 3 == submit(press, edition_id)
        press.transport.close()
    assert {f"{name}@example.org" for name in READERS} - {hated} == set(relay.recipients())


def test_a_lost_final_reply(press: Press) -> None:
    """The one message is uncertain, everybody else is accepted, and the copy that follows is the same."""
    edition_id = press.send(*READERS)

    def decide(moment: Moment) -> str | None:
        is_lost = (moment.step, moment.argument, moment.connection) == ("reply", "bo@example.org", 1)
        return CLOSE if is_lost else None

    with ScriptedRelay(decide) as relay:
        press.transport = over(relay)
        assert 5 == submit(press, edition_id)
        assert {DeliveryState.UNCERTAIN: 1, DeliveryState.ACCEPTED: 4} == press.counts(edition_id)
        press.make_due(edition_id)
        assert 1 == submit(press, edition_id)
        press.transport.close()
    assert {DeliveryState.ACCEPTED: 5} == press.counts(edition_id)
    first, second = [each for each in relay.kept if each.recipient == "bo@example.org"]
    assert (first.message_id, first.wire) == (second.message_id, second.wire)
    assert [True] == [row.possible_copy for row in press.rows(edition_id) if row.attempts == 2]


def test_an_error_of_ours_gives_back_only_what_was_not_begun(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What our own error broke into may have left: it stays in flight, and the others are free at once."""
    edition_id = press.send(*READERS)

    def answer(message: Message) -> tuple[int, str]:
        if message.envelope_to == "bo@example.org":
            raise KeyError(message.envelope_to)
        return 250, "2.0.0 kept"

    memory(press).answer = answer
    with pytest.raises(KeyError):
        submit(press, edition_id)
    expected = {DeliveryState.PENDING: 3, DeliveryState.IN_FLIGHT: 1, DeliveryState.ACCEPTED: 1}
    assert expected == press.counts(edition_id)
    assert 3 == submit(press, edition_id)


def test_a_message_that_kills_its_task_is_not_tried_for_ever(press: Press) -> None:
    """A poisonous delivery keeps its open gates, so that the reconciler can put it aside."""
    edition_id = press.send("ann")

    def answer(message: Message) -> tuple[int, str]:
        raise KeyError(message.envelope_to)

    memory(press).answer = answer
    with pytest.raises(KeyError):
        submit(press, edition_id)
    assert [(DeliveryState.IN_FLIGHT, 1)] == [(row.state, row.open_gates) for row in press.rows(edition_id)]


def test_a_receipt_that_cannot_be_recorded(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the database gone at the wrong instant, the delivery stays in flight; nobody else was begun."""
    edition_id = press.send(*READERS)
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "settle", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            submit(press, edition_id)
    assert {DeliveryState.PENDING: 4, DeliveryState.IN_FLIGHT: 1} == press.counts(edition_id)


def test_memory_answers_as_a_relay_does() -> None:
    """The fake that ships beside the real transport gives receipts by the same rules."""
    fake = MemoryTransport(answer=lambda _: (550, "5.1.1 no"))
    (receipt,) = fake.submit([Message(7, "a@paper.example", "b@example.org", b"")])
    fake.close()
    assert (7, ReceiptKind.FAILED, True) == (receipt.delivery_id, receipt.kind, receipt.condemns_address)
