"""Answers are owed by a row, mailed once, and forgotten."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.bell import TaskName
from newsletter.delivery.transport import MemoryTransport
from newsletter.errors import RelayError
from newsletter.inbound.desk.answer import MOST_ATTEMPTS, Answer, due_answers, owe_answer, submit_answer
from newsletter.inbound.tables import owed_reply
from newsletter.insight.erasure import erase_reader
from newsletter.readers.gate import Gate
from newsletter.readers.suppressions import suppress
from newsletter.readers.tables import SuppressionReason
from newsletter.schedule.tick import tick
from tests.inbound.mailroom import ANN, Mailroom

ANSWER = Answer(1, ANN, "en", [{"what": "stranger"}], in_reply_to="<1@reader.example>")


def owe(room: Mailroom, answer: Answer = ANSWER, gate: Gate | None = None) -> int | None:
    with room.database.transaction() as connection:
        return owe_answer(connection, gate or room.desk.gate, answer, room.now)


def submit(room: Mailroom, number: int) -> bool:
    return submit_answer(room.services.letter_post, room.services.workshop.stationery, number, room.now)


def left(room: Mailroom) -> int:
    with room.database.transaction() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(owed_reply)).scalar_one())


def relay(room: Mailroom) -> MemoryTransport:
    transport = room.services.post.transport
    assert isinstance(transport, MemoryTransport)
    return transport


def test_an_answer_is_mailed_once(room: Mailroom) -> None:
    """A bell rung twice mails it once, and nothing of it is left."""
    number = owe(room)
    assert number is not None
    assert [True, False] == [submit(room, number) for _ in range(2)]
    assert (1, 0) == (len(room.sent), left(room))


def test_the_tick_rings_for_it(room: Mailroom) -> None:
    """An answer whose bell nobody heard is rung for again."""
    number = owe(room)
    with room.database.transaction() as connection:
        assert number in [each.id for each in tick(connection, room.now) if each.task is TaskName.SUBMIT_REPLY]


def test_a_relay_that_is_not_there_costs_no_attempt(room: Mailroom) -> None:
    """Where the relay refuses us it stays owed, however often; each try is the same message."""

    def refuse(*_: object) -> tuple[int, str]:
        raise RelayError("The relay is away.")

    number = owe(room)
    assert number is not None
    relay(room).answer = refuse
    for _ in range(MOST_ATTEMPTS + 1):
        with pytest.raises(RelayError):
            submit(room, number)
        room.pass_time(timedelta(minutes=5))
    relay(room).answer = lambda _: (250, "2.0.0 kept")
    assert submit(room, number)
    first, *others = relay(room).submitted
    assert [first.content] * len(others) == [each.content for each in others]


def test_an_address_that_puts_us_off_is_given_up(room: Mailroom) -> None:
    """What is put off each time is tried five times in all, and then forgotten."""
    number = owe(room)
    assert number is not None
    relay(room).answer = lambda _: (451, "4.2.1 later")
    for _ in range(MOST_ATTEMPTS + 1):
        assert not submit(room, number)
        room.pass_time(timedelta(minutes=5))
    assert (MOST_ATTEMPTS, 0) == (len(room.sent), left(room))
    with room.database.transaction() as connection:
        assert [] == due_answers(connection, room.now)


def test_an_address_that_is_refused(room: Mailroom) -> None:
    """A refusal for good ends it at once."""
    number = owe(room)
    assert number is not None
    relay(room).answer = lambda _: (550, "5.1.1 nobody")
    assert (False, 0) == (submit(room, number), left(room))


def test_answers_are_rationed_together(room: Mailroom) -> None:
    """However many addresses are forged, no hour sees more answers than confirmations."""
    gate = Gate(room.tokens, 30, 20)
    numbers = [owe(room, replace(ANSWER, address=f"v{each}@reader.example"), gate) for each in range(50)]
    assert 0 < len([each for each in numbers if each is not None]) <= 20


def test_a_mailbox_is_answered_once_a_day_however_it_is_spelt(room: Mailroom) -> None:
    """Forging ever new addresses of one mailbox does not have it mailed again."""
    numbers = [owe(room, replace(ANSWER, address=f"ann{tag}@reader.example")) for tag in ("+1", "", "+2", "+1")]
    assert [False, True, True, True] == [each is None for each in numbers]


def test_who_had_everything_erased_is_answered_like_a_stranger(room: Mailroom) -> None:
    """That keeps others from putting them back; who complained and was erased has no answer."""
    for address, reason in (("a@reader.example", None), ("b@reader.example", SuppressionReason.COMPLAINT)):
        with room.database.transaction() as connection:
            if reason:
                suppress(connection, address, reason, "", room.now)
            erase_reader(connection, room.tokens, address, room.now)
    answered = [owe(room, replace(ANSWER, address=f"{name}@reader.example")) is not None for name in "ab"]
    assert [True, False] == answered


@pytest.mark.parametrize(
    "message_id", ["", "no brackets", "<a b@c>", "<a@b>\r\nBcc: all@x.example", "<" + "a" * 300]
)
def test_a_message_id_that_is_none(room: Mailroom, message_id: str) -> None:
    """Only what is fit to stand in a header of ours does."""
    number = owe(room, replace(ANSWER, in_reply_to=message_id))
    assert number is not None
    submit(room, number)
    assert room.sent[0]["In-Reply-To"] in {None, "<a@b>"}
    assert room.sent[0]["Bcc"] is None
