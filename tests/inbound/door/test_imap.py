"""Reading a mailbox: a real IMAP server, and everybody else's mail in it."""

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from newsletter.bell import SilentRinger, TaskName
from newsletter.config import Settings
from newsletter.errors import SettingsError
from newsletter.inbound.door import imap
from newsletter.inbound.door.imap import DONE, Mailbox, poll_mailbox, read_mailbox
from newsletter.inbound.door.store import LARGEST_MAIL
from newsletter.inbound_tasks import poll_inbox
from newsletter.services import Services
from newsletter.tasks import ring_tick
from newsletter.tokens import Purpose
from tests.inbound import dovecot
from tests.inbound.mailroom import ANN, DOMAIN, Mailroom, letter

WITHOUT = pytest.mark.skipif(dovecot.PROGRAM is None, reason="Dovecot is not installed (Debian: dovecot-imapd)")


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[dovecot.Mailbox]:
    """Give a running server."""
    with dovecot.open_dovecot(tmp_path / "dovecot") as opened:
        yield opened


def at(mailbox: dovecot.Mailbox, folder: str = "") -> Mailbox:
    """Return where to read, by way of a URL such as an operator writes."""
    user, password = quote(dovecot.USER, safe=""), quote(dovecot.PASSWORD, safe="")
    return read_mailbox(f"imap://{user}:{password}@127.0.0.1:{mailbox.port}/{folder}")


def poll(room: Mailroom, where: Mailbox) -> None:
    room.ringer.ring(poll_mailbox(room.database, where, DOMAIN, lambda: room.now))


@WITHOUT
def test_what_is_for_us_is_taken(room: Mailroom, mailbox: dovecot.Mailbox) -> None:
    """A mail to an address of ours is handled like one over LMTP, and moved aside, seen; once."""
    mailbox.put(letter("", "Hello", Return_Path=f"<{ANN}>", Delivered_To=f"subscribe@{DOMAIN}", To="x@y.example"))
    for _ in range(2):
        poll(room, at(mailbox))
        room.handle()
    assert (["subscribe"], 1) == (room.outcomes(), len(room.sent))
    assert ([], ["Hello"]) == (mailbox.subjects(), mailbox.subjects(DONE, "SEEN"))


@WITHOUT
def test_other_peoples_mail_is_left_as_it_was(room: Mailroom, mailbox: dovecot.Mailbox) -> None:
    """What is for the editors, or for an address that we do not have, is neither moved nor marked nor kept."""
    for to in ("editors@paper.example", f"boss@{DOMAIN}", f"subscribe2@{DOMAIN}"):
        mailbox.put(letter("private", to, To=to))
    poll(room, at(mailbox))
    assert 3 == len(mailbox.subjects("INBOX", "UNSEEN"))
    assert ([], []) == (list(room.rows()), mailbox.subjects(DONE))


@WITHOUT
def test_what_was_read_already_is_left(room: Mailroom, mailbox: dovecot.Mailbox) -> None:
    """A message that somebody has seen is theirs."""
    mailbox.put(letter("", "Seen"))
    with mailbox.client() as client:
        client.select("INBOX")
        client.store("1", "+FLAGS", r"(\Seen)")
    poll(room, at(mailbox))
    assert ["Seen"] == mailbox.subjects()


@WITHOUT
def test_the_envelope_is_read_from_the_header(room: Mailroom, mailbox: dovecot.Mailbox) -> None:
    """Return-Path is the sender, an empty one the null sender; without one it is the author's address."""
    signed = room.address(Purpose.BOUNCE, 1)
    mailbox.put(letter("1", To=signed, Return_Path="<>"))
    mailbox.put(letter("2", To=f"Ann <x@y.example>, Us <help@{DOMAIN}>", From="Bob <bob@reader.example>"))
    poll(room, at(mailbox))
    told = [(row["source"], row["envelope_from"], row["envelope_to"]) for row in room.rows()]
    assert [("imap", "", signed), ("imap", "bob@reader.example", f"help@{DOMAIN}")] == told


@WITHOUT
def test_another_folder(room: Mailroom, mailbox: dovecot.Mailbox) -> None:
    """The URL names the folder to read, blanks and all."""
    with mailbox.client() as client:
        client.create('"News letters"')
        client.append('"News letters"', "", "", letter(""))
    poll(room, at(mailbox, "News%20letters"))
    assert 1 == len(room.rows())


