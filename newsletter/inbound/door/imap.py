"""The other way in: a mailbox that is read by IMAP, for those whose mail is kept elsewhere.

What was sent to an address of ours is kept like mail over LMTP, then marked as seen and moved to a folder of its
own. Everything else in the mailbox is left as it was: not moved, not marked, and of its text nothing is fetched.
"""

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from newsletter import log
from newsletter.bell import Bell, TaskName
from newsletter.db import Database
from newsletter.errors import SettingsError
from newsletter.inbound.door.entrance import read_entrance
from newsletter.inbound.door.store import LARGEST_MAIL, Arrived, keep_mail, sender_addresses
from newsletter.inbound.mail.addresses import address_in, addresses_in
from newsletter.inbound.mail.headers import Headers, read_headers

DONE = "newsletter-done"
"""The folder for what was kept."""

MOST_LOOKED_AT = 2_000
"""Messages of others, unseen and in our domain, among which ours are found at a poll."""

MOST_TAKEN = 200
"""Messages that one poll takes; the next takes the rest."""

POLLS = 2**30 - 1
"""The key of the lock under which a mailbox is read."""

_PATIENCE = 30
_AT_ONCE = 100
_ENVELOPES = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc")
"""Where mail systems write whom a message was really for, surest first."""

_FIELDS = " ".join(("return-path", "from", *_ENVELOPES)).upper()
_UID = re.compile(rb"UID (\d+)")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"imaps": 993, "imap": 143}

_log = log.get("inbound")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where to read, as IMAP_URL says."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    is_tls: bool


class Found(NamedTuple):
    """A message in the mailbox that is for us, and its envelope as its header tells it."""

    uid: str
    envelope_from: str
    envelope_to: str


def read_mailbox(url: str) -> Mailbox:
    """Read IMAP_URL. Raises SettingsError for what is no mailbox's address."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        parts, port = urlsplit(""), 0
    if not parts.hostname or not parts.username:
        raise SettingsError(
            "IMAP_URL is no mailbox's address.",
            "Write imaps://user:password@host:993/folder, or imap://… on loopback.",
        )
    folder = unquote(parts.path.strip("/")) or "INBOX"
    user, password = unquote(parts.username), unquote(parts.password or "")
    return Mailbox(parts.hostname, port, user, password, folder, parts.scheme == "imaps")


def poll_mailbox(database: Database, mailbox: Mailbox, domain: str, now: Callable[[], datetime]) -> list[Bell]:
    """Keep what has come for ``domain`` and is unseen; return the bells to ring. One process does so at a time.

    A message is marked and moved only once it is kept. What cannot be read now is left to the next poll.
    """
    bells = list[Bell]()
    with database.one_of_few(POLLS, 1) as may_poll:
        if not may_poll:
            return []
        try:
            with _opened(mailbox) as client:
                bells += _kept(client, database, domain, now)
        # The library has no words for a user or password that is not ASCII.
        except (imaplib.IMAP4.error, OSError, UnicodeError) as error:
            _log.warning("mailbox_unread", host=mailbox.host, kind=type(error).__name__)
    return bells


def _kept(client: imaplib.IMAP4, database: Database, domain: str, now: Callable[[], datetime]) -> Iterator[Bell]:
    """Keep one message after the other, and give the bell of each that is new."""
    with database.transaction() as connection:
        senders = sender_addresses(connection)
    for found in _ours(client, domain, senders):
        octets = _octets(client, found.uid)
        if octets is None:
            continue
        with database.transaction() as connection:
            arrived = Arrived("imap", found.envelope_from, found.envelope_to, octets)
            kept = keep_mail(connection, arrived, now())
        _log.info("mail_received", source="imap", size=len(octets))
        if kept is not None:
            yield Bell(TaskName.HANDLE_INBOUND, kept)
        _put_aside(client, found.uid)


@contextmanager
def _opened(mailbox: Mailbox) -> Iterator[imaplib.IMAP4]:
    """Log in and open the folder."""
    client = _connected(mailbox)
    try:
        client.login(mailbox.user, mailbox.password)
        _must(client.select(_quoted(mailbox.folder)))
        # There already, every time but the first.
        client.create(DONE)
        yield client
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            client.logout()


def _connected(mailbox: Mailbox) -> imaplib.IMAP4:
    context = ssl.create_default_context()
    if mailbox.is_tls:
        return imaplib.IMAP4_SSL(mailbox.host, mailbox.port, ssl_context=context, timeout=_PATIENCE)
    client = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=_PATIENCE)
    if mailbox.host not in _LOOPBACK:
        # A password never leaves the machine in the clear; a server without STARTTLS is an error here.
        client.starttls(context)
    return client


def _ours(client: imaplib.IMAP4, domain: str, senders: dict[str, str]) -> Iterator[Found]:
    """Give what is unseen and for an address of ours, the oldest first."""
    told = " ".join(f'HEADER {name.upper()} "@{domain}"' for name in _ENVELOPES)
    either = " ".join(["OR"] * (len(_ENVELOPES) - 1))
    uids = _must(client.uid("SEARCH", f"UNDELETED UNSEEN {either} {told}"))[0].decode().split()
    taken = 0
    for start in range(0, len(uids[-MOST_LOOKED_AT:]), _AT_ONCE):
        asked = uids[-MOST_LOOKED_AT:][start : start + _AT_ONCE]
        answer = _must(client.uid("FETCH", ",".join(asked), f"(UID BODY.PEEK[HEADER.FIELDS ({_FIELDS})])"))
        for uid, octets in _fetched(answer):
            found = _found(uid, read_headers(octets.replace(b"\r\n", b"\n")), domain, senders)
            if found is not None and taken < MOST_TAKEN:
                taken += 1
                yield found


def _found(uid: str, headers: Headers, domain: str, senders: dict[str, str]) -> Found | None:
    named = [address for name in _ENVELOPES for value in headers.all(name) for address in addresses_in(value)]
    ours = next((each for each in named if read_entrance(each, domain, senders)), "")
    path = headers["return-path"]
    envelope_from = address_in(path) if path else address_in(headers["from"])
    return Found(uid, envelope_from, ours) if ours else None


def _octets(client: imaplib.IMAP4, uid: str) -> bytes | None:
    """Return a message, cut where it is too large; None where it is gone meanwhile."""
    answer = _must(client.uid("FETCH", uid, f"(UID BODY.PEEK[]<0.{LARGEST_MAIL}>)"))
    return next((octets for _, octets in _fetched(answer)), None)


def _put_aside(client: imaplib.IMAP4, uid: str) -> None:
    """Mark a message as seen and move it; where the server cannot move (RFC 6851), it stays, and is seen."""
    _must(client.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)"))
    # Asked now: what a server could do before the login is what imaplib remembers.
    if b"MOVE" in _must(client.capability())[0].split():
        client.uid("MOVE", uid, DONE)


def _fetched(answer: list[Any]) -> Iterator[tuple[str, bytes]]:
    """Give the number and the octets of each message in an answer to FETCH, as imaplib takes it apart."""
    for each in answer:
        if isinstance(each, tuple) and (uid := _UID.search(each[0])):
            yield uid[1].decode(), each[1]


def _must(answer: tuple[str, list[Any]]) -> list[Any]:
    status, said = answer
    if status != "OK":
        raise imaplib.IMAP4.error(status)
    return said


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
