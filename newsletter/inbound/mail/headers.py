"""Fields of a message or of a report, read leniently and within limits: nothing a stranger writes raises here."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from newsletter.inbound.mail.charsets import decode, decode_words

MOST_FIELDS = 300
LONGEST_FIELD = 8_000
"""Characters of a field's value; the rest of a longer one is dropped."""

_FIELD = re.compile(r"([!-9;-~]{1,80})[ \t]*:[ \t]*(.*)")
_PARAMETER = re.compile(r";\s*([a-z0-9-]{1,40})\s*=\s*(?:\"([^\"]{0,300})\"?|([^\s;\"]{1,300}))", re.IGNORECASE)
_LEAST_FIELDS = 3
_MESSAGE_FIELDS = frozenset({"from", "to", "subject", "received", "message-id"})
_ENVELOPE_LINE = "From "
"""What a mailbox file puts before each message."""


class Field(NamedTuple):
    """A field with its name in lower case and its value on one line."""

    name: str
    value: str


class Headers:
    """The fields of one header section; the first of a name counts, as the topmost is the youngest."""

    def __init__(self, fields: list[Field]) -> None:
        self.fields = fields
        self._first: dict[str, str] = {}
        for name, value in fields:
            self._first.setdefault(name, value)

    def __getitem__(self, name: str) -> str:
        return self._first.get(name, "")

    def all(self, name: str) -> list[str]:
        """Return every value of a name, in order."""
        return [field.value for field in self.fields if field.name == name]

    @property
    def content_type(self) -> str:
        """The media type in lower case; text/plain where none is said (RFC 2045 §5.2)."""
        # Some forget the semicolon before the first parameter.
        found = self["content-type"].partition(";")[0].lower().split()[:1]
        return found[0] if found and "/" in found[0] else "text/plain"

    def parameter(self, name: str) -> str:
        """Return a parameter of Content-Type, or nothing."""
        for key, quoted, bare in _PARAMETER.findall(self["content-type"]):
            if key.lower() == name:
                return str(quoted or bare)
        return ""


def read_headers(octets: bytes) -> Headers:
    """Return the fields of a header section whose lines end with LF."""
    lines = decode(octets).split("\n")
    if lines and lines[0].startswith(_ENVELOPE_LINE):
        del lines[0]
    return Headers([Field(name, decode_words(value)) for name, value in read_fields(lines)])


def read_fields(lines: list[str]) -> Iterator[Field]:
    """Read fields with their continuations (RFC 5322 §2.2.3); a line that is no field is passed over."""
    name, pieces, size, count = "", list[str](), 0, 0
    for line in lines:
        if line[:1] in {" ", "\t"} and name:
            if size < LONGEST_FIELD:
                pieces.append(line.strip()[:LONGEST_FIELD])
                size += len(pieces[-1])
            continue
        if name:
            yield Field(name, " ".join(pieces).strip()[:LONGEST_FIELD])
        found = _FIELD.match(line[: LONGEST_FIELD + 100])
        name = found[1].lower() if found else ""
        pieces = [found[2]] if found else []
        size = len(pieces[0]) if pieces else 0
        count += 1
        if count > MOST_FIELDS:
            return
    if name:
        yield Field(name, " ".join(pieces).strip()[:LONGEST_FIELD])


def looks_like_headers(lines: list[str]) -> bool:
    """Whether these lines begin the header section of a message: several fields, and one of a message's own."""
    names: set[str] = set()
    for line in lines:
        found = _FIELD.match(line[:200])
        if found:
            names.add(found[1].lower())
        elif not names or line[:1] not in {" ", "\t"} or not line.strip():
            break
    return len(names) >= _LEAST_FIELDS and not names.isdisjoint(_MESSAGE_FIELDS)