@WITHOUT
def test_a_huge_message_is_cut(room: Mailroom, mailbox: dovecot.Mailbox) -> None:
    """Of a message that is too large only its beginning is fetched; a report says what it says there."""
    mailbox.put(letter("x" * 70 + "\n" * (LARGEST_MAIL // 2), "Large") + b"y\r\n" * (LARGEST_MAIL // 2))
    poll(room, at(mailbox))
    assert [LARGEST_MAIL] == [len(row["octets"]) for row in room.rows()]


@WITHOUT
def test_a_message_that_was_kept_and_not_moved(
    room: Mailroom, mailbox: dovecot.Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies between keeping and moving leaves a message that is read again, and is the same one."""
    mailbox.put(letter(""))
    with monkeypatch.context() as dying:
        dying.setattr(imap, "_put_aside", lambda *_: (_ for _ in ()).throw(OSError("killed")))
        poll(room, at(mailbox))
    poll(room, at(mailbox))
    assert (1, 1) == (len(room.rows()), len(room.ringer.rung))
    assert [] == mailbox.subjects()


@WITHOUT
def test_one_poll_takes_so_many(room: Mailroom, mailbox: dovecot.Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full mailbox is read over several polls, the oldest first."""
    monkeypatch.setattr(imap, "MOST_TAKEN", 2)
    for number in range(3):
        mailbox.put(letter("", f"{number}"))
    poll(room, at(mailbox))
    assert (["2"], ["0", "1"]) == (mailbox.subjects(), mailbox.subjects(DONE))
    poll(room, at(mailbox))
    assert [] == mailbox.subjects()


@WITHOUT
def test_a_wrong_password(room: Mailroom, mailbox: dovecot.Mailbox, capsys: pytest.CaptureFixture[str]) -> None:
    """A mailbox that does not let us in is a line in the log without the password, and nothing fails."""
    wrong = read_mailbox(f"imap://paper:wrong-secret@127.0.0.1:{mailbox.port}")
    poll(room, wrong)
    told = "".join(capsys.readouterr())
    assert ("mailbox_unread" in told, "wrong-secret" in told) == (True, False)


def test_a_server_that_hangs_up(room: Mailroom, capsys: pytest.CaptureFixture[str]) -> None:
    """A server that goes away in the middle of its greeting ends this poll, and no more."""

    class Rude(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(b"* OK")

    with socketserver.TCPServer(("127.0.0.1", 0), Rude) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        poll(room, read_mailbox(f"imap://a:b@127.0.0.1:{server.server_address[1]}"))
        server.shutdown()
    assert "mailbox_unread" in "".join(capsys.readouterr())


def test_the_tick_has_it_read_once_a_minute(servers: Settings, room: Mailroom) -> None:
    """Two ticks within a minute ring once for the mailbox; the task takes a mailbox that is away as it is."""
    url = SecretStr("imap://a:b@127.0.0.1:1")
    services = Services(servers.model_copy(update={"inbound_domain": DOMAIN, "imap_url": url}))
    services.ringer = ringer = SilentRinger()  # type: ignore[assignment]  # stands in for the broker
    for _ in range(2):
        ring_tick(services)
    assert 1 == [each.task for each in ringer.rung].count(TaskName.POLL_MAILBOX)
    poll_inbox(services)
    services.close()


def test_without_a_mailbox_nothing_is_polled(servers: Settings, room: Mailroom) -> None:
    """An installation without IMAP_URL rings for no mailbox, and a bell for it does nothing."""
    services = Services(servers.model_copy(update={"inbound_domain": DOMAIN}))
    services.ringer = ringer = SilentRinger()  # type: ignore[assignment]  # stands in for the broker
    ring_tick(services)
    poll_inbox(services)
    assert TaskName.POLL_MAILBOX not in {each.task for each in ringer.rung}
    services.close()


@WITHOUT
def test_letters_that_the_protocol_does_not_know(room: Mailroom, mailbox: dovecot.Mailbox) -> None:
    """A password beyond ASCII is refused in the log, and nothing fails."""
    poll(room, read_mailbox(f"imap://paper:p%C3%A4ss@127.0.0.1:{mailbox.port}"))
    assert [] == room.ringer.rung


def test_two_polls_at_once_are_one(room: Mailroom) -> None:
    """While one process reads the mailbox, another leaves it alone."""
    with room.database.one_of_few(imap.POLLS, 1):
        poll(room, read_mailbox("imap://a:b@127.0.0.1:1"))
    assert [] == room.ringer.rung


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("imaps://ann@paper.example", Mailbox("paper.example", 993, "ann", "", "INBOX", is_tls=True)),
        ("imap://a%40b:c%2Fd@[::1]:143/In/News", Mailbox("::1", 143, "a@b", "c/d", "In/News", is_tls=False)),
    ],
)
def test_addresses_of_mailboxes(url: str, expected: Mailbox) -> None:
    """A mailbox's address has a server, a user, a password and a folder, each of which may be escaped."""
    assert expected == read_mailbox(url)


@pytest.mark.parametrize("url", ["", "imaps://paper.example", "pop3://a:b@c", "imap://a:b@c:99999", "imaps://[x"])
def test_what_is_no_mailbox(url: str) -> None:
    """Anything else is refused with an example, and without the password that stands in it."""
    with pytest.raises(SettingsError, match="IMAP_URL"):
        read_mailbox(url)
