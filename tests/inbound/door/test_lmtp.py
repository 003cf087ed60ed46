"""The door: real LMTP conversations with the server."""

import smtplib
import socket
import threading

import pytest
import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.db import Database
from newsletter.errors import SettingsError
from newsletter.inbound.door import lmtp
from newsletter.inbound.door.lmtp import Porter, listening
from newsletter.inbound.door.store import LARGEST_MAIL
from newsletter.inbound.tables import InboundState
from newsletter.publication.newsletters import change_newsletter
from newsletter.tokens import Purpose
from tests.inbound.mailroom import DOMAIN, Mailroom, letter


def test_a_message_is_kept_before_it_is_taken(room: Mailroom) -> None:
    """What was answered with 250 is in the database, envelope and octets, and a bell was rung for it."""
    octets = letter("Hello")
    assert {} == room.hand_over(octets, f"Subscribe@{DOMAIN}", envelope_from="Ann@reader.example")
    (row,) = room.rows()
    kept = (row["source"], row["envelope_from"], row["envelope_to"], row["octets"], row["state"])
    assert ("lmtp", "Ann@reader.example", f"subscribe@{DOMAIN}", octets, InboundState.WAITING) == kept
    assert [Bell(TaskName.HANDLE_INBOUND, row["id"])] == room.ringer.rung


def test_each_recipient_has_an_answer_of_its_own(room: Mailroom) -> None:
    """Two addresses of ours are two messages; an address that is none is refused, and only that one."""
    refused = room.hand_over(letter("x"), f"help@{DOMAIN}", f"boss@{DOMAIN}", f"unsubscribe@{DOMAIN}")
    assert {f"boss@{DOMAIN}": (550, b"5.1.1 No such address here")} == refused
    assert [f"help@{DOMAIN}", f"unsubscribe@{DOMAIN}"] == [row["envelope_to"] for row in room.rows()]


@pytest.mark.parametrize("address", ["subscribe@elsewhere.example", f"subscribe2@{DOMAIN}", f"nobody@{DOMAIN}"])
def test_other_addresses_are_refused(room: Mailroom, address: str) -> None:
    """Mail for another domain, or for an address that we do not have, is not taken in."""
    assert {address: (550, b"5.1.1 No such address here")} == room.hand_over(letter("x"), address)
    assert [] == room.rows()


def test_the_address_of_a_newsletter_is_ours(room: Mailroom) -> None:
    """What readers write to a newsletter's own address comes in, where it is in the domain."""
    with room.database.transaction() as connection:
        change_newsletter(connection, "daily", {"sender_address": f"News@{DOMAIN}"})
    assert {} == room.hand_over(letter("x"), f"news@{DOMAIN}")


def test_addresses_with_a_token_are_ours(room: Mailroom) -> None:
    """Signed addresses are taken in; whether the token is ours is the desk's business."""
    signed = [room.address(each, 7) for each in (Purpose.BOUNCE, Purpose.UNSUBSCRIBE, Purpose.CONFIRM)]
    assert {} == room.hand_over(letter("x"), *signed, f"bounces+forged@{DOMAIN}", envelope_from="")
    assert [""] * 4 == [row["envelope_from"] for row in room.rows()]


def test_mail_from_nobody_has_no_sender(room: Mailroom) -> None:
    """The null sender is kept as none, not as an address, and nobody is answered."""
    assert {} == room.hand_over(letter("HELP"), f"help@{DOMAIN}", envelope_from="")
    room.handle()
    assert [("", "left alone: null sender")] == [(row["envelope_from"], row["outcome"]) for row in room.rows()]
    assert [] == room.sent


def test_the_same_message_twice_is_one(room: Mailroom) -> None:
    """A sender who missed our answer hands over again, and nothing happens twice."""
    for _ in range(2):
        room.hand_over(letter("x"), f"help@{DOMAIN}")
    assert 1 == len(room.rows())
    assert 1 == len(room.ringer.rung)


def test_what_is_too_large_is_refused_for_each_recipient(room: Mailroom) -> None:
    """Beyond the limit each recipient is refused, though no size was announced."""
    large = b"Subject: x\r\n\r\n" + (b"y" * 998 + b"\r\n") * (LARGEST_MAIL // 900)
    refused = room.hand_over(large, f"help@{DOMAIN}", f"subscribe@{DOMAIN}")
    assert [552, 552] == [code for code, _ in refused.values()]
    assert [] == room.rows()


def test_a_size_that_is_announced_is_refused_at_once(room: Mailroom) -> None:
    """The limit stands in the greeting, and who announces more is told before the text."""
    with smtplib.LMTP("127.0.0.1", room.port) as client:
        client.ehlo_or_helo_if_needed()
        assert str(LARGEST_MAIL) == client.esmtp_features["size"]
        assert 552 == client.mail("ann@reader.example", [f"size={LARGEST_MAIL + 1}"])[0]


def test_a_long_line_is_no_reason_to_refuse(room: Mailroom) -> None:
    """A line of any length that fits is taken: a report must not be lost for its writer's folding."""
    octets = b"Subject: x\r\n\r\n" + b"x" * 200_000 + b"\r\n"
    assert {} == room.hand_over(octets, f"help@{DOMAIN}")
    assert octets == room.rows()[0]["octets"]


def test_where_nothing_can_be_kept_the_sender_tries_again(room: Mailroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the database away each recipient is put off, by a code that has the sender keep the mail."""

    def broken(*_: object) -> int:
        raise sa.exc.OperationalError("insert", {}, OSError("away"))

    monkeypatch.setattr(lmtp, "keep_mail", broken)
    refused = room.hand_over(letter("x"), f"help@{DOMAIN}", f"subscribe@{DOMAIN}")
    assert [(451, b"4.3.0 Try again later")] * 2 == list(refused.values())
    assert [] == room.ringer.rung


def test_other_octets_are_no_trouble(room: Mailroom) -> None:
    """Octets that are no text of any charset, and an empty message, are kept as they are."""
    for octets in (bytes(each for each in range(256) if each not in b"\r\n.") + b"\r\n", b""):
        assert {} == room.hand_over(octets, f"help@{DOMAIN}")
    assert 2 == len(room.rows())


def test_a_sender_with_letters_of_any_script(room: Mailroom) -> None:
    """SMTPUTF8 is spoken (RFC 6531), and such an address is kept."""
    with smtplib.LMTP("127.0.0.1", room.port) as client:
        client.ehlo_or_helo_if_needed()
        client.command_encoding = "utf-8"
        assert 250 == client.mail("жанна@почта.example", ["SMTPUTF8"])[0]
        client.rcpt(f"help@{DOMAIN}")
        assert 250 == client.data(letter("x"))[0]
    assert "жанна@почта.example" == room.rows()[0]["envelope_from"]


def test_many_talk_at_once(room: Mailroom) -> None:
    """More connections than are read at a time all come to their turn."""
    threads = [
        threading.Thread(target=room.hand_over, args=(letter(f"{number}"), f"help@{DOMAIN}"))
        for number in range(3 * lmtp.MOST_AT_ONCE)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert 3 * lmtp.MOST_AT_ONCE == len(room.rows())


def test_a_port_that_is_taken(room: Mailroom, database: Database) -> None:
    """Where another process listens, the error names the settings."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        porter = Porter(database, room.ringer, DOMAIN, lambda: room.now)
        with (
            pytest.raises(SettingsError, match="LMTP_PORT"),
            listening(porter, "127.0.0.1", taken.getsockname()[1]),
        ):
            pass
