"""A report in free text, taken apart: what it says, what it returns, and who merely stands in it. Pure."""

import re
from dataclasses import dataclass

from newsletter.inbound.mail.addresses import addresses_in
from newsletter.inbound.mail.headers import Headers, looks_like_headers, read_fields
from newsletter.inbound.mail.mime import Letter, returned_headers
from newsletter.inbound.report.classify import best_status, reply_class
from newsletter.inbound.report.phrases import Told, marks, reason_in

MOST_LINES = 200
LONGEST_LINE = 1_000
"""Characters of a line that are read; reports of that length are made to be a nuisance."""

_DASHES = " \t-_=*#>~.[<|:+─━※"
_LONGEST_MARK = 120
_MARKUP = "text/html"
_MARGIN = " \t>|"
_LONGEST_SECTION = 200
"""Lines of a returned header section that are read."""
_SYSTEM = re.compile(
    r"mailer-?_?daemon|post[-_]?master|mail[-_ ]?(?:delivery|deliver) (?:sub)?system|mail administrator|"
    r"system administrator|mail system|\bmailer\b|mail-?daemon|mdaemon|mail router|delivery subsystem",
    re.IGNORECASE,
)
_LONGEST_NAME = 300
"""Characters of a sender in which a name is looked for."""

_BOTH_WAYS = ("from", "sender", "reply-to", "return-path", "errors-to", "x-sender", "envelope-from")


@dataclass(frozen=True, slots=True)
class FreeText:
    """A report in free text.

    ``lines`` are what it says, without the message it returns; ``original`` are that message's fields.
    """

    headers: Headers
    lines: list[str]
    original: Headers

    @property
    def text(self) -> str:
        """What it says."""
        return "\n".join(self.lines)

    @property
    def mailed(self) -> list[str]:
        """Whom the returned message was for, as its To says."""
        return addresses_in(self.original["to"])

    @property
    def bystanders(self) -> set[str]:
        """Addresses that stand in every such report: ours, and that of the program that wrote it."""
        told = [self.headers[name] for name in ("to", "delivered-to", "x-original-to", *_BOTH_WAYS)]
        told += [self.original[name] for name in _BOTH_WAYS]
        found = {each.casefold() for value in told for each in addresses_in(value)}
        return found - {each.casefold() for each in self.mailed}


def take_apart(letter: Letter) -> FreeText:
    """Divide what a report says from what it returns."""
    lines = [line[:LONGEST_LINE] for line in _text(letter).split("\n")]
    end = _end_of_notice(lines)
    said, rest = lines[:end], lines[end:]
    returned = next((part for part in letter.parts if part.is_returned), None)
    original = returned_headers(returned) if returned else _headers_among(rest)
    return FreeText(letter.headers, said[:MOST_LINES], original)


def _text(letter: Letter) -> str:
    """Return the first plain text that says anything, else that of the first page of HTML."""
    plain = (part for part in letter.parts if part.is_text and part.content_type != _MARKUP)
    said = next((text for part in plain if (text := part.text).strip()), "")
    page = next((part for part in letter.parts if part.content_type == _MARKUP), None)
    return said or (page.text if page else "")


def _end_of_notice(lines: list[str]) -> int:
    """Return the number of lines before the returned message."""
    begun = False
    for number, line in enumerate(lines):
        if begun and _returns(line):
            return number
        if line[:1].isalpha() and ":" in line and looks_like_headers(lines[number : number + 12]):
            is_report_itself = "-recipient:" in "\n".join(lines[number : number + 12]).lower()
            if not is_report_itself:
                return number
        begun = begun or bool(line.strip())
    return len(lines)


def _returns(line: str) -> bool:
    """Whether a line says that the returned message follows."""
    told = line.strip(_DASHES).lower()
    is_marked = 0 < len(told) <= _LONGEST_MARK and (
        line.strip() != told or told.endswith(("follow", "follows", ":"))
    )
    return is_marked and any(told.startswith(mark) for mark in marks().original)


def _headers_among(lines: list[str]) -> Headers:
    """Return the fields of a message that stands among lines, perhaps quoted or indented."""
    for number, line in enumerate(lines[:MOST_LINES]):
        if ":" not in line:
            continue
        margin = len(line) - len(line.lstrip(_MARGIN))
        section = [each[margin:] for each in lines[number : number + _LONGEST_SECTION]]
        if looks_like_headers(section):
            end = next((at for at, each in enumerate(section) if not each.strip()), len(section))
            return Headers(list(read_fields(section[:end])))
    return Headers([])


def is_from_a_system(headers: Headers) -> bool:
    """Whether a mail system wrote it, by its name or by what kind of message it says it is."""
    is_report = headers.content_type == "multipart/report" and "disposition" not in headers.parameter(
        "report-type"
    )
    names = (headers["from"][:_LONGEST_NAME], headers["return-path"][:_LONGEST_NAME])
    return is_report or bool(headers["x-failed-recipients"]) or any(_SYSTEM.search(name) for name in names)


def is_notice(free: FreeText) -> bool:
    """Whether it tells of a failure, and is no person's automatic answer.

    The less is known of who wrote it, the more it has to say: a subject that tells of a failure, or a cause.
    """
    if free.headers["x-failed-recipients"]:
        return True
    subject, said = Told(free.headers["subject"]), Told(free.text)
    names_failure = subject.says_any(marks().failure)
    if subject.says_any(marks().answer) and not names_failure:
        return False
    tells = said.says_any(marks().failure)
    if is_from_a_system(free.headers):
        return tells or names_failure
    # Systems and automatic answers have it in common that nobody is to answer them (RFC 5321 §4.5.5).
    if free.headers["return-path"].replace(" ", "") == "<>":
        return tells and (names_failure or has_cause(free.text))
    return tells and names_failure and not free.headers["in-reply-to"]


def has_cause(text: str) -> bool:
    """Whether the words give a cause: a status, a final or transient reply code, or a phrase that we know."""
    return bool(best_status("", text)) or reply_class(text) in {"4", "5"} or reason_in(text) is not None
