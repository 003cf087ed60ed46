"""Where in a report an address of ours may stand that says which message it is about. Pure.

Mail programs report to the envelope sender. Operators who pass complaints on write to an address that was agreed
upon, and tell the envelope sender inside: in Original-Mail-From (RFC 5965 §3.2) or in fields of the message that
they return. Wherever it stands, only its token counts: who knows it could as well have written to that address.
"""

import re
from collections.abc import Iterator

from newsletter.addressed import PREFIXES
from newsletter.inbound.mail.mime import Letter, read_letter, returned_headers
from newsletter.tokens import Purpose

REPORTING = (Purpose.BOUNCE, Purpose.LETTER_BOUNCE)
"""What a token must be for, to report with."""

MOST_ADDRESSES = 20
"""Different addresses that are looked at; an honest report has one."""

_PREFIXES = "|".join(re.escape(PREFIXES[purpose]) for purpose in REPORTING)
_ADDRESS = re.compile(rf"(?<![\w.+-])(?:{_PREFIXES})[a-z2-7]{{1,56}}@[\w.-]{{1,253}}", re.IGNORECASE)
_REPORT = "message/feedback-report"
_RECIPIENTS = ("x-envelope-to", "envelope-to", "x-original-to", "delivered-to", "to")


def addresses_to_report_to(envelope_to: str, raw: bytes) -> list[str]:
    """Return the addresses that may carry a token for reports, the envelope's own first, each once."""
    letter = read_letter(raw)
    told = [envelope_to, *_texts(letter)]
    found = dict.fromkeys(each for text in told for each in _ADDRESS.findall(text))
    return list(found)[:MOST_ADDRESSES]


def _texts(letter: Letter) -> Iterator[str]:
    for name in _RECIPIENTS:
        yield from letter.headers.all(name)
    for part in letter.parts:
        if part.content_type == _REPORT:
            yield part.text
        elif part.is_returned:
            yield from (field.value for field in returned_headers(part).fields)
