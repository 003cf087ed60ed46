"""Bytes into text, whatever a mail program called their charset.

Only charsets of mail are tried: among Python's codecs are some that take quadratic time (``punycode``).
"""

import re
from email.errors import HeaderParseError
from email.header import decode_header

_KNOWN = re.compile(
    r"(?:us-)?ascii|utf-?(?:8|16(?:le|be)?)|(?:iso|latin|windows|cp|koi8|mac|big5|gb|euc|ks_c|shift|hz|tis)[a-z0-9_-]*|sjis"
)
_ESCAPED_JAPANESE = re.compile(rb"\x1b\$[@B]")
_ENCODED_WORD = "=?"
_MOST_ENCODED = 2_000
"""Characters of a header in which encoded words are looked for."""


def decode(octets: bytes, charset: str = "") -> str:
    """Return the text; what no charset explains is read as UTF-8, else as Windows-1252 with gaps."""
    named = charset.strip().lower()
    if _ESCAPED_JAPANESE.search(octets):
        # Seven bits with escapes are nothing else, whatever they are called.
        named = "iso-2022-jp"
    if named and _KNOWN.fullmatch(named) and named not in {"us-ascii", "ascii"}:
        try:
            return octets.decode(named, "replace")
        except (LookupError, ValueError):
            pass
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def decode_words(value: str) -> str:
    """Return a header's text with its encoded words (RFC 2047) decoded; broken ones stay as they are."""
    if _ENCODED_WORD not in value or len(value) > _MOST_ENCODED:
        return value
    try:
        parts = decode_header(value)
    except (HeaderParseError, ValueError, LookupError):
        return value
    return "".join(part if isinstance(part, str) else decode(part, charset or "") for part, charset in parts)
