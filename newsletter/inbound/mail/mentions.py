"""Whether a message names an address: in its fields or its text, and under whatever encoding. Pure."""

import re

from newsletter.inbound.mail.mime import Letter, read_letter
from newsletter.readers.spellings import names

_DEEPEST = 3
"""Messages returned within messages that are looked into."""


def mentions(octets: bytes, address: re.Pattern[str], depth: int = 0) -> bool:
    """Whether a message names an address (``readers.spellings``); never raises, whatever the octets."""
    if names(octets.decode("utf-8", "replace"), address):
        return True
    letter = read_letter(octets)
    if names(_fields(letter), address):
        return True
    for part in letter.parts:
        told = (part.octets.decode("utf-8", "replace"), part.text if part.is_text else "")
        if any(names(each, address) for each in told):
            return True
        if part.is_returned and depth < _DEEPEST and mentions(part.octets, address, depth + 1):
            return True
    return False


def _fields(letter: Letter) -> str:
    sections = (letter.headers, *(part.headers for part in letter.parts))
    return "\n".join(field.value for headers in sections for field in headers.fields)
