"""The scripted relay itself, over real sockets: a harness that misjudges proves nothing."""

import smtplib
import socket

import pytest

from faults.relay import Relay
from faults.rules import CLOSE, HANG, RESET, Rule
from faults.sink import OFFERS
from tests.hasty import greet_hastily

TEXT = b"Message-ID: <1@a>\r\n\r\nHarbour opens.\r\n"
MAIL = b"MAIL FROM:<news@a>\r\nRCPT TO:<ann@a>\r\nDATA\r\n"


def connect(relay: Relay) -> socket.socket:
    """Return a connection whose banner and EHLO are over."""
    connection = socket.create_connection(("127.0.0.1", relay.port), timeout=10)
    answers(connection, 1)
    connection.sendall(b"EHLO client\r\n")
    while b"\n250 " not in connection.recv(4096):
        pass
    return connection


def answers(connection: socket.socket, count: int) -> list[str]:
    """Return the codes of the next replies, fewer when the relay hangs up."""
    said = b""
    while said.count(b"\r\n") < count:
        try:
            part = connection.recv(4096)
        except ConnectionResetError:
            return [*(line[:3].decode() for line in said.splitlines()), "RST"]
        if not part:
            break
        said += part
    return [line[:3].decode() for line in said.splitlines()]


def test_a_usual_client(relay: Relay) -> None:
    """The standard library's client gets its message kept, with what the log is for."""
    with smtplib.SMTP("127.0.0.1", relay.port) as client:
        client.sendmail("news@a", ["ann@a"], TEXT)
    (kept,) = relay.kept()
    assert ("ann@a", "<1@a>", 1) == (kept.recipient, kept.message_id, kept.connection)
    assert kept.begun_at <= kept.accepted_at


def test_pipelining_and_a_text_in_pieces(relay: Relay) -> None:
    """Commands in one packet are answered in order, and the end of a text may come in pieces (RFC 2920)."""
    with connect(relay) as client:
        client.sendall(MAIL)
        assert ["250", "250", "354"] == answers(client, 3)
        for piece in (TEXT, b"\r\n", b".", b"\r", b"\n" + MAIL):
            client.sendall(piece)
        assert ["250", "250", "250", "354"] == answers(client, 4)
        client.sendall(TEXT + b".\r\nQUIT\r\n")
        assert ["250", "221"] == answers(client, 2)
    assert 2 == len(relay.kept())


def test_bdat(relay: Relay) -> None:
    """Octets come by count, a dot among them means nothing, and LAST ends the message (RFC 3030)."""
    with connect(relay) as client:
        client.sendall(b"MAIL FROM:<news@a>\r\nRCPT TO:<ann@a>\r\nBDAT 5\r\n\r\n.\r\n")
        client.sendall(b"BDAT %d LAST\r\n" % len(TEXT) + TEXT)
        assert ["250", "250", "250", "250"] == answers(client, 4)
        client.sendall(b"MAIL FROM:<news@a>\r\nRCPT TO:<bob@a>\r\nBDAT 4\r\nabcdBDAT 0 LAST\r\n")
        assert ["250", "250", "250", "250"] == answers(client, 4)
    assert ["ann@a", "bob@a"] == [each.recipient for each in relay.kept()]


def test_strictness(relay: Relay) -> None:
    """A second MAIL without RSET is refused, and DATA without a reader (RFC 5321 §4.1.4)."""
    relay.follow([Rule("rcpt", "550 5.1.1 nobody")])
    with connect(relay) as client:
        client.sendall(MAIL + MAIL + b"RSET\r\n" + MAIL)
        assert ["250", "550", "503", "503", "550", "503", "250", "250", "550", "503"] == answers(client, 10)
    assert [] == relay.kept()


@pytest.mark.parametrize(
    ("rule", "heard", "kept"),
    [
        (Rule("mail", CLOSE), [], 0),
        (Rule("rcpt", RESET), ["RST"], 0),
        (Rule("data", "421 4.3.2 bye"), ["250", "250", "421"], 0),
        (Rule("text", CLOSE), ["250", "250", "354"], 0),
        (Rule("dot", "451 4.3.0 not now"), ["250", "250", "354", "451"], 0),
        (Rule("reply", CLOSE), ["250", "250", "354"], 1),
        (Rule("reply", wait=0.1), ["250", "250", "354", "250"], 1),
        (Rule("rcpt", "drip", wait=0.01), ["250", "250", "354", "250"], 1),
    ],
)
def test_a_rule_at_each_step(relay: Relay, rule: Rule, heard: list[str], kept: int) -> None:
    """The relay fails where it was told to, and has kept exactly what it had by then."""
    relay.follow([rule])
    with connect(relay) as client:
        client.sendall(MAIL)
        said = answers(client, 3)
        if "354" in said:
            client.sendall(TEXT + b".\r\n")
            said += answers(client, 1)
    assert heard == said
    assert kept == len(relay.kept())
    assert [1] == relay.tell()["fired"]


def test_a_relay_that_hangs(relay: Relay) -> None:
    """A message that is never answered is known by its client's port."""
    relay.follow([Rule("text", HANG)])
    with connect(relay) as client:
        client.sendall(MAIL)
        answers(client, 3)
        client.sendall(TEXT + b".\r\n")
        while not (hung := relay.tell()["hung"]):
            pass
        assert [client.getsockname()[1]] == hung
        assert 1 == relay.tell()["open"]


def test_a_closed_door(relay: Relay) -> None:
    """A relay that is down refuses connections and ends those it has; then it is back on the same port."""
    with connect(relay) as client:
        relay.tell(listen=False)
        assert b"" == client.recv(1)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", relay.port))
    relay.tell(listen=True)
    connect(relay).close()


def test_a_command_right_behind_the_handshake(relay: Relay) -> None:
    """What comes in one segment with the end of the TLS handshake is heard, though nothing comes after it."""
    relay.tell(offers=[*OFFERS, "STARTTLS"])
    with socket.create_connection(("127.0.0.1", relay.port), timeout=10) as client:
        assert greet_hastily(client, b"EHLO client\r\n").startswith(b"250-")


def test_a_killed_relay_remembers(relay: Relay) -> None:
    """What was answered with 250 is in the log, whatever becomes of the relay."""
    with smtplib.SMTP("127.0.0.1", relay.port) as client:
        client.sendmail("news@a", ["ann@a"], TEXT)
        relay.kill()
        assert ["ann@a"] == [each.recipient for each in relay.kept()]
        relay.start()


def test_an_order_that_cannot_be(relay: Relay) -> None:
    """The control port says what it did not understand."""
    with pytest.raises(ValueError, match="no step"):
        relay.tell(rules=[{"step": "dance"}])
