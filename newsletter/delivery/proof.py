"""Proof that a message built the quick way is the one that the plain way makes.

Whoever joins bytes owes it: a mistake would reach every reader of an edition.
"""

import re
from email import message_from_bytes
from email.message import Message

from newsletter.delivery.quoted import LONGEST_LINE
from newsletter.errors import ContentError

_STRAY = re.compile(rb"\r(?!\n)|(?<!\r)\n|[^\x00-\x7f]|\n\.")
"""A line end that is not CRLF, an octet that is not ASCII, a line that would have to be stuffed."""


def prove(message: bytes, expected: bytes) -> None:
    """Compare two messages as a reader's program would read them: headers to the letter, parts once decoded.

    Raises ContentError when they differ, or when ``message`` is not fit for every relay: RFC 5321 §2.3.8 for its
    line ends, RFC 2045 §6.7 for the length of its lines.
    """
    content = message.partition(b"\r\n\r\n")[2]
    longest = max(len(line) for line in content.split(b"\r\n"))
    if _STRAY.search(message) or longest > LONGEST_LINE:
        raise _mistake("is not fit for the wire")
    if _read(message_from_bytes(message)) != _read(message_from_bytes(expected)):
        raise _mistake("says something else than it should")


def _mistake(what: str) -> ContentError:
    return ContentError(
        f"A sample of the compiled edition {what}.",
        "This is a mistake in the program: please report it with the edition.",
    )


def _read(message: Message) -> list[object]:
    """Return what a message says, part by part, in order."""
    return [
        (part.items(), part.preamble, part.epilogue, list(map(type, part.defects)), part.get_payload(decode=True))
        for part in message.walk()
    ]
