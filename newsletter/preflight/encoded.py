"""The check of encoded words: letters beyond ASCII in a header (RFC 2047). Pure."""

import binascii
import codecs
import re
from base64 import b64decode
from collections.abc import Iterator
from email.quoprimime import header_decode

from newsletter.preflight.expected import Expected
from newsletter.preflight.finding import Finding, block, shown
from newsletter.preflight.opened import Field, Opened
from newsletter.preflight.wire import structured

LONGEST_WORD, LONGEST_LINE = 75, 76
"""Characters of one encoded word, and of a line that has one (RFC 2047 §2)."""

_WORD = re.compile(r"=\?([!-~]+?)\?([BbQq])\?([!->@-~]*)\?=")
_ALIKE = re.compile(r"=\?[^?]*\?[^?]*\?[^?]*\?=")
_OURS = "Mend the name of the newsletter or the subject, or report it: the program writes these words."


def check_encoded_words(message: Opened, _: Expected) -> Iterator[Finding]:
    """Whether each encoded word is one, short enough, readable, and where one may stand."""
    for field in message.fields:
        yield from _of_field(field)
    for field in structured(message.fields):
        if "=?" in field.value:
            yield block(f"{field.name} holds an encoded word, where none may stand.", field.name, _OURS)


def _of_field(field: Field) -> Iterator[Finding]:
    for written in _ALIKE.findall(field.value):
        found = _WORD.fullmatch(written)
        if found is None:
            yield block(f"{shown(written, 60)!r} is no encoded word.", field.name, _OURS)
        elif len(written) > LONGEST_WORD:
            yield block(f"An encoded word has {len(written)} characters; 75 are allowed.", field.name, _OURS)
        elif not _can_be_read(*found.groups()):
            yield block(f"{shown(written, 60)!r} cannot be read.", field.name, _OURS)
    if any(_WORD.search(line) and len(line) > LONGEST_LINE for line in field.lines):
        yield block("A line with an encoded word is longer than 76 characters.", field.name, _OURS)
    if re.search(r"\?==\?|[^\s(]=\?[!-~]+?\?[BbQq]\?", field.value):
        yield block("Encoded words touch what stands beside them.", field.name, _OURS)


def _can_be_read(charset: str, encoding: str, text: str) -> bool:
    try:
        codecs.lookup(charset.partition("*")[0])
        plain = b64decode(text, validate=True) if encoding in "bB" else header_decode(text).encode("latin-1")
        plain.decode(charset.partition("*")[0])
    except (LookupError, ValueError, binascii.Error):
        return False
    return True
