"""Read what the local mailbox stored.

Any program may submit anything there, so nothing in a message is trusted to be well formed: what cannot be
decoded is shown as it came, never an error.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path

from newsletter.errors import NotFoundError
from newsletter.local.mailbox import NAME_TIME

_NAME = re.compile(r"(?P<time>\d{8}T\d{12}Z)-[0-9a-f]{8}\.eml", re.ASCII)
_ENVELOPE = re.compile(rb"(?:X-Envelope-(?:From|To):[^\r\n]*\r?\n){0,2}")
_HEAD_SIZE = 65_536
# What the standard library's parser has been seen to raise on broken messages.
_BROKEN = (MessageError, LookupError, ValueError, TypeError, AttributeError, AssertionError, RecursionError)


@dataclass(frozen=True)
class Summary:
    """One line of the mailbox. ``received_at`` is in UTC; the rest is empty where a message lacks it."""

    name: str
    received_at: datetime
    envelope_to: str
    sender: str
    subject: str


@dataclass(frozen=True)
class Opened:
    """One message: decoded ``headers`` in their order, the first ``text`` and ``html`` part or "".

    ``source`` is the bytes as they were submitted; ``envelope_from`` and ``envelope_to`` came beside them.
    """

    envelope_from: str
    envelope_to: str
    headers: list[tuple[str, str]]
    text: str
    html: str
    source: bytes


def list_messages(folder: Path, *, newest_first: bool = True, limit: int | None = 100) -> list[Summary]:
    """Return what ``folder`` holds in order of arrival; nothing when there is no such folder."""
    if not folder.is_dir():
        return []
    names = sorted((path.name for path in folder.iterdir() if _NAME.fullmatch(path.name)), reverse=newest_first)
    summaries = []
    for name in names[:limit]:
        with suppress(OSError):  # deleted since the folder was listed
            summaries.append(_summary(folder, name))
    return summaries


def read_message(folder: Path, name: str) -> Opened:
    """Return the message stored under ``name``. Raises NotFoundError for any other name, path or not."""
    try:
        if not _NAME.fullmatch(name):
            raise FileNotFoundError(name)
        stored = (folder / name).read_bytes()
    except OSError:
        raise NotFoundError(f"The mailbox holds no message {name!r}.", "It may have been deleted.") from None
    envelope, source = _split(stored)
    message = _parse(source)
    return Opened(
        envelope.get("from", ""),
        envelope.get("to", ""),
        _headers(message) if message else [],
        _first(message, "text/plain") if message else _text(source),
        _first(message, "text/html") if message else "",
        source,
    )


def _summary(folder: Path, name: str) -> Summary:
    with (folder / name).open("rb") as file:
        envelope, head = _split(file.read(_HEAD_SIZE))
    message = _parse(head)
    headers = {key.lower(): value for key, value in reversed(_headers(message))} if message else {}
    match = _NAME.fullmatch(name)
    assert match
    return Summary(
        name,
        datetime.strptime(match["time"], NAME_TIME).replace(tzinfo=UTC),
        envelope.get("to", ""),
        headers.get("from", ""),
        headers.get("subject", ""),
    )


def _split(stored: bytes) -> tuple[dict[str, str], bytes]:
    """Part the envelope that the mailbox wrote from the message that followed it."""
    match = _ENVELOPE.match(stored)
    end = match.end() if match else 0
    lines = (_text(line).partition(":") for line in stored[:end].splitlines())
    return {name.removeprefix("X-Envelope-").lower(): value.strip() for name, _, value in lines}, stored[end:]


def _parse(source: bytes) -> "Message | None":
    with suppress(*_BROKEN):
        return message_from_bytes(source)
    return None


def _headers(message: Message) -> list[tuple[str, str]]:
    return [(name, _plain(str(value))) for name, value in message.raw_items()]


def _plain(value: str) -> str:
    """Decode RFC 2047 words and raw UTF-8 (RFC 6532), and unfold."""
    unfolded = re.sub(r"\r?\n(?=[ \t])", "", value)
    clean = _text(unfolded.encode("utf-8", "surrogateescape"))
    with suppress(*_BROKEN):
        return _text(str(make_header(decode_header(clean))).encode("utf-8", "replace"))
    return clean


def _first(message: Message, kind: str) -> str:
    for part in message.walk():
        with suppress(*_BROKEN):
            if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
                return _decoded(part)
    return ""


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    with suppress(*_BROKEN):
        return payload.decode(part.get_content_charset("utf-8"), "replace")
    return _text(payload)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
