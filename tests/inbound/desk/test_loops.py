"""Machines are left alone, and two of them stop."""

import pytest

from newsletter.inbound.desk.loops import why_not_answer
from newsletter.inbound.mail.headers import Field, Headers
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import add_reader
from newsletter.readers.tables import SubscriptionState
from tests.inbound.mailroom import ANN, DOMAIN, Mailroom, letter

MACHINES = {
    "Auto-Submitted": "auto-replied",
    "Precedence": "bulk",
    "List-Id": "<talk.example>",
    "X-Auto-Response-Suppress": "All",
    "X-Autoreply": "yes",
    "Return-Path": "<>",
    "Subject": "Out of office: back on Monday",
    "From": "MAILER-DAEMON@reader.example",
}


def why(sender: str = ANN, *, is_ours: bool = False, **fields: str) -> str:
    named = [Field(name.lower().replace("_", "-"), value) for name, value in fields.items()]
    return why_not_answer(Headers(named), sender, is_ours=is_ours)


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_is_left_alone(room: Mailroom, name: str) -> None:
    """What a machine wrote is neither answered nor done, by whatever sign it is known."""
    with room.database.transaction() as connection:
        add_reader(connection, 1, ANN, Origin("test"), room.now)
    fields = {"Subject": "STOP", name: MACHINES[name]}
    room.hand_over(letter("STOP", fields.pop("Subject"), **fields), f"help@{DOMAIN}")
    room.handle()
    assert [True] == [each.startswith("left alone: ") for each in room.outcomes()]
    assert ([], [SubscriptionState.ACTIVE]) == (room.sent, [each.state for each in room.subscriptions()])


@pytest.mark.parametrize(
    "sender",
    [
        "mailer-daemon@x.example",
        "postmaster@x.example",
        "no-reply@x.example",
        "noreply-2024@x.example",
        "owner-talk@x.example",
        "talk-request@x.example",
        "talk-bounces@x.example",
        "bounces+abc@x.example",
        "MAILER_DAEMON@x.example",
    ],
)
def test_daemons(sender: str) -> None:
    """An address that nobody reads is known by its name."""
    assert "from a daemon" == why(sender)


@pytest.mark.parametrize("sender", [ANN, "daemon.smith@x.example", "norepl@x.example", "bouncer@x.example"])
def test_people(sender: str) -> None:
    """A person's mail is answered, and fields that say so change nothing."""
    assert "" == why(sender, Auto_Submitted="No", Precedence="normal", X_Auto_Response_Suppress="None")


def test_ourselves() -> None:
    """What comes from an address of ours is not answered, whatever it says."""
    assert "from ourselves" == why(is_ours=True)


def test_a_responder_that_answers_everything(room: Mailroom) -> None:
    """A machine that answers all it gets, without a word of what it is, has one answer of ours, and no more."""
    room.write("I am on holiday!", "help")
    for turn in range(20):
        if len(room.sent) <= turn:
            break
        # It answers to the author, as the worst of them do, since the envelope names nobody.
        author = room.sent[turn]["Reply-To"]
        room.write(f"I am on holiday! ({turn})", str(author), f"Re: {room.sent[turn]['Subject']}")
    assert 1 == len(room.sent)
    assert ["help, answered", "help, not answered again"] == room.outcomes()


def test_two_desks_facing_each_other(room: Mailroom, other_room: Mailroom) -> None:
    """Two installations that are made to write to each other by a forged mail stop after one answer."""
    rooms = {DOMAIN: room, other_room.domain: other_room}
    room.write("HELP", "help", envelope_from=f"help@{other_room.domain}", From=f"help@{other_room.domain}")
    for turn in range(20):
        messages = [message for each in rooms.values() for message in each.sent]
        if len(messages) <= turn:
            break
        message = messages[turn]
        to = rooms[str(message["To"]).rpartition("@")[2]]
        to.hand_over(message.as_bytes(), str(message["To"]), envelope_from=message["X-Envelope-From"])
        to.handle()
    assert (1, 0) == (len(room.sent), len(other_room.sent))
    assert ["help, answered", "left alone: null sender"] == room.outcomes()
