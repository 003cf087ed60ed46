"""Proof that a message built the quick way is the one that the plain way makes.

Whoever joins bytes owes it: a mistake would reach every reader of an edition.
"""

import re
from email import message_from_bytes
from email.message import Message

from newsletter.delivery.messages import encoding as eight_bit
from newsletter.delivery.messages.quoted import LONGEST_LINE
from newsletter.errors import ContentError

_TO = re.compile(rb"^To: (.*)\r\n", re.MULTILINE)


def prove(message: bytes, expected: bytes, *, is_8bit: bool = False) -> None:
    """Compare two messages as a reader's program would read them: headers to the letter, parts once decoded.

    Raises ContentError when they differ, or when ``message`` is not fit for every relay, or in 8bit for each that
    takes it: RFC 5321 §2.3.8 for its line ends, §4.5.2 for dots, RFC 2045 §6.7 and §6.8 for the length of its
    lines, §2.8 and RFC 5322 §2.1.1 in 8bit. Of the headers only To may go beyond ASCII, in UTF-8 (RFC 6532 §3.2).
    """
    line_ends = message.count(b"\r\n")
    head, _, content = message.partition(b"\r\n\r\n")
    is_fit = (
        message.count(b"\r") == message.count(b"\n") == line_ends
        and b"\n." not in message
        and _TO.sub(b"", head).isascii()
        and _fits(content, is_8bit=is_8bit)
    )
    if not is_fit:
        raise _mistake("is not fit for the wire")
    if _read(message_from_bytes(message)) != _read(message_from_bytes(expected)):
        raise _mistake("says something else than it should")


def _fits(content: bytes, *, is_8bit: bool) -> bool:
    longest = max(map(len, content.split(b"\r\n")))
    if is_8bit:
        return b"\0" not in content and longest <= eight_bit.LONGEST_LINE
    return content.isascii() and longest <= LONGEST_LINE


def _mistake(what: str) -> ContentError:
    return ContentError(
        f"A sample of the compiled edition {what}.",
        "This is a mistake in the program: please report it with the edition.",
    )


def _read(message: Message) -> list[object]:
    """Return what a message says, part by part, in order."""
    return [
        (list(part.raw_items()), part.preamble, part.epilogue, part.get_payload(decode=True), _defects(part))
        for part in message.walk()
    ]


def _defects(part: Message) -> list[type]:
    return [type(defect) for defect in part.defects]
